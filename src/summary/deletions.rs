//! What may be left out of a sentence: runs of words and marks whose absence keeps the rest true and whole.
//!
//! Each kind is a rule over words and marks. None touches a quotation, takes a negation or a word of doubt, or leaves
//! less than a short sentence with a verb of its own.

mod clauses;

use super::lexicon::{
    is_aside, is_clause_opener, is_determiner, is_joiner, is_negation, is_occasion, is_relative, is_superlative,
    is_tail, is_verb, opening,
};
use super::quotes::{is_quote, quoted};
use super::units::Unit;
use std::ops::Range;

/// Words that a shortened sentence keeps at least.
pub(super) const FEWEST_WORDS: usize = 6;

/// Words in brackets or between dashes at most.
const LONGEST_ASIDE: usize = 15;

/// Words of an apposition at most.
const LONGEST_APPOSITION: usize = 9;

/// Words of a clause at most.
const LONGEST_CLAUSE: usize = 24;

/// Ages between commas.
const AGES: Range<u32> = 1..111;

/// A kind of deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Deletion {
    /// "(left)".
    Brackets,
    /// "But", "However," at the start.
    Connective,
    /// ", however," and "also" further in.
    Aside,
    /// ", 32," behind a name.
    Age,
    /// "Speaking on Friday," before a name.
    Occasion,
    /// "-- founded in 1880 --".
    Dashes,
    /// ", the mayor of Leeds," between a name and its verb.
    Apposition,
    /// ", who was born in Leeds," between a name and its verb.
    Relative,
    /// ", who was born in Leeds" at the end.
    LastRelative,
    /// ", leaving three injured" at the end.
    LastParticiple,
    /// "After the bridge had fallen," at the start.
    FirstClause,
    /// ", although nobody was hurt", "after a storm" at the end.
    LastClause,
    /// ", and the town will pay for it" at the end.
    Coordinate,
    /// ", the mayor of Leeds" at the end.
    LastApposition,
    /// "-- the second this year" or "; the second will follow" at the end.
    LastDash,
    /// ", he said" at the end of a sentence without a quotation: what was claimed would become a fact.
    Attribution,
}

impl Deletion {
    /// All kinds.
    pub const ALL: [Self; 16] = [
        Self::Brackets,
        Self::Connective,
        Self::Aside,
        Self::Age,
        Self::Occasion,
        Self::Dashes,
        Self::Apposition,
        Self::Relative,
        Self::LastRelative,
        Self::LastParticiple,
        Self::FirstClause,
        Self::LastClause,
        Self::Coordinate,
        Self::LastApposition,
        Self::LastDash,
        Self::Attribution,
    ];

    /// Those that keep the meaning; [`Deletion::Attribution`] is none of them.
    pub const SAFE: [Self; 15] = [
        Self::Brackets,
        Self::Connective,
        Self::Aside,
        Self::Age,
        Self::Occasion,
        Self::Dashes,
        Self::Apposition,
        Self::Relative,
        Self::LastRelative,
        Self::LastParticiple,
        Self::FirstClause,
        Self::LastClause,
        Self::Coordinate,
        Self::LastApposition,
        Self::LastDash,
    ];

    /// What goes where no model judges each: those that lose less than 0.01 points of ROUGE when all of them go.
    pub const DEFAULT: [Self; 7] = [
        Self::Brackets,
        Self::Connective,
        Self::Aside,
        Self::Age,
        Self::Occasion,
        Self::Relative,
        Self::LastParticiple,
    ];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brackets => "brackets",
            Self::Connective => "connective",
            Self::Aside => "aside",
            Self::Age => "age",
            Self::Occasion => "occasion",
            Self::Dashes => "dashes",
            Self::Apposition => "apposition",
            Self::Relative => "relative",
            Self::LastRelative => "last_relative",
            Self::LastParticiple => "last_participle",
            Self::FirstClause => "first_clause",
            Self::LastClause => "last_clause",
            Self::Coordinate => "coordinate",
            Self::LastApposition => "last_apposition",
            Self::LastDash => "last_dash",
            Self::Attribution => "attribution",
        }
    }
}

/// A run of units that may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The units.
    pub units: Range<usize>,
    /// Why it may go.
    pub kind: Deletion,
}

/// Every cut of these kinds that the sentence admits, by its start.
pub fn cuts(sentence: &str, units: &[Unit], kinds: &[Deletion]) -> Vec<Cut> {
    let finder = Finder::new(sentence, units);
    let mut found = Vec::new();
    for &kind in kinds {
        let ranges = match kind {
            Deletion::Brackets => finder.brackets(),
            Deletion::Connective => finder.connective(),
            Deletion::Aside => finder.asides(),
            Deletion::Age => finder.ages(),
            Deletion::Occasion => finder.occasion(),
            Deletion::Dashes => finder.dashes(),
            Deletion::Apposition => finder.appositions(),
            Deletion::Relative => finder.relatives(),
            Deletion::LastRelative => finder.last(is_relative),
            Deletion::LastParticiple => finder.last(is_tail),
            Deletion::FirstClause => finder.first_clause(),
            Deletion::LastClause => [finder.last(is_clause_opener), finder.loose_clauses()].concat(),
            Deletion::Coordinate => finder.coordinates(),
            Deletion::LastApposition => finder.last_apposition(),
            Deletion::LastDash => finder.last_dash(),
            Deletion::Attribution => finder.attribution(),
        };
        let safe = ranges.into_iter().filter(|range| finder.is_safe(range, kind));
        found.extend(safe.map(|units| Cut { units, kind }));
    }
    found.sort_by_key(|cut| (cut.units.start, cut.units.end));
    found
}

