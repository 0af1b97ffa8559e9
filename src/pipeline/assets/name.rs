//! Names of models on the hub: `NAME` or `OWNER/NAME`, and `@REVISION` behind it.

use crate::error::{Error, Result};
use std::fmt;

/// The branch that is meant where no revision is named.
pub(in crate::pipeline) const DEFAULT_REVISION: &str = "main";

/// The longest name or revision that is believed, in bytes.
const LONGEST: usize = 200;

/// A model on the hub, and of which revision where one is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubName {
    /// `OWNER/NAME`, or `NAME` for the hub's oldest models.
    pub id: String,
    /// A branch, a tag or a commit.
    pub revision: Option<String>,
}

impl HubName {
    /// Reads `NAME[@REVISION]`.
    ///
    /// # Errors
    /// [`Error::Input`] where it is no such name.
    pub fn parse(text: &str) -> Result<Self> {
        let (id, revision) = match text.split_once('@') {
            Some((id, revision)) => (id, Some(revision)),
            None => (text, None),
        };
        let parts: Vec<&str> = id.split('/').collect();
        let good_id = parts.len() <= 2 && parts.iter().all(|part| is_plain(part) && !part.contains("--"));
        let good_revision = revision.is_none_or(|revision| revision.split('/').all(is_plain));
        if text.len() > LONGEST || !good_id || !good_revision {
            let message =
                format!("{text:?} is no name of a model on the hub: NAME, OWNER/NAME or either with @REVISION");
            return Err(Error::input(message));
        }
        Ok(Self { id: id.to_owned(), revision: revision.map(str::to_owned) })
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.revision {
            Some(revision) => write!(out, "{}@{revision}", self.id),
            None => write!(out, "{}", self.id),
        }
    }
}

/// Whether this can be one part of a path: never a way out of a folder, never an option.
pub(in crate::pipeline) fn is_plain(part: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !part.is_empty() && !part.starts_with(['.', '-']) && !part.contains("..") && part.bytes().all(letter)
}

/// Whether this is a commit, written out.
pub(in crate::pipeline) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, Option<&str>)>) {
        let found = HubName::parse(text).ok();
        let found = found.as_ref().map(|name| (name.id.as_str(), name.revision.as_deref()));
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn names_are_told_from_what_is_none() {
        check("t5-small", Some(("t5-small", None)));
        check("google-t5/t5-small", Some(("google-t5/t5-small", None)));
        check("a.b/c_d-1@refs/pr/3", Some(("a.b/c_d-1", Some("refs/pr/3"))));
        check(
            "a/b@0123456789abcdef0123456789abcdef01234567",
            Some(("a/b", Some("0123456789abcdef0123456789abcdef01234567"))),
        );
        for wrong in
            ["", "/", "a/", "/a", "a/b/c", "../a", "a/..", "a..b", "a--b/c", "a b", "a@", "a@../x", "a@b@c", "-x", "ä"]
        {
            check(wrong, None);
        }
        check(&"a".repeat(LONGEST + 1), None);
    }
}
