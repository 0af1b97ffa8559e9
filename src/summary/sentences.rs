//! Where the sentences of news text begin and end.
//!
//! Rules for English news: quotes, abbreviations, initials, datelines, missing paragraph breaks. One pass over the
//! text; what it costs is linear in its length. Writing without spaces is split at its own full stops.

use super::words::word_count;
use std::ops::Range;

/// A sentence is cut above so many words: text without full stops (tables, code) must not become one line.
const MOST_WORDS: usize = 120;

/// Words that never end a sentence before a name or number.
const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "gen", "sen", "rep", "reps", "sens", "gov", "lt", "col", "sgt", "capt", "cpl",
    "pvt", "adm", "maj", "cmdr", "cmdt", "rev", "hon", "fr", "st", "messrs", "pres", "supt", "insp", "det", "amb",
    "vs", "v", "nos", "figs", "vol", "ft", "mt", "e.g", "i.e", "approx", "dept", "asst", "assoc", "univ",
];

/// Abbreviations that may end a sentence: they do where the next word is one that begins sentences.
const ABBREVIATIONS: &[&str] = &[
    "inc", "ltd", "co", "corp", "jr", "sr", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct",
    "nov", "dec", "etc", "ph.d", "est", "ave", "blvd", "rd", "al", "bros", "llc", "plc", "calif", "fla", "tex", "mass",
    "mich", "conn", "ariz", "ill", "va", "pa", "ga", "tenn", "wash", "colo", "ore", "minn", "wis", "okla", "ala",
];

/// Words that begin sentences and hardly ever continue a name.
const STARTERS: &[&str] = &[
    "the",
    "a",
    "an",
    "he",
    "she",
    "it",
    "they",
    "we",
    "i",
    "in",
    "on",
    "at",
    "but",
    "and",
    "this",
    "that",
    "these",
    "those",
    "there",
    "his",
    "her",
    "their",
    "its",
    "our",
    "my",
    "you",
    "when",
    "while",
    "after",
    "before",
    "if",
    "as",
    "for",
    "from",
    "with",
    "some",
    "many",
    "most",
    "what",
    "who",
    "how",
    "why",
    "where",
    "according",
    "however",
    "meanwhile",
    "also",
    "last",
    "since",
    "during",
    "despite",
    "although",
    "though",
    "so",
    "then",
    "now",
    "no",
    "not",
    "both",
    "all",
    "another",
    "yes",
    "by",
    "under",
    "about",
    "because",
    "it's",
    "he's",
    "she's",
    "they're",
    "i'm",
    "we're",
    "that's",
    "there's",
];

/// Verbs that tell who spoke: a question in quotes and one of these behind a name are one sentence.
const SAYING: &[&str] =
    &["said", "says", "asked", "asks", "told", "wrote", "tweeted", "added", "replied", "joked", "shouted"];

const CLOSERS: &[char] = &['"', '\'', '”', '’', ')', ']', '»'];
const OPENERS: &[char] = &['"', '\'', '“', '‘', '(', '[', '«', '#', '@'];
const CURRENCIES: &[char] = &['$', '£', '€'];

/// The sentences of one paragraph, as byte ranges into `text`, without the space around them.
pub(super) fn split(text: &str, paragraph: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = paragraph.start;
    let mut at = paragraph.start;
    while let Some(mark) = text[at..paragraph.end].find(is_mark).map(|offset| at + offset) {
        let marks = run(&text[mark..paragraph.end], is_mark);
        let closers = run(&text[mark + marks..paragraph.end], |letter| CLOSERS.contains(&letter));
        let end = mark + marks + closers;
        let place = Place { before: &text[start..mark], mark: &text[mark..end], after: &text[end..paragraph.end] };
        if place.ends_sentence() {
            push(text, start..end, &mut found);
            start = end;
        }
        at = end;
    }
    push(text, start..paragraph.end, &mut found);
    found
}

/// A run of marks that may end a sentence, with its neighbours.
struct Place<'a> {
    /// The sentence so far.
    before: &'a str,
    /// The marks and the closing quotes and brackets behind them.
    mark: &'a str,
    /// The rest of the paragraph.
    after: &'a str,
}

impl Place<'_> {
    fn ends_sentence(&self) -> bool {
        if self.mark.starts_with(['。', '！', '？']) {
            return true;
        }
        if !self.after.starts_with(char::is_whitespace) {
            return self.lacks_space();
        }
        let next = self.after.trim_start();
        let bare = next.trim_start_matches(OPENERS);
        let Some(first) = bare.chars().next() else { return true };
        let may_begin = first.is_uppercase() || first.is_numeric() || CURRENCIES.contains(&first)
            // Scripts without case.
            || (first.is_alphabetic() && !first.is_lowercase());
        if !may_begin {
            return false;
        }
        let quoted = next.starts_with(['"', '“', '\'', '‘']);
        let starter = || STARTERS.contains(&plain(bare).as_str());
        match self.mark.trim_end_matches(CLOSERS) {
            "." if self.mark.len() == 1 => self.stop_ends(first, quoted || starter()),
            // Dots that stand alone leave a gap; dots at a word trail off.
            "..." | "…" | "...." => !self.before.ends_with(char::is_whitespace) || starter(),
            "." => true,
            _ => !(self.mark.ends_with(CLOSERS) && says(bare)),
        }
    }

    /// Whether a single full stop ends the sentence, given what follows.
    fn stop_ends(&self, next: char, begins: bool) -> bool {
        let raw = self.before.rsplit(char::is_whitespace).next().unwrap_or_default().trim_start_matches(OPENERS);
        let word = raw.to_lowercase();
        if TITLES.contains(&word.as_str()) || (word == "no" && next.is_numeric()) {
            return false;
        }
        let number_of_item =
            !raw.is_empty() && raw.chars().all(char::is_numeric) && self.before.trim().len() == raw.len();
        let initial = raw.chars().count() == 1 && raw.chars().all(char::is_uppercase) && raw != "I";
        let dotted = word.contains('.') && word.split('.').all(|part| part.chars().count() <= 1);
        if initial || dotted || ABBREVIATIONS.contains(&word.as_str()) {
            return begins;
        }
        !number_of_item
    }

    /// "the video.The police": a full stop whose space was lost.
    fn lacks_space(&self) -> bool {
        let lower = self.before.chars().rev().take(3).filter(|letter| letter.is_lowercase()).count() == 3;
        let mut next = self.after.chars();
        let capital = next.next().is_some_and(char::is_uppercase);
        self.mark == "." && lower && capital && STARTERS.contains(&plain(self.after).as_str())
    }
}

