//! What the doors are given, as an article: plain text, a `.story` file, or neither.

use crate::error::{Error, Result};
use crate::summary::{Article, Story};

/// How much of a file tells what it is, in bytes.
const HEAD: usize = 1024;

/// An article and, from a `.story` file, its highlights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleSource {
    /// The article.
    pub article: Article,
    /// The highlights, one a line of the reference summary; empty where there are none.
    pub highlights: Vec<String>,
}

/// Reads an article from a file's bytes; `name` is for messages.
///
/// # Errors
/// [`Error::Input`] where the bytes are no text, or a web page.
pub fn read_article(bytes: &[u8], name: &str) -> Result<ArticleSource> {
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        return Err(Error::input(format!("{name}: not a text file: a zero byte at byte {at}")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Error::input(format!("{name}: not UTF-8 text at byte {}; save it as UTF-8", error.valid_up_to()))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_page(text) {
        return Err(Error::input(format!("{name}: a web page, not its text; save the article as plain text")));
    }
    let story = Story::new(text);
    Ok(ArticleSource { article: story.article, highlights: story.highlights })
}

fn is_page(text: &str) -> bool {
    let mut end = text.len().min(HEAD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text[..end].trim_start().to_ascii_lowercase();
    head.starts_with('<') && ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| head.contains(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [&b"\x7fELF\0\0"[..], b"caf\xe9 on Monday.", b"<!DOCTYPE html><html><p>It rained."] {
            assert!(matches!(read_article(bytes, "file"), Err(Error::Input { .. })));
        }
        assert_eq!(
            read_article("\u{feff}It rained.".as_bytes(), "file").expect("text").article.sentence(0),
            "It rained."
        );
    }
}
