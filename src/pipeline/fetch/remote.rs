//! Requests to the hub: what a revision is, what a file is, a file's bytes from some place on.
//!
//! hf-hub makes the addresses and signs the requests; it is not used for downloads, because it publishes files that it
//! has not checked, and appends to a part what a server sends from the beginning.

use crate::error::{Error, Result};
use crate::pipeline::assets::{HubSettings, is_commit, is_plain};
use hf_hub::api::RepoInfo;
use hf_hub::api::sync::{Api, ApiBuilder, ApiRepo};
use hf_hub::{Cache, Repo, RepoType};
use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(20);

/// Until the next bytes of an answer.
const SILENCE: Duration = Duration::from_secs(60);

/// Redirects that are followed.
const REDIRECTS: u32 = 8;

/// The longest list of files that is read, in bytes.
const LONGEST_LIST: u64 = 16 << 20;

/// A model on the hub.
pub(super) struct Remote<'a> {
    api: Api,
    settings: &'a HubSettings,
    id: &'a str,
}

/// What the hub says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RemoteFile {
    /// Its name in the hub's cache: the SHA-256 of a large file, the Git id of a small one.
    pub(super) etag: String,
    /// Its size, where it is told.
    pub(super) bytes: Option<u64>,
}

/// A file's bytes.
pub(super) struct Stream {
    /// Where they begin in the file.
    pub(super) start: u64,
    /// The bytes, to the file's end.
    pub(super) body: Box<dyn Read>,
}

/// An answer, whatever its status.
struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Box<dyn Read>,
}

/// A request that has got no answer: worth another try.
#[derive(Debug)]
pub(super) struct Unreachable(pub(super) String);

/// What a request ends with.
pub(super) type Asked<T> = std::result::Result<T, Failed>;

/// Why a request has failed.
#[derive(Debug)]
pub(super) enum Failed {
    /// No answer, or one that ended early.
    Unreachable(Unreachable),
    /// An answer that settles it.
    Refused(Error),
}

impl<'a> Remote<'a> {
    /// The model of this name.
    ///
    /// # Errors
    /// [`Error::Hub`] where the endpoint is none.
    pub(super) fn new(settings: &'a HubSettings, id: &'a str) -> Result<Self> {
        if !settings.endpoint.starts_with("http://") && !settings.endpoint.starts_with("https://") {
            let message =
                format!("HF_ENDPOINT is {:?}, which begins with neither https:// nor http://", settings.endpoint);
            return Err(Error::hub(id, message));
        }
        let api = ApiBuilder::from_cache(Cache::new(settings.cache.clone()))
            .with_endpoint(settings.endpoint.clone())
            .with_token(settings.token.clone())
            .with_user_agent("argiope", env!("CARGO_PKG_VERSION"))
            .with_progress(false)
            .build()
            .map_err(|error| Error::hub(id, error.to_string()))?;
        Ok(Self { api, settings, id })
    }

    /// The commit that a revision is, and the names of its files.
    pub(super) fn info(&self, revision: &str) -> Asked<(String, Vec<String>)> {
        let url = format!("{}/api/{}", self.settings.endpoint, self.repo(revision).api_url());
        let reply = self.get(&url, None, REDIRECTS)?;
        if reply.status != 200 {
            return Err(Failed::Refused(self.refused(&reply, revision)));
        }
        let mut text = String::new();
        let read = reply.body.take(LONGEST_LIST).read_to_string(&mut text);
        read.map_err(|error| Failed::Unreachable(Unreachable(error.to_string())))?;
        let info: RepoInfo =
            serde_json::from_str(&text).map_err(|error| Failed::Refused(self.no_hub(&error.to_string())))?;
        if !is_commit(&info.sha) {
            return Err(Failed::Refused(self.no_hub(&format!("the commit {:?}", info.sha))));
        }
        Ok((info.sha, info.siblings.into_iter().map(|file| file.rfilename).collect()))
    }

    /// What a file of a commit is. Large files lie elsewhere; what they are is said before the way there.
    pub(super) fn file(&self, commit: &str, file: &str) -> Asked<RemoteFile> {
        let mut url = self.at(commit).url(file);
        for _ in 0..REDIRECTS {
            let reply = self.get(&url, Some("bytes=0-0".to_owned()), 0)?;
            match reply.header("location") {
                // A renamed model: only its path has changed.
                Some(path)
                    if (300..400).contains(&reply.status) && path.starts_with('/') && !path.starts_with("//") =>
                {
                    url = format!("{}{path}", self.host());
                }
                _ if reply.status >= 400 && reply.status != 416 => {
                    return Err(Failed::Refused(self.refused(&reply, commit)));
                }
                _ => return self.described(file, &reply).map_err(Failed::Refused),
            }
        }
        Err(Failed::Refused(self.no_hub("redirects without an end")))
    }