/// The first word, in lower case, without what stands around it.
fn plain(text: &str) -> String {
    let word = text.split(char::is_whitespace).next().unwrap_or_default();
    word.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase().replace('’', "'")
}

/// Whether the next two or three words tell who spoke.
fn says(text: &str) -> bool {
    let near = text.split_whitespace().take(3).map(|word| word.trim_end_matches([',', '.', ':']));
    near.skip(1).any(|word| SAYING.contains(&word))
}

fn is_mark(letter: char) -> bool {
    matches!(letter, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

/// The length of the run at the start of `text`, in bytes.
fn run(text: &str, holds: impl Fn(char) -> bool) -> usize {
    text.len() - text.trim_start_matches(holds).len()
}

/// Adds what stands in the range, without space around it, cut where it is too long.
fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut range = trimmed(text, range);
    while word_count(&text[range.clone()]) > MOST_WORDS {
        let cut = range.start + cut_place(&text[range.clone()]);
        found.push(trimmed(text, range.start..cut));
        range = trimmed(text, cut..range.end);
    }
    if text[range.clone()].chars().any(char::is_alphanumeric) {
        found.push(range);
    }
}

/// The range without space at its ends.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let start = range.start + (inner.len() - inner.trim_start().len());
    start..start + inner.trim().len()
}

/// Where to cut text that is too long: behind the last `;`, `:` or `,` among its first words, else behind the last word.
fn cut_place(text: &str) -> usize {
    let mut words = 0;
    let (mut last_pause, mut last_word) = (None, text.len());
    let mut end = 0;
    for token in text.split_inclusive(char::is_whitespace) {
        let count = word_count(token);
        if words + count > MOST_WORDS {
            if words == 0 {
                // One run without spaces.
                return text.char_indices().nth(MOST_WORDS).map_or(text.len(), |(place, _)| place);
            }
            break;
        }
        words += count;
        end += token.len();
        last_word = end;
        if words > MOST_WORDS / 2 && token.trim_end().ends_with([';', ':', ',']) {
            last_pause = Some(end);
        }
    }
    last_pause.unwrap_or(last_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = split(text, 0..text.len()).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "of {text:?}");
    }

    #[test]
    fn stops_titles_and_initials() {
        check("It rained. It stopped.", &["It rained.", "It stopped."]);
        check("Sen. John F. Kennedy spoke. Mr. Ek left.", &["Sen. John F. Kennedy spoke.", "Mr. Ek left."]);
        check("He lives in the U.S. The army left.", &["He lives in the U.S.", "The army left."]);
        check("The U.S. Army left at 5 p.m. Monday.", &["The U.S. Army left at 5 p.m. Monday."]);
        check("Acme Inc. Chief Ann Lee quit.", &["Acme Inc. Chief Ann Lee quit."]);
        check("They drew in Serie A. The draw hurt.", &["They drew in Serie A.", "The draw hurt."]);
        check("It cost $5.2m. iPads sold.", &["It cost $5.2m. iPads sold."]);
        check("He wears No. 7. He said no. Then he left.", &["He wears No. 7.", "He said no.", "Then he left."]);
        check("1. Stay calm. 2. Call us.", &["1. Stay calm.", "2. Call us."]);
    }

    #[test]
    fn quotes_stay_with_their_sentence() {
        check("\"I left.\" \"Why?\" he asked.", &["\"I left.\"", "\"Why?\" he asked."]);
        check("'They shout.' 'If so, fine.'", &["'They shout.'", "'If so, fine.'"]);
        check("\"Why?\" Smith said. \"No!\" It ended.", &["\"Why?\" Smith said.", "\"No!\"", "It ended."]);
        check("(He left.) She stayed.", &["(He left.)", "She stayed."]);
        check("“Go!” We went.", &["“Go!”", "We went."]);
    }

    #[test]
    fn dots_and_lost_spaces() {
        check("It ... The end ... and more.", &["It ...", "The end ... and more."]);
        check("We waited... Nobody came.", &["We waited...", "Nobody came."]);
        check("They saw the video.The police left.", &["They saw the video.", "The police left."]);
        check("See Amazon.Com now.", &["See Amazon.Com now."]);
        check("他走了。她来了！", &["他走了。", "她来了！"]);
    }

    #[test]
    fn long_text_without_stops_is_cut() {
        let text = "word ".repeat(1000);
        let found = split(&text, 0..text.len());
        assert!(found.iter().all(|range| word_count(&text[range.clone()]) <= MOST_WORDS));
        assert_eq!(found.iter().map(|range| word_count(&text[range.clone()])).sum::<usize>(), 1000);
        let run = "字".repeat(1000);
        assert_eq!(split(&run, 0..run.len()).iter().map(ExactSizeIterator::len).sum::<usize>(), run.len());
    }
}
