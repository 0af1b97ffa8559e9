//! A model's card: what the front matter of its README.md says of licence and task.
//!
//! Front matter is YAML between two lines of dashes; only plain values and lists of them are read.

use std::path::Path;

/// Longer cards are read this far, in bytes; front matter comes first.
const READ: usize = 1 << 16;

/// What a card says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Card {
    /// `license`, several with commas between.
    pub(super) licence: Option<String>,
    /// `pipeline_tag`, such as `translation`.
    pub(super) task: Option<String>,
}

impl Card {
    /// Of the model in this folder; empty where there is no card.
    pub(super) fn read(folder: &Path) -> Self {
        let bytes = std::fs::read(folder.join("README.md")).unwrap_or_default();
        Self::parse(&String::from_utf8_lossy(&bytes[..bytes.len().min(READ)]))
    }

    fn parse(text: &str) -> Self {
        let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_end);
        if lines.next() != Some("---") {
            return Self::default();
        }
        let front: Vec<&str> = lines.take_while(|line| *line != "---").collect();
        Self { licence: value(&front, "license"), task: value(&front, "pipeline_tag") }
    }
}

/// The value of a key at the outermost level.
fn value(front: &[&str], key: &str) -> Option<String> {
    let of_key = |line: &&str| Some(line.strip_prefix(key)?.strip_prefix(':')?.trim().to_owned());
    let (place, first) = front.iter().enumerate().find_map(|(place, line)| Some((place, of_key(line)?)))?;
    let items = match first.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(list) => list.split(',').map(plain).collect(),
        None if first.is_empty() => {
            let rest = front[place + 1..].iter();
            rest.map_while(|line| line.trim_start().strip_prefix('-')).map(plain).collect()
        }
        None => vec![plain(&first)],
    };
    let said: Vec<String> = items.into_iter().filter(|item| !item.is_empty()).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// Without quotes and signs that would move a terminal's cursor.
fn plain(value: &str) -> String {
    let value = value.trim().trim_matches(['"', '\'']);
    value.chars().filter(|letter| !letter.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, licence: Option<&str>, task: Option<&str>) {
        let card = Card::parse(text);
        assert_eq!((card.licence.as_deref(), card.task.as_deref()), (licence, task), "{text:?}");
    }

    #[test]
    fn licences_are_read_from_front_matter_only() {
        check(
            "---\nlanguage: en\nlicense: apache-2.0\npipeline_tag: \"translation\"\n---\n# T5",
            Some("apache-2.0"),
            Some("translation"),
        );
        check("---\r\nlicense:\r\n- mit\r\n- 'apache-2.0'\r\ntags:\r\n- x\r\n---\r\n", Some("mit, apache-2.0"), None);
        check("---\nlicense: [mit, bsd]\n---\n", Some("mit, bsd"), None);
        check("---\nlicense:\n---\nlicense: mit", None, None);
        check("---\ncard:\n  license: mit\nlicense_name: x\n---\n", None, None);
        check("license: mit", None, None);
        check("", None, None);
        check("---\nlicense: a\u{1b}[31mb\n---\n", Some("a[31mb"), None);
    }
}