    /// A file's bytes, from `start` on where the server can do that, else from the beginning.
    pub(super) fn open(&self, commit: &str, file: &str, start: u64) -> Asked<Stream> {
        let range = (start > 0).then(|| format!("bytes={start}-"));
        let reply = self.get(&self.at(commit).url(file), range, REDIRECTS)?;
        match reply.status {
            200 => Ok(Stream { start: 0, body: reply.body }),
            206 if reply.range_start() == Some(start) => Ok(Stream { start, body: reply.body }),
            206 | 416 if start > 0 => self.open(commit, file, 0),
            500.. | 429 => Err(Failed::Unreachable(Unreachable(format!("{file}: status {}", reply.status)))),
            _ => Err(Failed::Refused(self.refused(&reply, commit))),
        }
    }

    fn repo(&self, revision: &str) -> Repo {
        Repo::with_revision(self.id.to_owned(), RepoType::Model, revision.to_owned())
    }

    fn at(&self, revision: &str) -> ApiRepo {
        self.api.repo(self.repo(revision))
    }

    /// The endpoint without a path.
    fn host(&self) -> &str {
        let endpoint = &self.settings.endpoint;
        let start = endpoint.find("://").map_or(0, |place| place + 3);
        endpoint[start..].find('/').map_or(endpoint, |end| &endpoint[..start + end])
    }

    fn get(&self, url: &str, range: Option<String>, redirects: u32) -> Asked<Reply> {
        // Bytes as they are: a range of compressed ones would be of no use.
        let mut request = self.at("main").info_request().uri(url).header("accept-encoding", "identity");
        if let Some(range) = range {
            request = request.header("range", range);
        }
        let request = request
            .config()
            .http_status_as_error(false)
            .max_redirects(redirects)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .build();
        let response = request.call().map_err(|error| Failed::Unreachable(Unreachable(error.to_string())))?;
        let headers = response.headers().iter();
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = headers.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect();
        Ok(Reply { status: response.status().as_u16(), headers, body: Box::new(response.into_body().into_reader()) })
    }

    fn described(&self, file: &str, reply: &Reply) -> Result<RemoteFile> {
        let etag = reply.header("x-linked-etag").or_else(|| reply.header("etag"));
        let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"').to_owned());
        match etag.filter(|etag| is_plain(etag)) {
            Some(etag) => Ok(RemoteFile { etag, bytes: reply.size() }),
            None => Err(self.no_hub(&format!("no usable ETag for {file}"))),
        }
    }

    /// The reason of a status, and what to do.
    fn refused(&self, reply: &Reply, revision: &str) -> Error {
        let hub = &self.settings.endpoint;
        let message = match (reply.status, reply.header("x-error-code")) {
            (401 | 403, Some("GatedRepo")) => {
                "its owner asks for consent: give it on the model's page, and a token of the account as HF_TOKEN"
                    .to_owned()
            }
            (404, Some("RevisionNotFound")) => format!("{hub} has no revision {revision:?} of it"),
            (404, Some("EntryNotFound")) => format!("{hub} lists a file that it does not have"),
            (401 | 403, _) if self.settings.token.is_some() => {
                format!("{hub} does not have it, or the token in use may not read it (status {})", reply.status)
            }
            (401 | 403 | 404, _) => {
                format!(
                    "{hub} does not have it, or it is private: then a token is needed as HF_TOKEN (status {})",
                    reply.status
                )
            }
            (status, _) => format!("{hub} answers with status {status}"),
        };
        Error::hub(self.id, message)
    }

    fn no_hub(&self, what: &str) -> Error {
        Error::hub(
            self.id,
            format!("{} does not answer as a hub does: {what}; is HF_ENDPOINT right?", self.settings.endpoint),
        )
    }
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The size of the whole file.
    fn size(&self) -> Option<u64> {
        if let Some(size) = self.header("x-linked-size") {
            return size.parse().ok();
        }
        match self.status {
            200 => self.header("content-length")?.parse().ok(),
            206 | 416 => self.header("content-range")?.rsplit('/').next()?.parse().ok(),
            _ => None,
        }
    }

    fn range_start(&self) -> Option<u64> {
        self.header("content-range")?.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
    }
}

impl Failed {
    /// As an error about this model.
    pub(super) fn into_error(self, settings: &HubSettings, id: &str) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Unreachable(Unreachable(reason)) => Error::hub(
                id,
                format!(
                    "{} cannot be reached ({reason}); try again with a network, or copy the model into {} \
                     or give its folder as --model",
                    settings.endpoint,
                    settings.cache.display()
                ),
            ),
        }
    }
}
