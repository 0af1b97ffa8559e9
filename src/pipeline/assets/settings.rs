//! How the hub is reached, and where what it gave is kept: the variables that Python's `huggingface_hub` reads too.

use super::hub_cache::HubCache;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where the hub is if nothing else is said.
const ENDPOINT: &str = "https://huggingface.co";

/// The lock file's name.
const LOCK: &str = "argiope.lock";

/// How the hub is reached, and where what it gave is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct HubSettings {
    /// The cache's folder.
    pub cache: PathBuf,
    /// The hub's address, without a slash at its end.
    pub endpoint: String,
    /// Sent to the hub, to nobody else.
    pub token: Option<String>,
    /// Whether the network must not be used.
    pub offline: bool,
    /// The file that says which commit a name means.
    pub lock: PathBuf,
}

impl HubSettings {
    /// With this cache, and the lock file beside it.
    pub fn new(cache: PathBuf) -> Self {
        let lock = cache.parent().unwrap_or(Path::new("")).join(LOCK);
        Self { cache, endpoint: ENDPOINT.to_owned(), token: None, offline: false, lock }
    }

    /// From `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`, `HF_TOKEN` (else the file `HF_TOKEN_PATH`, else `token` in
    /// `HF_HOME`), `HF_HUB_OFFLINE` and `ARGIOPE_LOCK`; `None` where there is neither `HF_HOME` nor a home folder.
    pub fn from_environment() -> Option<Self> {
        let home = path("HF_HOME").or_else(|| {
            let caches = path("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")));
            caches.map(|caches| caches.join("huggingface"))
        })?;
        let token_file = path("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
        let token = text("HF_TOKEN").or_else(|| std::fs::read_to_string(token_file).ok());
        Some(Self {
            cache: path("HF_HUB_CACHE").unwrap_or_else(|| home.join("hub")),
            endpoint: text("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned()).trim_end_matches('/').to_owned(),
            token: token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()),
            offline: text("HF_HUB_OFFLINE").is_some_and(|value| is_yes(&value)),
            lock: path("ARGIOPE_LOCK").unwrap_or_else(|| home.join(LOCK)),
        })
    }

    pub(in crate::pipeline) fn cache(&self) -> HubCache {
        HubCache::new(self.cache.clone())
    }
}

/// Never shows the token.
impl fmt::Debug for HubSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HubSettings")
            .field("cache", &self.cache)
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("offline", &self.offline)
            .field("lock", &self.lock)
            .finish()
    }
}

fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// What `huggingface_hub` takes for true.
fn is_yes(value: &str) -> bool {
    ["1", "on", "yes", "true"].contains(&value.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_never_shown() {
        let settings = HubSettings { token: Some("hf_secret".to_owned()), ..HubSettings::new("hub".into()) };
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn yes_has_four_names() {
        assert!(["1", "ON", "Yes", "true"].iter().all(|value| is_yes(value)));
        assert!(["0", "", "off", "2"].iter().all(|value| !is_yes(value)));
    }
}