/// A sentence under the rules.
struct Finder<'a> {
    /// Each unit's text.
    texts: Vec<&'a str>,
    /// In lower case.
    lower: Vec<String>,
    is_word: Vec<bool>,
    /// Whether a quotation is open before each unit.
    quoted: Vec<bool>,
}

impl<'a> Finder<'a> {
    fn new(sentence: &'a str, units: &[Unit]) -> Self {
        let texts: Vec<&str> = units.iter().map(|unit| &sentence[unit.range.clone()]).collect();
        let lower = texts.iter().map(|text| text.to_lowercase().replace('’', "'")).collect();
        let is_word = units.iter().map(|unit| unit.is_word).collect();
        Self { quoted: quoted(&texts, units).0, texts, lower, is_word }
    }

    fn len(&self) -> usize {
        self.texts.len()
    }

    fn is(&self, index: usize, text: &str) -> bool {
        self.lower.get(index).is_some_and(|other| other == text)
    }

    fn word(&self, index: usize) -> &str {
        self.lower.get(index).map_or("", String::as_str)
    }

    fn words(&self, range: Range<usize>) -> usize {
        range.filter(|&index| self.is_word[index]).count()
    }

    fn has_verb(&self, mut range: Range<usize>) -> bool {
        range.any(|index| is_verb(&self.lower[index]))
    }

    fn is_capital(&self, index: usize) -> bool {
        self.texts[index].starts_with(char::is_uppercase)
    }

    /// The next comma from here on.
    fn comma(&self, from: usize) -> Option<usize> {
        (from..self.len()).find(|&index| self.is(index, ","))
    }

    /// Where the marks that end the sentence begin.
    fn end(&self) -> usize {
        (0..self.len()).rev().take_while(|&index| !self.is_word[index]).last().unwrap_or(self.len())
    }

    /// What holds for every kind.
    fn is_safe(&self, range: &Range<usize>, kind: Deletion) -> bool {
        let whole = range.end <= self.end();
        let unquoted = range.clone().all(|index| !self.quoted[index] && !is_quote(self.texts[index]));
        let negates = range.clone().any(|index| is_negation(&self.lower[index]));
        let joins = matches!(kind, Deletion::Connective | Deletion::Aside);
        let rest = self.words(0..range.start) + self.words(range.end..self.len());
        let verb = self.has_verb(0..range.start) || self.has_verb(range.end..self.len());
        !range.is_empty() && whole && unquoted && (joins || !negates) && rest >= FEWEST_WORDS && verb
    }

    /// Round brackets with what they hold; square ones stand in for words and stay.
    fn brackets(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut open = None;
        for index in 0..self.len() {
            match self.texts[index] {
                "(" => open = Some(index),
                ")" => {
                    let start = open.take().filter(|&start| self.words(start..index) <= LONGEST_ASIDE);
                    found.extend(start.filter(|&start| start > 0).map(|start| start..index + 1));
                }
                _ => {}
            }
        }
        found
    }

    fn connective(&self) -> Vec<Range<usize>> {
        let first = self.word(0);
        if is_joiner(first, self.word(1)) {
            let end = if self.is(1, ",") { 2 } else { 1 };
            return std::iter::once(0..end).collect();
        }
        let words: Vec<&str> = self.lower.iter().take(5).map(String::as_str).collect();
        let length = opening(&words);
        if length > 0 && self.is(length, ",") { std::iter::once(0..length + 1).collect() } else { Vec::new() }
    }

    fn asides(&self) -> Vec<Range<usize>> {
        let between = (1..self.len().saturating_sub(1)).filter(|&index| is_aside(&self.lower[index]));
        let commas = between.filter(|&index| self.is(index - 1, ","));
        let commas = commas.filter_map(|index| {
            let end = if self.is(index + 1, ",") { index + 2 } else { index + 1 };
            (end == index + 2 || end >= self.end()).then_some(index - 1..end)
        });
        // "not only … but also" is one thing.
        let also = (1..self.len()).filter(|&index| self.is(index, "also") && !self.is(index - 1, "but"));
        commas.chain(also.filter(|&index| !self.is(index - 1, ",")).map(|index| index..index + 1)).collect()
    }

