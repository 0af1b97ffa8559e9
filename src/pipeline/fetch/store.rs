//! Files into the hub's cache: a part under another name, checked, then renamed, then linked into the snapshot. What
//! stands under its own name is whole.

use super::FetchProgress;
use super::remote::{Failed, Remote, RemoteFile, Stream, Unreachable};
use crate::error::{Error, Result};
use crate::pipeline::assets::{HubCache, HubSettings};
use crate::pipeline::lock::PinnedFile;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the names of parts end with; Python's `huggingface_hub` takes over what was begun here, and the reverse.
const PARTIAL: &str = "incomplete";

/// Tries in a row that bring nothing.
const TRIES: u32 = 3;

/// Before the second try; twice as long before the third.
const PAUSE: Duration = Duration::from_millis(250);

/// Bytes moved at once.
const BLOCK: usize = 1 << 16;

/// One commit's files in the cache.
pub(super) struct Store<'a> {
    pub(super) settings: &'a HubSettings,
    pub(super) cache: HubCache,
    pub(super) id: &'a str,
    pub(super) commit: &'a str,
}

/// A file to fetch.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) file: &'a RemoteFile,
    /// What the lock file says that it must be.
    pub(super) pinned: Option<&'a PinnedFile>,
}

impl Wanted<'_> {
    /// The checksum that the file must have, where one is known.
    fn sha256(&self) -> Option<&str> {
        let large = Some(self.file.etag.as_str())
            .filter(|etag| etag.len() == 64 && etag.bytes().all(|byte| byte.is_ascii_hexdigit()));
        large.or(self.pinned.map(|pinned| pinned.sha256.as_str()))
    }

    fn bytes(&self) -> Option<u64> {
        self.file.bytes.or(self.pinned.map(|pinned| pinned.bytes))
    }

    /// What is wrong with a file of this content.
    fn fault(&self, found: &PinnedFile) -> Option<String> {
        if let Some(bytes) = self.bytes().filter(|&bytes| bytes != found.bytes) {
            return Some(format!("{} bytes came, {bytes} were announced", found.bytes));
        }
        let known = [self.sha256(), self.pinned.map(|pinned| pinned.sha256.as_str())];
        let wrong = known.into_iter().flatten().find(|sum| !sum.eq_ignore_ascii_case(&found.sha256))?;
        Some(format!("its SHA-256 is {}, {wrong} was announced", found.sha256))
    }
}

impl Store<'_> {
    /// Brings a file into the snapshot; what is here and whole is not fetched again. The second value counts the bytes
    /// that were.
    pub(super) fn bring(
        &self,
        remote: &Remote<'_>,
        wanted: Wanted<'_>,
        progress: &mut dyn FetchProgress,
    ) -> Result<(PinnedFile, u64)> {
        let blob = self.blob(&wanted.file.etag);
        let _guard = self.guard(&wanted.file.etag, progress)?;
        if let Some(found) = self.whole(&blob, wanted)? {
            self.link(wanted.name, &blob)?;
            return Ok((found, 0));
        }
        let partial = blob.with_added_extension(PARTIAL);
        create_folder(&blob)?;
        let begun = size_of(&partial);
        let fetched = self.download(remote, wanted, &partial, progress)?;
        let mut found = digest(&partial).map_err(|source| unusable(&partial, source))?;
        let mut fault = wanted.fault(&found);
        if fault.is_some() && begun > 0 {
            // The part may have been of something else; whole, it must be right.
            remove(&partial)?;
            self.download(remote, wanted, &partial, progress)?;
            found = digest(&partial).map_err(|source| unusable(&partial, source))?;
            fault = wanted.fault(&found);
        }
        if let Some(fault) = fault {
            remove(&partial)?;
            return Err(Error::hub(self.id, format!("{}: {fault}; it is not used", wanted.name)));
        }
        std::fs::rename(&partial, &blob).map_err(|source| unusable(&blob, source))?;
        self.link(wanted.name, &blob)?;
        Ok((found, fetched))
    }

    /// What a snapshot's file is, where it is there.
    pub(super) fn present(&self, name: &str) -> Result<Option<PinnedFile>> {
        let path = self.snapshot().join(name);
        if !path.is_file() {
            return Ok(None);
        }
        digest(&path).map(Some).map_err(|source| unusable(&path, source))
    }

    pub(super) fn snapshot(&self) -> PathBuf {
        self.cache.snapshot(self.id, self.commit)
    }

    fn blob(&self, etag: &str) -> PathBuf {
        self.cache.repo(self.id, self.commit).blob_path(etag)
    }

    /// The file in the cache where it is as it must be; one that is not is removed.
    fn whole(&self, blob: &Path, wanted: Wanted<'_>) -> Result<Option<PinnedFile>> {
        if !blob.is_file() {
            return Ok(None);
        }
        let found = digest(blob).map_err(|source| unusable(blob, source))?;
        if wanted.fault(&found).is_none() {
            return Ok(Some(found));
        }
        remove(blob)?;
        Ok(None)
    }

    /// One process fetches a file at a time; Python's `huggingface_hub` heeds the same lock.
    fn guard(&self, etag: &str, progress: &mut dyn FetchProgress) -> Result<File> {
        let model = self.cache.model(self.id);
        let folder = self.cache.folder().join(".locks").join(model.file_name().unwrap_or_default());
        let path = folder.join(format!("{etag}.lock"));
        create_folder(&path)?;
        let file = File::create(&path).map_err(|source| unusable(&path, source))?;
        if file.try_lock().is_err() {
            progress.note("another process is fetching this file; waiting for it");
            file.lock().map_err(|source| unusable(&path, source))?;
        }
        Ok(file)
    }

    /// Fills the part to the file's end. Goes on where it stopped, as long as every few tries bring something.
    fn download(
        &self,
        remote: &Remote<'_>,
        wanted: Wanted<'_>,
        partial: &Path,
        progress: &mut dyn FetchProgress,
    ) -> Result<u64> {
        let (mut fetched, mut idle) = (0, 0);
        progress.begin(wanted.name, wanted.bytes(), size_of(partial));
        loop {
            let have = size_of(partial);
            if wanted.bytes() == Some(have) {
                break;
            }
            let result = match remote.open(self.commit, wanted.name, have) {
                Ok(stream) => fill(stream, wanted, partial, progress)?,
                Err(Failed::Unreachable(reason)) => (0, Err(reason)),
                Err(refused) => return Err(refused.into_error(self.settings, self.id)),
            };
            fetched += result.0;
            let Err(reason) = result.1 else { break };
            idle = if result.0 > 0 { 1 } else { idle + 1 };
            if idle == TRIES {
                return Err(Failed::Unreachable(reason).into_error(self.settings, self.id));
            }
            std::thread::sleep(PAUSE * (1 << (idle - 1)));
        }
        progress.end();
        Ok(fetched)
    }

    /// The snapshot's name for a file.
    fn link(&self, name: &str, blob: &Path) -> Result<()> {
        let path = self.snapshot().join(name);
        create_folder(&path)?;
        if path.symlink_metadata().is_ok() {
            if path.canonicalize().ok() == blob.canonicalize().ok() {
                return Ok(());
            }
            remove(&path)?;
        }
        link_to(blob, &path).map_err(|source| unusable(&path, source))
    }
}

