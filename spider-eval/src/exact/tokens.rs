//! Splits query text into words as the official script does: quoted values first, then the rules of NLTK's Treebank tokenizer.
//!
//! Knows nothing about schemas or grammar. The rules stand here as passes in the order in which they apply; each pass runs only
//! where its trigger occurs, so that a usual query is copied twice.

use std::fmt::Write as _;

/// What a word means to the reader; everything else is `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Select,
    From,
    Where,
    Group,
    Order,
    Limit,
    Intersect,
    Union,
    Except,
    Join,
    On,
    As,
    Not,
    Between,
    Equal,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    NotEqual,
    In,
    Like,
    Is,
    Exists,
    None,
    Max,
    Min,
    Count,
    Sum,
    Avg,
    Minus,
    Plus,
    Star,
    Slash,
    And,
    Or,
    Desc,
    Asc,
    Open,
    Close,
    Comma,
    Semicolon,
    Distinct,
    By,
    Having,
    Other,
}

/// One word of a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Token<'a> {
    /// The text: lower case, but quoted values keep theirs and stand in double quotes.
    pub(crate) text: &'a str,
    /// Its meaning.
    pub(crate) word: Word,
}

/// The split text, which tokens borrow from.
#[derive(Debug, Default)]
pub(crate) struct Split {
    text: String,
    spans: Vec<(usize, usize)>,
}

/// A quoted value and the word that holds its place.
type Masked<'a> = (String, &'a str);

/// The quote marks do not pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OddQuotes;

impl Split {
    /// Splits a query.
    ///
    /// # Errors
    /// An odd number of quote marks (`'` and `"` count alike).
    pub(crate) fn new(query: &str) -> Result<Self, OddQuotes> {
        let (masked, values) = mask_values(query)?;
        let spaced = space_out(masked);
        let mut split = Self::default();
        for word in spaced.split(is_space).filter(|word| !word.is_empty()) {
            split.push(word, &values);
        }
        Ok(split)
    }

    /// The tokens, in order.
    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        let word = |&(start, end): &(usize, usize)| self.text.get(start..end).unwrap_or_default();
        self.spans.iter().map(word).map(|text| Token { text, word: Word::of(text) }).collect()
    }

    fn push(&mut self, word: &str, values: &[Masked<'_>]) {
        if word == "=" && self.last_is_prefix() {
            self.text.push('=');
            if let Some(last) = self.spans.last_mut() {
                last.1 += 1;
            }
            return;
        }
        let start = self.text.len();
        match values.iter().find(|(key, _)| word.starts_with("__val_") && key == word) {
            Some((_, value)) => self.text.extend(value.chars().map(double_quote)),
            None if word.is_ascii() => self.text.extend(word.chars().map(|letter| letter.to_ascii_lowercase())),
            None => self.text.push_str(&word.to_lowercase()),
        }
        self.spans.push((start, self.text.len()));
    }

    fn last_is_prefix(&self) -> bool {
        let last = self.spans.last().and_then(|&(start, end)| self.text.get(start..end));
        matches!(last, Some("!" | ">" | "<"))
    }
}

impl Word {
    fn of(text: &str) -> Self {
        match text {
            "select" => Self::Select,
            "from" => Self::From,
            "where" => Self::Where,
            "group" => Self::Group,
            "order" => Self::Order,
            "limit" => Self::Limit,
            "intersect" => Self::Intersect,
            "union" => Self::Union,
            "except" => Self::Except,
            "join" => Self::Join,
            "on" => Self::On,
            "as" => Self::As,
            "not" => Self::Not,
            "between" => Self::Between,
            "=" => Self::Equal,
            ">" => Self::Greater,
            "<" => Self::Less,
            ">=" => Self::GreaterEqual,
            "<=" => Self::LessEqual,
            "!=" => Self::NotEqual,
            "in" => Self::In,
            "like" => Self::Like,
            "is" => Self::Is,
            "exists" => Self::Exists,
            "none" => Self::None,
            "max" => Self::Max,
            "min" => Self::Min,
            "count" => Self::Count,
            "sum" => Self::Sum,
            "avg" => Self::Avg,
            "-" => Self::Minus,
            "+" => Self::Plus,
            "*" => Self::Star,
            "/" => Self::Slash,
            "and" => Self::And,
            "or" => Self::Or,
            "desc" => Self::Desc,
            "asc" => Self::Asc,
            "(" => Self::Open,
            ")" => Self::Close,
            "," => Self::Comma,
            ";" => Self::Semicolon,
            "distinct" => Self::Distinct,
            "by" => Self::By,
            "having" => Self::Having,
            _ => Self::Other,
        }
    }
}

fn double_quote(letter: char) -> char {
    if letter == '\'' { '"' } else { letter }
}

/// White space as Python splits at it.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}

/// Quoted values become one word each. Quirk: a value that touches other letters stays inside their word, by the
/// places of its quotes.
fn mask_values(query: &str) -> Result<(String, Vec<Masked<'_>>), OddQuotes> {
    let mut masked = String::with_capacity(query.len() + 32);
    let mut values = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (place, (at, letter)) in query.char_indices().enumerate() {
        match (letter, open) {
            ('\'' | '"', None) => open = Some((place, at)),
            ('\'' | '"', Some((first, start))) => {
                let key = format!("__val_{first}_{place}__");
                masked.push_str(&key);
                values.push((key, query.get(start..=at).unwrap_or_default()));
                open = None;
            }
            (_, None) => masked.push(letter),
            (_, Some(_)) => {}
        }
    }
    if open.is_some() { Err(OddQuotes) } else { Ok((masked, values)) }
}

