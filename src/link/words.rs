//! A question cut into words, each with its place in the text.
//!
//! A word is a run of letters and digits (with a decimal part), or one other sign. Scripts that write without spaces
//! give one word a character. Knows nothing about schemas.

use std::ops::Range;

/// One word of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As written.
    pub text: String,
    /// Where it starts in the question, in bytes.
    pub start: usize,
    /// Where it ends (excluded), in bytes.
    pub end: usize,
}

impl Word {
    /// Its place in the question, in bytes.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Cuts a question into words.
pub fn split_question(text: &str) -> Vec<Word> {
    Words::new(text).collect()
}

/// The words of a text, one after the other, so that a long text need not be cut to its end.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let rest = &self.text[self.at..];
        let start = self.at + rest.find(|c: char| !is_space(c))?;
        let end = start + word_length(&self.text[start..]);
        self.at = end;
        Some(Word { text: self.text[start..end].to_owned(), start, end })
    }
}

/// The length in bytes of the word at the start of `text`, which is not empty.
fn word_length(text: &str) -> usize {
    let Some(first) = text.chars().next() else { return 0 };
    if !is_letter(first) {
        return first.len_utf8();
    }
    let run = text.find(|c| !is_letter(c)).unwrap_or(text.len());
    run + decimal_length(&text[run..])
}

/// The length of `.5` and the like at the start of `rest`; 0 where there is none.
fn decimal_length(rest: &str) -> usize {
    let Some(after) = rest.strip_prefix('.') else { return 0 };
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    if digits == 0 { 0 } else { digits + 1 }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Part of a longer word: letters and digits of the scripts that put spaces between words, and their accents.
fn is_letter(c: char) -> bool {
    (c.is_alphanumeric() || is_mark(c)) && !is_ideograph(c)
}

/// Combining accents, which belong to the letter before them.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Scripts without spaces: kana, Han, Hangul is written with spaces and stays out.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}
