//! A sentence as words and marks, each of which stays whole or goes.

use std::ops::Range;

/// A word with what belongs to it ("don't", "$5.2m", "U.S."), or a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its bytes in the sentence.
    pub range: Range<usize>,
    /// Whether no space stands before it.
    pub glued: bool,
    /// Whether it has a letter or digit.
    pub is_word: bool,
}

/// Marks that belong to the word they stand before.
const PREFIXES: [char; 6] = ['$', '£', '€', '#', '@', '&'];

/// Marks that belong to the word they stand behind.
const SUFFIXES: [char; 3] = ['%', '°', '+'];

/// The units of a sentence, in order.
pub fn units(sentence: &str) -> Vec<Unit> {
    let mut found = Vec::new();
    let mut start = 0;
    for token in sentence.split_inclusive(char::is_whitespace) {
        let bare = token.trim_end();
        let is_last = sentence[start + token.len()..].trim().is_empty();
        add_token(bare, start, is_last, &mut found);
        start += token.len();
    }
    found
}

fn add_token(token: &str, offset: usize, is_last: bool, found: &mut Vec<Unit>) {
    if token.is_empty() {
        return;
    }
    let belongs_before = |letter: char| letter.is_alphanumeric() || PREFIXES.contains(&letter);
    let belongs_behind = |letter: char| letter.is_alphanumeric() || SUFFIXES.contains(&letter);
    let Some(head) = token.find(belongs_before).filter(|_| token.contains(char::is_alphanumeric)) else {
        add_marks(token, offset, true, found);
        return;
    };
    let tail = token
        .rfind(belongs_behind)
        .map_or(token.len(), |last| last + token[last..].chars().next().map_or(1, char::len_utf8));
    let tail = tail.max(head + token[head..].chars().next().map_or(1, char::len_utf8));
    // The stop of "U.S." or "Mr." within a sentence is no mark.
    let tail =
        if !is_last && token[tail..].starts_with('.') && !token[tail..].starts_with("..") { tail + 1 } else { tail };
    add_marks(&token[..head], offset, true, found);
    found.push(Unit { range: offset + head..offset + tail, glued: head > 0, is_word: true });
    add_marks(&token[tail..], offset + tail, false, found);
}

/// Marks one by one, equal ones in a row as one.
fn add_marks(marks: &str, offset: usize, opens_token: bool, found: &mut Vec<Unit>) {
    let mut last: Option<char> = None;
    for (place, mark) in marks.char_indices() {
        let range = offset + place..offset + place + mark.len_utf8();
        match found.last_mut() {
            Some(unit) if last == Some(mark) => unit.range.end = range.end,
            _ => found.push(Unit { range, glued: !(opens_token && place == 0), is_word: false }),
        }
        last = Some(mark);
    }
}

/// The text of some units of a sentence: single spaces, and a capital where the first word lost its place.
pub fn join(sentence: &str, units: &[Unit], kept: &[usize]) -> String {
    let mut text = String::new();
    for &index in kept {
        let Some(unit) = units.get(index) else { continue };
        if !text.is_empty() && !unit.glued {
            text.push(' ');
        }
        text.push_str(&sentence[unit.range.clone()]);
    }
    if kept.first().is_some_and(|&first| first > 0) { capitalised(&text) } else { text }
}

/// The text with its first letter as a capital, where it is lower-case.
fn capitalised(text: &str) -> String {
    let Some((place, letter)) = text.char_indices().find(|(_, letter)| letter.is_alphanumeric()) else {
        return text.to_owned();
    };
    let rest = &text[place + letter.len_utf8()..];
    format!("{}{}{rest}", &text[..place], letter.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sentence: &str, expected: &[&str]) {
        let units = units(sentence);
        let texts: Vec<&str> = units.iter().map(|unit| &sentence[unit.range.clone()]).collect();
        assert_eq!(texts, expected);
        let all: Vec<usize> = (0..units.len()).collect();
        assert_eq!(join(sentence, &units, &all), sentence);
    }

    #[test]
    fn words_and_marks() {
        check(
            "Mr. Ek (left), 32, didn't pay $5.2m.",
            &["Mr.", "Ek", "(", "left", ")", ",", "32", ",", "didn't", "pay", "$5.2m", "."],
        );
        check(
            "“No,” she said -- in the U.S. ...",
            &["“", "No", ",", "”", "she", "said", "--", "in", "the", "U.S.", "..."],
        );
        check("A 5% rise!?", &["A", "5%", "rise", "!", "?"]);
    }

    #[test]
    fn a_new_first_word_gets_a_capital() {
        let sentence = "But the dam broke.";
        assert_eq!(join(sentence, &units(sentence), &[1, 2, 3, 4]), "The dam broke.");
    }
}
