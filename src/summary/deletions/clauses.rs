//! Clauses that may go: additions at the start or the end of a sentence, whole.

use super::super::lexicon::{
    bars_clause, is_determiner, is_first_opener, is_loose_opener, is_modal, is_pronoun, is_verb,
};
use super::{Finder, LONGEST_APPOSITION, LONGEST_CLAUSE};
use std::ops::Range;

impl Finder<'_> {
    /// Whether a subject may begin here: a name, a determiner, a pronoun.
    fn is_subject(&self, index: usize) -> bool {
        index < self.len()
            && (self.is_capital(index) || is_determiner(self.word(index)) || is_pronoun(self.word(index)))
    }

    /// Whether a verb comes before the next comma, but not at once.
    fn verb_before_comma(&self, from: usize) -> bool {
        let found = (from..self.len()).find(|&index| self.is(index, ",") || is_verb(self.word(index)));
        found.is_some_and(|index| index > from && !self.is(index, ","))
    }

    /// From a subordinating word at the start through the first comma, where a subject that is no pronoun and its verb
    /// follow without another comma.
    pub(super) fn first_clause(&self) -> Vec<Range<usize>> {
        let Some(comma) = self.comma(0).filter(|_| is_first_opener(self.word(0))) else { return Vec::new() };
        let next = comma + 1;
        let subject = self.is_subject(next) && !is_pronoun(self.word(next)) && self.verb_before_comma(next);
        (subject && self.words(0..comma) <= LONGEST_CLAUSE).then_some(0..next).into_iter().collect()
    }

    /// From a subordinating word without a comma before it to the end; not where it may belong to what a negation or "the
    /// first" is about, nor "while" behind "will".
    pub(super) fn loose_clauses(&self) -> Vec<Range<usize>> {
        let end = self.end();
        let is_loose = |start: usize| {
            let before = self.word(start - 1);
            let returns = (start + 1..end).any(|index| self.is(index, ","));
            let is_counted = before.contains(|c: char| c.is_numeric());
            let lasts = self.is(start, "while") && self.lower.iter().any(|word| is_modal(word));
            self.is_word[start - 1]
                && !(bars_clause(before) || returns || is_counted || lasts || self.is_limited(start))
                && !self.says(start + 1..end)
                && self.has_verb(0..start)
                && self.words(start..end) <= LONGEST_CLAUSE
        };
        let starts = (1..end).filter(|&start| is_loose_opener(self.word(start)) && is_loose(start));
        starts.map(|start| start..end).collect()
    }

    /// ", and the town will pay" to the end: a clause with a subject and a verb of its own, behind the only comma.
    pub(super) fn coordinates(&self) -> Vec<Range<usize>> {
        let end = self.end();
        let Some(comma) = self.comma(0).filter(|&comma| comma + 2 < end) else { return Vec::new() };
        let joins = matches!(self.word(comma + 1), "and" | "but" | "so") && !self.is(comma + 2, "that");
        let clause = self.is_subject(comma + 2) && self.has_verb(comma + 3..end) && self.has_verb(0..comma);
        let only = self.comma(comma + 1).is_none() && !self.says(comma..end);
        (joins && clause && only).then_some(comma..end).into_iter().collect()
    }

    /// ", the mayor of Leeds" behind a name at the end, in a sentence that is no list.
    pub(super) fn last_apposition(&self) -> Vec<Range<usize>> {
        let end = self.end();
        let Some(comma) = self.comma(0).filter(|&comma| comma > 1 && comma + 1 < end) else { return Vec::new() };
        let mut inside = comma + 1..end;
        let apposed = self.is_capital(comma - 1) && is_determiner(self.word(comma + 1));
        let short = self.words(inside.clone()) <= LONGEST_APPOSITION && !self.has_verb(inside.clone());
        let listed = inside.any(|index| matches!(self.word(index), "," | "and" | "or"));
        (apposed && short && !listed).then_some(comma..end).into_iter().collect()
    }

    /// From the only dash, or from a semicolon, to the end.
    pub(super) fn last_dash(&self) -> Vec<Range<usize>> {
        let is_dash = |index: &usize| matches!(self.texts[*index], "-" | "--" | "–" | "—" | ";");
        let places: Vec<usize> = (0..self.len()).filter(is_dash).collect();
        let &[start] = places.as_slice() else { return Vec::new() };
        // "first - and second-degree burns" has lost a part.
        let torn = self.is(start, "-") && matches!(self.word(start + 1), "and" | "or" | "to");
        let goes = !torn && self.has_verb(0..start) && !self.says(start..self.end()) && !self.is_limited(start);
        goes.then_some(start..self.end()).into_iter().collect()
    }

    pub(super) fn says(&self, mut range: Range<usize>) -> bool {
        range.any(|index| matches!(self.word(index), "said" | "says"))
    }
}
