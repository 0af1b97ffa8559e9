//! The one error of the library: variants by who can mend it.
//!
//! Knows nothing about HTTP statuses or exit codes; the doors hold one table each from variant to code.

/// What went wrong, by who can mend it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller's question, article or option cannot be used.
    #[error("{message}")]
    Input {
        /// What is wrong and where.
        message: String,
    },
    /// The schema cannot be read; every finding is listed.
    #[error("the schema cannot be read: {}", .findings.join("; "))]
    Schema {
        /// One line a finding, each with its place and reason.
        findings: Vec<String>,
    },
    /// A weight, configuration or tokenizer file is missing, cut or of another shape.
    #[error("{path}: {message}")]
    Weights {
        /// The file or folder.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// The hub cannot be reached, or does not give what was asked for.
    #[error("{model}: {message}")]
    Hub {
        /// The model, as it was asked for.
        model: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The queue is full; try again after the given time.
    #[error("the queue is full; try again in {retry_after_s} s")]
    Busy {
        /// When trying again makes sense, in seconds.
        retry_after_s: u64,
    },
    /// The deadline of the request passed before its answer was ready.
    #[error("no answer within {limit_ms} ms")]
    Deadline {
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// A file or device could not be used.
    #[error("{context}")]
    Io {
        /// What was being done, with the path.
        context: String,
        /// The reason the system gave.
        #[source]
        source: std::io::Error,
    },
    /// Our own mistake.
    #[error("internal error: {message}")]
    Internal {
        /// What should not have happened.
        message: String,
        /// The underlying error, when there is one.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// The library's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An [`Error::Input`] with this message.
    pub fn input(message: impl Into<String>) -> Self {
        Self::Input { message: message.into() }
    }

    /// An [`Error::Internal`] with this message and no source.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal { message: message.into(), source: None }
    }

    /// An [`Error::Weights`] for this file.
    pub fn weights(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Weights { path: path.into(), message: message.into() }
    }

    /// An [`Error::Hub`] about this model.
    pub fn hub(model: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Hub { model: model.into(), message: message.into() }
    }
}
