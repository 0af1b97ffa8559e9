//! What the doors are given, as an article: plain text, a `.story` file, a saved web page, or none of these.
//!
//! Owns `dom_smoothie`, which finds the main text of a page.

use crate::error::{Error, Result};
use crate::summary::{Article, Story};
use dom_smoothie::{Config, Readability, TextMode};

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
/// [`Error::Input`] where the bytes are no text, or a page has no main text.
pub fn read_article(bytes: &[u8], name: &str) -> Result<ArticleSource> {
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        return Err(Error::input(format!("{name}: not a text file: a zero byte at byte {at}")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Error::input(format!("{name}: not UTF-8 text at byte {}; save it as UTF-8", error.valid_up_to()))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_page(text) {
        let article = Article::new(main_text(text, name)?);
        return Ok(ArticleSource { article, highlights: Vec::new() });
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

fn main_text(page: &str, name: &str) -> Result<String> {
    let failed = |error: dom_smoothie::ReadabilityError| {
        Error::input(format!("{name}: no main text found in the page ({error}); save its text instead"))
    };
    let config = Config { text_mode: TextMode::Formatted, ..Config::default() };
    let mut reader = Readability::new(page, None, Some(config)).map_err(failed)?;
    Ok(reader.parse().map_err(failed)?.text_content.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_its_main_text() {
        let sentence = "The old bridge fell into the river on Monday, and nobody in the town was hurt at all. ";
        let body = format!("<p>{}</p><p>{}</p>", sentence.repeat(4), sentence.repeat(3));
        let page = format!(
            "<!DOCTYPE html><html><head><title>Bridge</title></head><body><nav><a href=/>Home</a></nav>\
             <article><h1>Bridge</h1>{body}</article><footer>All rights reserved</footer></body></html>"
        );
        let source = read_article(page.as_bytes(), "page").expect("a page");
        assert!(source.article.sentence(0).starts_with("The old bridge fell"), "{:?}", source.article.text());
        assert!(!source.article.text().contains("Home"));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [&b"\x7fELF\0\0"[..], b"caf\xe9 on Monday."] {
            assert!(matches!(read_article(bytes, "file"), Err(Error::Input { .. })));
        }
        assert_eq!(
            read_article("\u{feff}It rained.".as_bytes(), "file").expect("text").article.sentence(0),
            "It rained."
        );
    }
}
