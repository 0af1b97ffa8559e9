//! The hub's cache on this machine, as Python's `huggingface_hub` lays it out and fills it too:
//! `models--OWNER--NAME/{blobs/ETAG, refs/REVISION, snapshots/COMMIT/FILE}`. Only reads; `fetch` writes.

use super::name::{DEFAULT_REVISION, HubName, is_commit};
use hf_hub::{Cache, CacheRepo, Repo, RepoType};
use std::path::{Path, PathBuf};

/// What the names of a model's folder begin with.
const PREFIX: &str = "models--";

/// The folder that holds all fetched models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pipeline) struct HubCache {
    folder: PathBuf,
}

impl HubCache {
    pub(in crate::pipeline) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder itself.
    pub(in crate::pipeline) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A model's folder.
    pub(in crate::pipeline) fn model(&self, id: &str) -> PathBuf {
        self.folder.join(Repo::model(id.to_owned()).folder_name())
    }

    /// A model's part of the cache at a revision.
    pub(in crate::pipeline) fn repo(&self, id: &str, revision: &str) -> CacheRepo {
        let repo = Repo::with_revision(id.to_owned(), RepoType::Model, revision.to_owned());
        Cache::new(self.folder.clone()).repo(repo)
    }

    /// The folder with a commit's files.
    pub(in crate::pipeline) fn snapshot(&self, id: &str, commit: &str) -> PathBuf {
        self.repo(id, commit).pointer_path(commit)
    }

    /// The commit that a revision is on this machine, where its snapshot is here.
    pub(in crate::pipeline) fn commit(&self, id: &str, revision: &str) -> Option<String> {
        let commit = if is_commit(revision) {
            revision.to_owned()
        } else {
            std::fs::read_to_string(self.model(id).join("refs").join(revision)).ok()?.trim().to_owned()
        };
        (is_commit(&commit) && self.snapshot(id, &commit).is_dir()).then_some(commit)
    }

    /// Every model with a snapshot: its name and its folder. That of `main`, else the one that changed last, which is
    /// then named with its commit.
    pub(in crate::pipeline) fn list(&self) -> Vec<(HubName, PathBuf)> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let ids = names.filter_map(|name| Some(name.strip_prefix(PREFIX)?.replace("--", "/")));
        ids.filter_map(|id| {
            let (commit, revision) = match self.commit(&id, DEFAULT_REVISION) {
                Some(commit) => (commit, None),
                None => self.newest(&id).map(|commit| (commit.clone(), Some(commit)))?,
            };
            let folder = self.snapshot(&id, &commit);
            Some((HubName { id, revision }, folder))
        })
        .collect()
    }

    fn newest(&self, id: &str) -> Option<String> {
        let entries = std::fs::read_dir(self.model(id).join("snapshots")).ok()?.flatten();
        let dated = entries.filter_map(|entry| {
            let commit = entry.file_name().into_string().ok().filter(|name| is_commit(name))?;
            Some((entry.metadata().ok()?.modified().ok()?, commit))
        });
        dated.max().map(|(_, commit)| commit)
    }
}
