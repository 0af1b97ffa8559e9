//! What the test-suite script does to query text before it runs it. Knows nothing about databases.

use std::borrow::Cow;

/// The text of a prediction as the official script runs it; `None` where there is no text at all.
///
/// Quirk: the letters `value` become `1` wherever they stand (predictions of early systems had `value` in the place of
/// values), even inside names.
pub(crate) fn of_prediction(sql: &str) -> Option<String> {
    of_gold(&replaced(sql, "value", "1"))
}

/// The text of a gold query as the official script runs it.
///
/// Quirks: only the first statement is kept, and every word DISTINCT goes.
pub(crate) fn of_gold(sql: &str) -> Option<String> {
    let joined = replaced(sql, "> =", ">=");
    let joined = replaced(&joined, "< =", "<=");
    let joined = replaced(&joined, "! =", "!=");
    let bare = without_distinct(&joined);
    if bare.is_empty() { None } else { Some(without_current_year(bare)) }
}

/// Whether the order of rows counts.
///
/// Quirk: it does where the letters `order by` stand anywhere in the gold query, nested queries included.
pub(crate) fn is_ordered(gold: &str) -> bool {
    gold.to_lowercase().contains("order by")
}

/// The text by which results are kept: case and white space outside quotes, which change no result, evened out.
pub(crate) fn key(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql.trim_matches([' ', ';']);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(piece_length(rest));
        rest = after;
        match piece {
            " " if rest.starts_with([' ', ',', '(', ')']) || out.ends_with([',', '(', ')']) => {}
            _ if piece.starts_with(['\'', '"', '`', '-', '/']) => out.push_str(piece),
            _ => out.push_str(&piece.to_ascii_lowercase()),
        }
    }
    out
}

fn replaced<'a>(text: &'a str, from: &str, to: &str) -> Cow<'a, str> {
    if text.contains(from) { Cow::Owned(text.replace(from, to)) } else { Cow::Borrowed(text) }
}

/// The first statement without the words DISTINCT that stand outside quotes and comments.
fn without_distinct(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut depth = 0usize;
    let mut rest = sql;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(piece_length(rest));
        rest = after;
        match piece {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            word if word.eq_ignore_ascii_case("distinct") => continue,
            _ => {}
        }
        out.push_str(piece);
        if piece == ";" && depth == 0 {
            break;
        }
    }
    out
}

/// The length in bytes of the word, quoted text, comment or single letter that the text (not empty) starts with.
fn piece_length(text: &str) -> usize {
    let word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '#');
    let Some(first) = text.chars().next() else { return 0 };
    match first {
        '\'' | '"' | '`' => quoted_length(text, first).unwrap_or(first.len_utf8()),
        '-' if text.starts_with("--") => text.find(['\n', '\r']).unwrap_or(text.len()),
        '/' if text.starts_with("/*") => text.find("*/").map_or(1, |at| at + 2),
        '@' | ':' => 1 + text.get(1..).map_or(0, |rest| rest.find(|letter| !word(letter)).unwrap_or(rest.len())),
        _ if word(first) => text.find(|letter| !word(letter)).unwrap_or(text.len()),
        _ => first.len_utf8(),
    }
}

/// Quirk: a backslash keeps a quote mark from closing, unless nothing else closes it.
fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut fallback = None;
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        let next_closes = letters.peek().is_some_and(|(_, next)| *next == quote);
        match letter {
            '\\' if next_closes && quote != '`' => fallback = letters.next().map(|(at, _)| at + 1),
            _ if letter == quote && next_closes => {
                fallback = Some(at + 1);
                letters.next();
            }
            _ if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    fallback
}

/// Quirk: the current year, in MySQL's words, is 2020.
fn without_current_year(sql: String) -> String {
    let mut sql = sql;
    let mut from = 0;
    while let Some(at) = sql.get(from..).and_then(|rest| rest.to_ascii_lowercase().find("year")) {
        let start = from + at;
        match current_year_length(sql.get(start..).unwrap_or_default()) {
            Some(length) => sql.replace_range(start..start + length, "2020"),
            None => from = start + 4,
        }
    }
    sql
}

/// The length of `YEAR ( CURDATE ( ) )` with the white space after it, where the text starts with it.
fn current_year_length(text: &str) -> Option<usize> {
    let mut rest = text;
    for part in ["year", "(", "curdate", "(", ")", ")"] {
        let head = rest.get(..part.len()).filter(|head| head.eq_ignore_ascii_case(part))?;
        rest = rest.get(head.len()..)?.trim_start();
    }
    Some(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &str) {
        assert_eq!(of_gold(sql).as_deref(), Some(expected), "{sql}");
    }

    #[test]
    fn keys_differ_where_results_may() {
        let same = |left, right| key(left) == key(right);
        assert!(same("SELECT  count( * ) , A FROM t;", "select count(*),a from T"));
        assert!(!same("SELECT 'A' FROM t", "SELECT 'a' FROM t"));
        assert!(!same("SELECT a FROM t WHERE b > = 1", "SELECT a FROM t WHERE b >= 1"));
        assert!(!same("SELECT \"A b\" FROM t", "SELECT \"A  b\" FROM t"));
    }

    #[test]
    fn text_is_changed_as_the_official_script_changes_it() {
        check("SELECT DISTINCT a FROM t", "SELECT  a FROM t");
        check(
            "SELECT count(distinct a), \"distinct\" FROM t WHERE a > = 1",
            "SELECT count( a), \"distinct\" FROM t WHERE a >= 1",
        );
        check("SELECT 'a;b'; SELECT 2", "SELECT 'a;b';");
        check("SELECT 'it''s distinct' , 'x\\' FROM t", "SELECT 'it''s distinct' , 'x\\' FROM t");
        check("SELECT Year( curdate()) - a FROM t", "SELECT 2020- a FROM t");
        assert_eq!(of_gold(""), None);
        assert_eq!(of_prediction("SELECT a FROM t WHERE b = value").as_deref(), Some("SELECT a FROM t WHERE b = 1"));
    }
}