/// All passes that put space around words. No quote mark is left in the text.
fn space_out(text: String) -> String {
    let mut text = text;
    if text.contains(['`', '«', '“', '‘', '„']) {
        text = opening_quotes(&text);
    }
    text = final_period(text);
    text = commas_and_signs(&text);
    if text.contains("..") {
        text = runs(&text, '.', 2);
    }
    if text.contains("--") {
        text = text.replace("--", " -- ");
    }
    if text.contains(['»', '”', '’']) {
        text = text.chars().fold(String::new(), |mut out, letter| {
            if matches!(letter, '»' | '”' | '’') {
                let _ = write!(out, " {letter} ");
            } else {
                out.push(letter)
            }
            out
        });
    }
    contractions(text)
}

fn opening_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut ticks = 0;
    for letter in text.chars().chain(['\n']) {
        if letter == '`' {
            ticks += 1;
            continue;
        }
        if ticks > 0 {
            let pairs = " ``".repeat(ticks / 2);
            let _ = write!(out, "{pairs} {} ", "`".repeat(ticks % 2));
            ticks = 0;
        }
        if matches!(letter, '«' | '“' | '‘' | '„') {
            let _ = write!(out, " {letter} ");
        } else {
            out.push(letter)
        }
    }
    out.pop();
    out
}

/// A period that ends the text (closing brackets may follow) is a word, unless another stands before it.
fn final_period(text: String) -> String {
    let closing = |letter: char| is_space(letter) || matches!(letter, ']' | ')' | '}' | '>' | '»' | '”' | '’');
    let body = text.trim_end_matches(closing);
    let Some(before) = body.strip_suffix('.') else { return text };
    if before.is_empty() || before.ends_with('.') {
        return text;
    }
    let after = text.get(body.len()..).unwrap_or_default();
    format!("{before} . {after} ")
}

/// Commas and colons before anything but a digit, and the signs that are always words of their own.
fn commas_and_signs(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek().copied()) {
            (',' | ':', None) => push_spaced(&mut out, letter),
            (',' | ':', Some(next)) if !next.is_numeric() => {
                push_spaced(&mut out, letter);
                letters.next();
                push_sign(&mut out, next); // the rule has used this letter up, even where it is a comma
                if letters.peek().is_none() && matches!(next, ',' | ':') {
                    out.push(' ');
                }
            }
            _ => push_sign(&mut out, letter),
        }
    }
    out
}

fn push_sign(out: &mut String, letter: char) {
    let sign = matches!(
        letter,
        ';' | '@' | '#' | '$' | '%' | '&' | '?' | '!' | '*' | '[' | ']' | '(' | ')' | '{' | '}' | '<' | '>'
    );
    if sign { push_spaced(out, letter) } else { out.push(letter) }
}

fn push_spaced(out: &mut String, letter: char) {
    out.extend([' ', letter, ' ']);
}

/// Puts space around runs of at least `least` of one letter.
fn runs(text: &str, of: char, least: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find(of) {
        let (before, from) = rest.split_at(at);
        let after = from.trim_start_matches(of);
        let run = from.get(..from.len() - after.len()).unwrap_or_default();
        out.push_str(before);
        if run.len() >= least {
            let _ = write!(out, " {run} ");
        } else {
            out.push_str(run)
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Words that NLTK takes for two, with the length of the first.
const CONTRACTIONS: [(&str, usize); 6] =
    [("cannot", 3), ("gimme", 3), ("gonna", 3), ("gotta", 3), ("lemme", 3), ("wanna", 3)];

fn contractions(text: String) -> String {
    let mut text = text;
    for (word, first) in CONTRACTIONS {
        let mut from = 0;
        while let Some(at) = find_word(&text, word, from) {
            text.insert(at + first, ' ');
            from = at + word.len() + 1;
        }
    }
    text
}

/// The place of a whole word, in any case; `wanna` only before white space.
fn find_word(text: &str, word: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    (from..=bytes.len().checked_sub(word.len())?).find(|&at| {
        bytes.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()))
            && !text.get(..at).is_some_and(|before| before.ends_with(in_word))
            && !text.get(at + word.len()..).is_some_and(|after| after.starts_with(in_word))
            && (word != "wanna"
                || text.get(at + word.len()..).is_some_and(|after| after.is_empty() || after.starts_with(is_space)))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn check(query: &str, expected: &[&str]) {
        let split = Split::new(query).unwrap();
        let words: Vec<&str> = split.tokens().iter().map(|token| token.text).collect();
        assert_eq!(words, expected, "{query}");
    }

    #[test]
    fn words_are_split_as_the_official_script_splits_them() {
        check("SELECT count(*) FROM a;", &["select", "count", "(", "*", ")", "from", "a", ";"]);
        check("x > = 1 AND y! =2 or z <>3", &["x", ">=", "1", "and", "y", "!", "=2", "or", "z", "<", ">", "3"]);
        check("a >= 3 AND b != 'X y'", &["a", ">=", "3", "and", "b", "!=", "\"X y\""]);
        check("a,b , c,1", &["a", ",", "b", ",", "c,1"]);
        check("a=\"V\"", &["a=__val_2_4__"]);
        check("T1.id=T2.id", &["t1.id=t2.id"]);
        check("name.", &["name", "."]);
        check("`a`,,b", &["`", "a", "`", ",", ",b"]);
        check("t.cannot -- x", &["t.can", "not", "--", "x"]);
        check("a...b", &["a", "...", "b"]);
    }

    #[test]
    fn odd_quotes_are_refused() {
        assert_eq!(Split::new("a = \"it's\"").err(), Some(OddQuotes));
    }
}
