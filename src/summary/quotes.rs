//! Quotations within a sentence: where they are open, and whether one begins or ends elsewhere.
//!
//! Straight quotes are told apart by the space around them; an apostrophe behind a plural is none.

use super::units::{Unit, units};

/// Words that say that somebody speaks.
const SPEECH: [&str; 14] = [
    "said",
    "says",
    "told",
    "tells",
    "added",
    "adds",
    "asked",
    "wrote",
    "writes",
    "tweeted",
    "explained",
    "insisted",
    "claimed",
    "according",
];

/// Whether the sentence is a piece of a quotation that does not say who speaks.
pub(super) fn lacks_speaker(sentence: &str) -> bool {
    let speaks = |unit: &Unit| SPEECH.iter().any(|word| sentence[unit.range.clone()].eq_ignore_ascii_case(word));
    is_half_quoted(sentence) && !units(sentence).iter().any(speaks)
}

/// Whether the sentence holds one end of a quotation only: the other stands in another sentence, and with it who speaks.
fn is_half_quoted(sentence: &str) -> bool {
    let units = units(sentence);
    let texts: Vec<&str> = units.iter().map(|unit| &sentence[unit.range.clone()]).collect();
    let mut opens = units.iter().zip(&texts).map(|(unit, text)| !unit.glued && matches!(*text, "'" | "‘" | "“"));
    let closes = [".'", "?'", "!'", ".’", "?’", "!’", "”"].iter().any(|end| sentence.ends_with(end));
    quoted(&texts, &units).1 || (closes && !opens.any(|opens| opens))
}

/// Whether a unit is a quotation mark.
pub(super) fn is_quote(text: &str) -> bool {
    matches!(text, "\"" | "“" | "”" | "‘" | "'" | "’" | "''" | "``")
}

/// Whether a quotation is open before each unit, and whether one is open at the end.
pub(super) fn quoted(texts: &[&str], units: &[Unit]) -> (Vec<bool>, bool) {
    let mut open: Option<char> = None;
    let mut quoted = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        quoted.push(open.is_some());
        let Some(mark) = text.chars().next().filter(|_| is_quote(text)) else { continue };
        let opens = !units[index].glued
            || index == 0
            || (!units[index - 1].is_word && !units[index - 1].glued && !is_close(texts[index - 1]));
        open = match (open, mark) {
            (None, '“' | '‘' | '"') => Some(mark),
            (None, '\'') if opens => Some(mark),
            // An apostrophe behind a plural.
            (None, _) => None,
            (Some('“'), '”') | (Some('‘'), '’') | (Some('"'), '"') => None,
            // "players'" within a quotation closes nothing.
            (Some('\''), '\'')
                if !opens
                    && (index == 0
                        || !units[index - 1].is_word
                        || index + 1 == texts.len()
                        || !units[index + 1].is_word) =>
            {
                None
            }
            (Some(kind), _) => Some(kind),
        };
    }
    (quoted, open.is_some())
}

fn is_close(text: &str) -> bool {
    matches!(text, "," | "." | "!" | "?" | ")" | ";" | ":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_a_quotation_may_name_its_speaker() {
        assert!(lacks_speaker("\"I left the team.") && !lacks_speaker("I stayed,\" she said."));
        assert!(!lacks_speaker("\"I left,\" he thought."));
    }

    #[test]
    fn half_quotations() {
        for (sentence, expected) in [
            ("\"I left,\" she said.", false),
            ("\"I left.", true),
            ("I stayed,\" she said.", true),
            ("'I left the team.", true),
            ("It is over.'", true),
            ("'It is over,' he said of the players' club.", false),
            ("The players' club won.", false),
            ("“It is over.", true),
            ("It is over.”", true),
        ] {
            assert_eq!(is_half_quoted(sentence), expected, "{sentence}");
        }
    }
}