    fn ages(&self) -> Vec<Range<usize>> {
        let is_age = |index: usize| self.texts[index].parse::<u32>().is_ok_and(|age| AGES.contains(&age));
        let framed = |index: usize| self.is(index - 1, ",") && self.is(index + 1, ",") && self.is_capital(index - 2);
        let found = (2..self.len().saturating_sub(1)).filter(|&index| is_age(index) && framed(index));
        // "On March 5, 20, and 22" is no age.
        found
            .filter(|&index| !self.texts[index - 2].contains(|c: char| c.is_numeric()))
            .map(|index| index - 1..index + 1 + usize::from(self.verb_follows(index + 2)))
            .collect()
    }

    /// Whether a verb comes next, behind brackets if there are any.
    fn verb_follows(&self, index: usize) -> bool {
        let close = (index..self.len()).find(|&index| self.is(index, ")")).filter(|_| self.is(index, "("));
        is_verb(self.word(close.map_or(index, |close| close + 1)))
    }

    /// Whether something before here limits what is said: a negation, "the first". What follows may belong to it.
    fn is_limited(&self, before: usize) -> bool {
        self.lower[..before].iter().any(|word| is_negation(word) || is_superlative(word))
    }

    fn occasion(&self) -> Vec<Range<usize>> {
        let Some(comma) = self.comma(0).filter(|_| is_occasion(self.word(0))) else { return Vec::new() };
        let next = comma + 1;
        let subject =
            next < self.len() && (self.is_capital(next) || matches!(self.word(next), "he" | "she" | "they" | "the"));
        if subject && comma <= LONGEST_ASIDE && self.comma(next).is_none() {
            std::iter::once(0..next).collect()
        } else {
            Vec::new()
        }
    }

    /// What stands between two dashes, where there are just two.
    fn dashes(&self) -> Vec<Range<usize>> {
        let is_dash = |index: &usize| matches!(self.texts[*index], "-" | "--" | "–" | "—");
        let places: Vec<usize> = (0..self.len()).filter(is_dash).collect();
        match places[..] {
            [first, second]
                if first > 0
                    && self.words(first..second) <= LONGEST_ASIDE
                    && !self.is(second + 1, "and")
                    && !self.is_limited(first) =>
            {
                std::iter::once(first..second + 1).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Between a name and its verb.
    fn appositions(&self) -> Vec<Range<usize>> {
        self.between_commas(is_determiner, |range| {
            self.words(range.clone()) <= LONGEST_APPOSITION && !self.has_verb(range)
        })
    }

    fn relatives(&self) -> Vec<Range<usize>> {
        self.between_commas(is_relative, |range| self.words(range.clone()) <= LONGEST_CLAUSE && self.has_verb(range))
    }

    /// From a comma behind a name through the next comma, where the first word is such, the inside is such, and a
    /// finite verb follows whose subject the name must be: none stands before.
    fn between_commas(&self, opens: impl Fn(&str) -> bool, inside: impl Fn(Range<usize>) -> bool) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for start in (1..self.len()).filter(|&index| self.is(index, ",") && opens(self.word(index + 1))) {
            let Some(end) = self.comma(start + 1) else { continue };
            let verb_follows = is_verb(self.word(end + 1));
            // "Luckily, the baby, …"
            let opening = start == 1 && self.word(0).ends_with("ly");
            let subject =
                self.is_capital(start - 1) && !self.has_verb(0..start) && self.comma(0) == Some(start) && !opening;
            if subject && verb_follows && inside(start + 1..end) {
                found.push(start..end + 1);
            }
        }
        found
    }

    /// From a comma to the end, where the word behind the comma is such and no further comma may lead back to the
    /// main clause.
    fn last(&self, opens: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
        let end = self.end();
        let starts = (1..end).filter(|&index| self.is(index, ",") && opens(self.word(index + 1)));
        let last = starts.filter(|&start| {
            // "Ann, who ran there, as formed …": the only verb before it is of the clause that this comma closes.
            let opened = (1..start).rev().find(|&index| self.is(index, ","));
            let torn = opened.is_some_and(|open| is_relative(self.word(open + 1)) && !self.has_verb(0..open));
            let returns = (start + 1..end).any(|index| self.is(index, ","));
            !torn
                && !returns
                && !self.says(start + 1..end)
                && self.has_verb(0..start)
                && self.words(start..end) <= LONGEST_CLAUSE
        });
        last.take(1).map(|start| start..end).collect()
    }

    /// ", he said", ", according to police" at the end.
    fn attribution(&self) -> Vec<Range<usize>> {
        let end = self.end();
        if self.texts.iter().any(|text| is_quote(text)) {
            return Vec::new();
        }
        let Some(comma) = (1..end).rev().find(|&index| self.is(index, ",")) else { return Vec::new() };
        let according = self.is(comma + 1, "according") && self.is(comma + 2, "to");
        let said = matches!(self.word(end.saturating_sub(1)), "said" | "says" | "added" | "reported");
        if (according || said) && end - comma <= 8 { std::iter::once(comma..end).collect() } else { Vec::new() }
    }
}
