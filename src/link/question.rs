//! A question's words made ready for meeting a schema: folded, stemmed, in runs.
//!
//! Knows nothing about schemas.

use super::text::{is_common, is_year, month_of, normal, number_of, stem};
use super::words::{Word, Words};
use std::ops::Range;

/// Signs that hold a name together: `dept_id`, `co-pilot`, `O'Brien`.
const JOINERS: &str = "-_'’./&";

/// Common words that are names in capitals.
const ACRONYMS: &[&str] = &["IT", "US"];

/// The words of a question with what linking needs of them.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The words, as far as they are read.
    pub(super) words: Vec<Word>,
    /// The words with letters or digits.
    pub(super) tokens: Vec<Token>,
    /// Whether words were left unread.
    pub(super) is_cut: bool,
}

/// A word with letters or digits.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// Its place among the words.
    pub(super) word: usize,
    /// Normalised; a decimal number keeps a space for its point.
    pub(super) lower: String,
    /// The stem of `lower`.
    pub(super) stem: String,
    /// Whether the word says little on its own.
    pub(super) is_common: bool,
    /// Whether only a joining sign, or nothing, stands before it and after the token before.
    joins: bool,
}

impl Question {
    /// Reads at most `limit` words.
    pub(super) fn new(text: &str, limit: usize) -> Self {
        let mut reader = Words::new(text);
        let words: Vec<Word> = reader.by_ref().take(limit).collect();
        let is_cut = reader.next().is_some();
        let tokens = tokens_of(&words);
        Self { words, tokens, is_cut }
    }

    /// Keeps the first `count` words.
    pub(super) fn cut(&mut self, count: usize) {
        self.words.truncate(count);
        self.tokens.retain(|token| token.word < count);
        self.is_cut = true;
    }

    /// Every run of 1 to `longest` tokens with nothing but joining signs between.
    pub(super) fn runs(&self, longest: usize) -> impl Iterator<Item = &[Token]> {
        let tokens = &self.tokens;
        (0..tokens.len()).flat_map(move |from| {
            let reach = tokens[from + 1..].iter().take_while(|token| token.joins).count() + 1;
            (1..=reach.min(longest)).map(move |length| &tokens[from..from + length])
        })
    }

    /// Every run of 1 to `longest` tokens, whatever signs stand between.
    pub(super) fn loose_runs(&self, longest: usize) -> impl Iterator<Item = &[Token]> {
        let tokens = &self.tokens;
        (0..tokens.len()).flat_map(move |from| {
            (1..=longest.min(tokens.len() - from)).map(move |length| &tokens[from..from + length])
        })
    }

    /// The words that a run covers, joining signs between included.
    pub(super) fn words_of(run: &[Token]) -> Range<usize> {
        match run {
            [] => 0..0,
            [first, .., last] => first.word..last.word + 1,
            [only] => only.word..only.word + 1,
        }
    }
}

/// Whether a word is a number that a column could hold; `one` is mostly a pronoun.
pub(super) fn is_number(word: &Word) -> bool {
    let lower = word.text.to_lowercase();
    lower != "one" && lower != "zero" && number_of(&lower).is_some()
}

/// Whether a word is a year or a month; `may` and `march` only where they are capitalised.
pub(super) fn is_time(word: &Word) -> bool {
    let lower = word.text.to_lowercase();
    is_year(&lower) || (month_of(&lower).is_some() && word.text.starts_with(char::is_uppercase))
}

fn tokens_of(words: &[Word]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(words.len());
    let mut joins = true;
    let is_loud = !words.iter().any(|word| word.text.chars().any(char::is_lowercase));
    for (place, word) in words.iter().enumerate() {
        let lower = normal(&word.text);
        if lower.is_empty() {
            joins &= word.text.chars().all(|c| JOINERS.contains(c));
            continue;
        }
        let is_acronym = !is_loud && ACRONYMS.contains(&word.text.as_str());
        tokens.push(Token {
            word: place,
            stem: stem(&lower),
            is_common: is_common(&lower) && !is_acronym,
            lower,
            joins,
        });
        joins = true;
    }
    tokens
}

/// For each word, whether it stands between quotation marks.
pub(super) fn quoted(words: &[Word]) -> Vec<bool> {
    let mut inside = vec![false; words.len()];
    let mut opened: Option<usize> = None;
    for place in 0..words.len() {
        if !is_quote(&words[place].text) {
            continue;
        }
        match opened {
            Some(start) if closes(words, place) => {
                inside[start + 1..place].fill(true);
                opened = None;
            }
            _ if opens(words, place) => opened = Some(place),
            _ => {}
        }
    }
    inside
}

fn is_quote(text: &str) -> bool {
    matches!(text, "'" | "\"" | "‘" | "’" | "“" | "”" | "`" | "«" | "»")
}

/// A space or nothing before, text right after.
fn opens(words: &[Word], place: usize) -> bool {
    let free_before = place == 0 || words[place - 1].end < words[place].start;
    free_before && words.get(place + 1).is_some_and(|next| next.start == words[place].end)
}

/// Text right before, no letter right after.
fn closes(words: &[Word], place: usize) -> bool {
    let touches = place > 0 && words[place - 1].end == words[place].start;
    touches
        && words
            .get(place + 1)
            .is_none_or(|next| next.start > words[place].end || !next.text.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cross_joining_signs_only() {
        let question = Question::new("the dept_id, name", 100);
        let runs: Vec<Range<usize>> = question.runs(3).map(Question::words_of).collect();
        assert_eq!(runs, vec![0..1, 0..2, 0..4, 1..2, 1..4, 3..4, 5..6]);
    }

    #[test]
    fn quotes_are_seen() {
        let question = Question::new("who's in 'New York' or \"O'Brien\"?", 100);
        let words = quoted(&question.words)
            .iter()
            .zip(&question.words)
            .filter(|(inside, _)| **inside)
            .map(|(_, word)| word.text.clone())
            .collect::<Vec<_>>();
        assert_eq!(words, ["New", "York", "O", "'", "Brien"]);
    }

    #[test]
    fn months_need_a_capital() {
        let question = Question::new("May 2020 may", 100);
        assert_eq!(question.words.iter().map(is_time).collect::<Vec<_>>(), [true, true, false]);
    }
}