/// Writes what comes behind what is there. Gives the bytes that came, and why no more did.
fn fill(
    stream: Stream,
    wanted: Wanted<'_>,
    partial: &Path,
    progress: &mut dyn FetchProgress,
) -> Result<(u64, std::result::Result<(), Unreachable>)> {
    let failed = |source| unusable(partial, source);
    let mut file = OpenOptions::new().create(true).append(true).open(partial).map_err(failed)?;
    if stream.start == 0 && size_of(partial) > 0 {
        file.set_len(0).map_err(failed)?;
        progress.begin(wanted.name, wanted.bytes(), 0);
    }
    let (mut body, mut block, mut came) = (stream.body, vec![0; BLOCK], 0);
    loop {
        let read = match body.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                let reason = format!("{error}, {} bytes into {}", stream.start + came, wanted.name);
                return Ok((came, Err(Unreachable(reason))));
            }
        };
        file.write_all(&block[..read]).map_err(failed)?;
        came += read as u64;
        progress.advance(read as u64);
        if wanted.bytes().is_some_and(|bytes| stream.start + came > bytes) {
            break;
        }
    }
    file.sync_data()
        .or_else(|error| if error.kind() == ErrorKind::InvalidInput { Ok(()) } else { Err(error) })
        .map_err(failed)?;
    let end = stream.start + came;
    match wanted.bytes().filter(|&bytes| end < bytes) {
        Some(bytes) => Ok((came, Err(Unreachable(format!("{} ends after {end} of {bytes} bytes", wanted.name))))),
        None => Ok((came, Ok(()))),
    }
}

/// A file's size and checksum.
fn digest(path: &Path) -> std::io::Result<PinnedFile> {
    let (mut file, mut block, mut sum, mut bytes) = (File::open(path)?, vec![0; BLOCK], Sha256::new(), 0);
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        sum.update(&block[..read]);
        bytes += read as u64;
    }
    let sha256 = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(PinnedFile { sha256, bytes })
}

/// Nothing has no bytes.
fn size_of(path: &Path) -> u64 {
    path.metadata().map_or(0, |data| data.len())
}

/// The folder that a file is to be in.
fn create_folder(file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).map_err(|source| unusable(folder, source))
}

fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|source| unusable(path, source))
}

/// What stands in the way of writing, and what to do.
fn unusable(path: &Path, source: std::io::Error) -> Error {
    let what = match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full; what was fetched is kept, and fetching goes on there once there is room (HF_HOME names another folder)"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "it cannot be written; HF_HOME names another folder"
        }
        _ => "it cannot be used",
    };
    Error::Io { context: format!("{}: {what}", path.display()), source }
}

/// A relative link, so that the cache can be moved.
#[cfg(unix)]
fn link_to(blob: &Path, path: &Path) -> std::io::Result<()> {
    // snapshots/COMMIT/FILE to blobs/ETAG
    let target = Path::new("../../blobs").join(blob.file_name().unwrap_or_default());
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link_to(blob: &Path, path: &Path) -> std::io::Result<()> {
    std::fs::copy(blob, path).map(drop)
}
