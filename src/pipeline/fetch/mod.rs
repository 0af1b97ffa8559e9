//! Checkpoints from the hub into its cache on this machine: only what is needed, checked, pinned to a commit.
//!
//! The only part of the program that uses the network. A file counts once it is whole and checked; a name counts once
//! all its files are there and the lock file says so.

mod choose;
mod remote;
mod store;

use super::assets::{DEFAULT_REVISION, HubCache, HubName, HubSettings, is_commit, shards};
use super::lock::{Lock, Pin, PinnedFile};
use crate::error::{Error, Result};
use remote::{Failed, Remote};
use std::collections::BTreeMap;
use std::path::PathBuf;
use store::{Store, Wanted};

/// A model that is here now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The folder with its files.
    pub folder: PathBuf,
    /// The commit that it is.
    pub commit: String,
    /// The size of its files, in bytes.
    pub bytes: u64,
    /// The bytes that came over the network; 0 where everything was here.
    pub fetched: u64,
}

/// Is told how a fetch goes.
pub trait FetchProgress {
    /// A file of so many bytes (where that is known) is begun; so many are here already.
    fn begin(&mut self, file: &str, bytes: Option<u64>, have: u64);
    /// So many more bytes are here.
    fn advance(&mut self, bytes: u64);
    /// The file is here.
    fn end(&mut self);
    /// Something that people may want to know.
    fn note(&mut self, text: &str);
}

/// Brings a model: of its revision, else as it is pinned, else of `main`; pins it.
///
/// # Errors
/// [`Error::Hub`] where the hub cannot be reached or does not give it, or gives something else than was pinned;
/// [`Error::Io`] where files cannot be written.
pub fn fetch(name: &HubName, settings: &HubSettings, progress: &mut dyn FetchProgress) -> Result<Fetched> {
    let lock = Lock::read(&settings.lock)?;
    // Naming a revision moves the pin.
    let pin = lock.pin(&name.id).filter(|pin| name.revision.as_ref().is_none_or(|revision| *revision == pin.commit));
    if let Some(pin) = pin
        && let Some(here) = pinned_here(name, settings, pin)?
    {
        return Ok(here);
    }
    if settings.offline {
        return offline(name, settings, pin);
    }
    let remote = Remote::new(settings, &name.id)?;
    let revision = match (&name.revision, pin) {
        (Some(revision), _) => revision,
        (None, Some(pin)) => &pin.commit,
        (None, None) => DEFAULT_REVISION,
    };
    let asked = |failed: Failed| failed.into_error(settings, &name.id);
    let (commit, listed) = remote.info(revision).map_err(asked)?;
    let store = Store { settings, cache: settings.cache(), id: &name.id, commit: &commit };
    let pinned = pin.filter(|pin| pin.commit == commit).map(|pin| &pin.files);
    let (files, fetched) = Bringing { remote: &remote, store: &store, pinned, progress }.all(&listed)?;
    let bytes = files.values().map(|file| file.bytes).sum();
    keep(name, settings, &commit, files, pin)?;
    Ok(Fetched { folder: store.snapshot(), commit, bytes, fetched })
}

/// One model's files on their way.
struct Bringing<'a> {
    remote: &'a Remote<'a>,
    store: &'a Store<'a>,
    pinned: Option<&'a BTreeMap<String, PinnedFile>>,
    progress: &'a mut dyn FetchProgress,
}

impl Bringing<'_> {
    /// What was brought, and how many bytes of it came over the network.
    fn all(mut self, listed: &[String]) -> Result<(BTreeMap<String, PinnedFile>, u64)> {
        let id = self.store.id;
        let chosen = choose::choose(id, listed)?;
        let (mut files, mut fetched) = (BTreeMap::new(), 0);
        for name in chosen.files {
            fetched += self.one(name, &mut files)?;
        }
        if let Some(index) = chosen.index {
            let shards = shards(&self.store.snapshot().join(index))?;
            choose::check_shards(id, &shards, listed)?;
            for name in &shards {
                fetched += self.one(name, &mut files)?;
            }
        }
        Ok((files, fetched))
    }

    fn one(&mut self, name: &str, files: &mut BTreeMap<String, PinnedFile>) -> Result<u64> {
        let asked = |failed: Failed| failed.into_error(self.store.settings, self.store.id);
        let file = self.remote.file(self.store.commit, name).map_err(asked)?;
        let pinned = self.pinned.and_then(|files| files.get(name));
        let (found, fetched) = self.store.bring(self.remote, Wanted { name, file: &file, pinned }, self.progress)?;
        files.insert(name.to_owned(), found);
        Ok(fetched)
    }
}

/// Remembers what a revision is, and pins it.
fn keep(
    name: &HubName,
    settings: &HubSettings,
    commit: &str,
    files: BTreeMap<String, PinnedFile>,
    before: Option<&Pin>,
) -> Result<()> {
    let revision = match (&name.revision, before) {
        (Some(revision), _) => revision.clone(),
        (None, Some(before)) => before.revision.clone(),
        (None, None) => DEFAULT_REVISION.to_owned(),
    };
    // Of a pinned name the pin's commit came, whatever its branch is by now.
    if !is_commit(&revision) && before.is_none() {
        let context = || format!("writing what {revision} is into {}", settings.cache.display());
        let reference = settings.cache().repo(&name.id, &revision);
        reference.create_ref(commit).map_err(|source| Error::Io { context: context(), source })?;
    }
    Lock::add(&settings.lock, &name.id, Pin { revision, commit: commit.to_owned(), files })
}

/// A pinned model, where every one of its files is here and as it was pinned.
fn pinned_here(name: &HubName, settings: &HubSettings, pin: &Pin) -> Result<Option<Fetched>> {
    let store = Store { settings, cache: settings.cache(), id: &name.id, commit: &pin.commit };
    for (file, pinned) in &pin.files {
        if store.present(file)?.as_ref() != Some(pinned) {
            return Ok(None);
        }
    }
    let bytes = pin.files.values().map(|file| file.bytes).sum();
    Ok(Some(Fetched { folder: store.snapshot(), commit: pin.commit.clone(), bytes, fetched: 0 }))
}

/// What can be had without a network: a model that something else fetched.
fn offline(name: &HubName, settings: &HubSettings, pin: Option<&Pin>) -> Result<Fetched> {
    let cache = settings.cache();
    let here = |cache: &HubCache| cache.commit(&name.id, name.revision.as_deref().unwrap_or(DEFAULT_REVISION));
    let entry = |commit: &String| super::assets::ModelEntry::read(name.to_string(), cache.snapshot(&name.id, commit));
    let found = if pin.is_some() { None } else { here(&cache) };
    if let Some(commit) = found
        && let entry = entry(&commit)
        && entry.missing.is_empty()
    {
        return Ok(Fetched { folder: entry.path, commit, bytes: entry.bytes, fetched: 0 });
    }
    let folder = settings.cache.display();
    let what = if pin.is_some() { "as it is pinned, it is" } else { "it is" };
    let message = format!(
        "{what} not whole in {folder}, and HF_HUB_OFFLINE forbids the network: unset it, or copy the model there"
    );
    Err(Error::hub(name.to_string(), message))
}
