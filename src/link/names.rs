//! Question words that name a table or column: whole names, parts of names, abbreviations.
//!
//! Works on the labels of tables and columns (names in words). Knows nothing about cells, pieces or prompts.

use super::abbreviations::abbreviate_one_another;
use super::prompt::{Link, LinkKind, LinkTarget};
use super::question::{Question, Token};
use super::text::{fold, may_abbreviate, may_be_part, normal, stem, stems};
use crate::schema::Schema;
use std::collections::{BTreeMap, HashMap};

/// The longest name in words that is searched as a whole.
const LONGEST_NAME: usize = 8;
/// The shortest joined name, in letters, that is met without its spaces: `birthdate`.
const SHORTEST_JOINED: usize = 4;
/// The fewest initials that make a name: `dob`.
const FEWEST_INITIALS: usize = 3;

/// The names of one schema, ready to be met.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    /// Stems with spaces between, and joined names with the last word stemmed.
    whole: HashMap<String, Vec<LinkTarget>>,
    /// Single stems.
    parts: HashMap<String, Vec<LinkTarget>>,
    /// The words of all names by first letter.
    by_letter: HashMap<char, BTreeMap<String, Vec<LinkTarget>>>,
    /// Initials of longer names.
    initials: HashMap<String, Vec<LinkTarget>>,
    /// Words in the longest name, at most [`LONGEST_NAME`].
    longest: usize,
}

impl NameIndex {
    pub(super) fn new(schema: &Schema) -> Self {
        let mut index = Self::default();
        for id in schema.table_ids() {
            index.add(&schema.table(id).label, LinkTarget::Table(id));
        }
        for id in schema.column_ids() {
            index.add(&schema.column(id).label, LinkTarget::Column(id));
        }
        index
    }

    fn add(&mut self, label: &str, target: LinkTarget) {
        let label = normal(label);
        let words: Vec<&str> = label.split(' ').filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return;
        }
        let stems = stems(&label);
        self.longest = self.longest.max(words.len().min(LONGEST_NAME));
        push(self.whole.entry(stems.join(" ")).or_default(), target);
        if let Some(joined) = joined(&words) {
            push(self.whole.entry(joined).or_default(), target);
        }
        if words.len() >= FEWEST_INITIALS {
            push(self.initials.entry(initials(&words)).or_default(), target);
        }
        for (word, stem) in words.iter().zip(stems) {
            push(self.parts.entry(stem).or_default(), target);
            if let Some(first) = word.chars().next() {
                push(self.by_letter.entry(first).or_default().entry((*word).to_owned()).or_default(), target);
            }
        }
    }

    /// All meetings of the question with names.
    pub(super) fn meet(&self, question: &Question, links: &mut Vec<Link>) {
        self.meet_whole(question, links);
        for token in &question.tokens {
            self.meet_part(token, links);
            self.meet_abbreviation(token, links);
        }
        self.meet_initials(question, links);
    }

    fn meet_whole(&self, question: &Question, links: &mut Vec<Link>) {
        for tokens in question.runs(self.longest.max(3)) {
            let stems: Vec<&str> = tokens.iter().map(|token| token.stem.as_str()).collect();
            let words: Vec<&str> = tokens.iter().map(|token| token.lower.as_str()).collect();
            let spaced = self.whole.get(&stems.join(" "));
            let joined =
                joined(&words).and_then(|joined| self.whole.get(&joined)).filter(|found| Some(*found) != spaced);
            for target in spaced.into_iter().chain(joined).flatten() {
                links.push(Link { words: Question::words_of(tokens), kind: LinkKind::Exact, target: *target });
            }
        }
    }

    fn meet_part(&self, token: &Token, links: &mut Vec<Link>) {
        if may_be_part(&token.lower) {
            link_all(self.parts.get(&token.stem), token.word..token.word + 1, LinkKind::Partial, links);
        }
    }

    fn meet_abbreviation(&self, token: &Token, links: &mut Vec<Link>) {
        if !may_abbreviate(&token.lower) {
            return;
        }
        let words = token.word..token.word + 1;
        if token.lower.chars().count() >= FEWEST_INITIALS {
            link_all(self.initials.get(&token.lower), words.clone(), LinkKind::Abbreviation, links);
        }
        for (label_word, targets) in self.candidates(&token.lower) {
            if stem(label_word) != token.stem
                && may_abbreviate(label_word)
                && abbreviate_one_another(&token.lower, label_word)
            {
                link_all(Some(targets), words.clone(), LinkKind::Abbreviation, links);
            }
        }
        self.meet_ending(token, links);
    }

    /// Label words with the same first letter.
    fn candidates(&self, lower: &str) -> impl Iterator<Item = (&String, &Vec<LinkTarget>)> {
        lower.chars().next().and_then(|first| self.by_letter.get(&first)).into_iter().flatten()
    }

    /// A label word that ends in the question's word: `name` in `cityname`.
    fn meet_ending(&self, token: &Token, links: &mut Vec<Link>) {
        if token.lower.len() < SHORTEST_JOINED {
            return;
        }
        for (label_word, targets) in self.by_letter.values().flatten() {
            if label_word.len() >= token.lower.len() + 2 && label_word.ends_with(&token.lower) {
                link_all(Some(targets), token.word..token.word + 1, LinkKind::Abbreviation, links);
            }
        }
    }

    /// Several words of the question that a label word puts together: `date of birth` as `dob`, `first name` as `fname`.
    fn meet_initials(&self, question: &Question, links: &mut Vec<Link>) {
        for tokens in question.runs(5) {
            let words: Vec<&str> = tokens.iter().map(|token| token.lower.as_str()).collect();
            if words.len() >= FEWEST_INITIALS {
                link_all(self.word(&initials(&words)), Question::words_of(tokens), LinkKind::Abbreviation, links);
            }
            if let [first, second] = words[..]
                && second.len() >= FEWEST_INITIALS
            {
                let short: String = first.chars().take(1).chain(second.chars()).collect();
                link_all(self.word(&short), Question::words_of(tokens), LinkKind::Abbreviation, links);
            }
        }
    }

    fn word(&self, lower: &str) -> Option<&Vec<LinkTarget>> {
        self.by_letter.get(&lower.chars().next()?)?.get(lower)
    }
}

/// Names without spaces, the last word stemmed; `None` where that is too short to mean anything.
fn joined(words: &[&str]) -> Option<String> {
    let (last, before) = words.split_last()?;
    let mut joined = before.concat();
    joined.push_str(last);
    (joined.len() >= SHORTEST_JOINED && joined.chars().all(char::is_alphanumeric)).then(|| stem(&fold(&joined)))
}

fn initials(words: &[&str]) -> String {
    words.iter().filter_map(|word| word.chars().next()).collect()
}

fn push(targets: &mut Vec<LinkTarget>, target: LinkTarget) {
    if targets.last() != Some(&target) {
        targets.push(target);
    }
}

fn link_all(targets: Option<&Vec<LinkTarget>>, words: std::ops::Range<usize>, kind: LinkKind, links: &mut Vec<Link>) {
    links.extend(targets.into_iter().flatten().map(|target| Link { words: words.clone(), kind, target: *target }));
}
