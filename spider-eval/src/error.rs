//! What can go wrong before anything is judged: files and options. What goes wrong with one example is a value, not an error.

use std::path::Path;

/// A fault that stops a command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or option cannot be used; says which, where and why.
    #[error("{message}")]
    Input {
        /// The place and the reason.
        message: String,
    },
    /// The system refused a file.
    #[error("{context}: {source}")]
    Io {
        /// What was being done, with the path.
        context: String,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// The judge's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An [`Error::Io`] for an action on a path.
    pub fn io(action: &str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { context: format!("{action} {}", path.display()), source }
    }

    /// An [`Error::Input`] with this message.
    pub fn input(message: impl Into<String>) -> Self {
        Self::Input { message: message.into() }
    }
}
