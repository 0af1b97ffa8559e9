//! Words made comparable: lower case without accents, stems, normalised text, numbers, common words.
//!
//! Pure functions on text; knows nothing about schemas or prompts.

use rust_stemmers::{Algorithm, Stemmer};

/// Words that say little on their own, so that they are no part of a name or cell by themselves.
const COMMON: &[&str] = &[
    "a",
    "all",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "by",
    "can",
    "could",
    "did",
    "different",
    "distinct",
    "do",
    "does",
    "each",
    "find",
    "for",
    "from",
    "get",
    "give",
    "had",
    "has",
    "have",
    "how",
    "i",
    "id",
    "ids",
    "in",
    "is",
    "it",
    "its",
    "least",
    "less",
    "list",
    "many",
    "me",
    "more",
    "most",
    "much",
    "name",
    "names",
    "no",
    "not",
    "number",
    "numbers",
    "of",
    "on",
    "or",
    "please",
    "return",
    "s",
    "show",
    "tell",
    "than",
    "that",
    "the",
    "their",
    "there",
    "these",
    "this",
    "those",
    "to",
    "us",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "whom",
    "whose",
    "why",
    "with",
    "you",
];

/// Of the common words, those that are a fair part of a column's name.
const NAMING: &[&str] = &["different", "id", "ids", "name", "names", "number", "numbers"];

/// Words that are never an abbreviation or abbreviated: they ask for something to be computed.
const COMPUTING: &[&str] = &["average", "count", "maximum", "minimum", "order", "sort", "sorted", "sum", "total"];

const SMALL_NUMBERS: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: &[&str] = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const DAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The shortest beginning of a weekday's name that stands for it, in letters.
const SHORTEST_DAY: usize = 3;

/// The stem of a word in lower case (Snowball's English stemmer).
pub(super) fn stem(lower: &str) -> String {
    if lower.is_ascii() { Stemmer::create(Algorithm::English).stem(lower).into_owned() } else { lower.to_owned() }
}

/// Lower case, without the accents of Latin letters.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match plain_letter(c) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(c),
        }
    }
    folded
}

/// The unaccented spelling of an accented Latin letter in lower case; empty for combining accents.
fn plain_letter(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ð' | 'đ' | 'ď' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' => "s",
        'ß' => "ss",
        'ť' => "t",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

/// Letters and digits of a text, folded, the rest as single spaces: `O'Brien & Co.` is `o brien co`.
pub(super) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in fold(text).split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(part);
    }
    out
}

/// The stems of a normalised text's words.
pub(super) fn stems(normal: &str) -> Vec<String> {
    normal.split(' ').filter(|word| !word.is_empty()).map(stem).collect()
}

/// Whether a word in lower case says little on its own.
pub(super) fn is_common(lower: &str) -> bool {
    COMMON.binary_search(&lower).is_ok()
}

/// Whether a word in lower case may be met as a part of a name.
pub(super) fn may_be_part(lower: &str) -> bool {
    !is_common(lower) || NAMING.contains(&lower)
}

/// Whether a word in lower case may stand in an abbreviation.
pub(super) fn may_abbreviate(lower: &str) -> bool {
    may_be_part(lower) && !COMPUTING.contains(&lower)
}

/// The value of a word that is a number: digits, or an English number word up to ninety.
pub(super) fn number_of(lower: &str) -> Option<f64> {
    if lower.starts_with(|c: char| c.is_ascii_digit()) {
        return lower.parse().ok();
    }
    let small = SMALL_NUMBERS.iter().position(|word| *word == lower).map(|n| n as f64);
    small.or_else(|| TENS.iter().position(|word| *word == lower).map(|n| (n as f64 + 2.0) * 10.0))
}

/// The number (1–12) of an English month's name or its first three letters.
pub(super) fn month_of(lower: &str) -> Option<u32> {
    let place = MONTHS.iter().position(|month| {
        *month == lower || (lower.len() == 3 && month.starts_with(lower)) || (lower == "sept" && *month == "september")
    })?;
    Some(place as u32 + 1)
}

/// The place in the week (0 is Monday) of a weekday's name or its beginning: `tue`, `thurs`.
pub(super) fn day_of_week(lower: &str) -> Option<usize> {
    let is_start = (SHORTEST_DAY..=SHORTEST_DAY + 2).contains(&lower.len());
    DAYS.iter().position(|day| *day == lower || (is_start && day.starts_with(lower)))
}

/// Whether a word is a year of our times.
pub(super) fn is_year(lower: &str) -> bool {
    lower.len() == 4 && lower.parse::<u32>().is_ok_and(|year| (1500..=2100).contains(&year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_can_be_searched() {
        let mut sorted = COMMON.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, COMMON);
    }

    #[test]
    fn text_is_normalised() {
        assert_eq!(normal("  O'Brien & Co. "), "o brien co");
        assert_eq!(normal("Beyoncé, ŁÓDŹ"), "beyonce lodz");
        assert_eq!(normal("東京 2020"), "東京 2020");
        assert_eq!(normal("--"), "");
    }

    #[test]
    fn numbers_and_months_are_read() {
        assert_eq!(number_of("3.5"), Some(3.5));
        assert_eq!(number_of("twelve"), Some(12.0));
        assert_eq!(number_of("thirty"), Some(30.0));
        assert_eq!(number_of("2nd"), None);
        assert_eq!(month_of("sept"), Some(9));
        assert_eq!(month_of("may"), Some(5));
        assert_eq!(month_of("ma"), None);
        assert!(is_year("2024") && !is_year("3024") && !is_year("20a4"));
    }
}
