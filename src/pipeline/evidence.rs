//! What a finished query shows about itself, as numbers: how far it says what the question says, and no more.
//!
//! Knows the question's meetings with the schema, the form and the query; nothing about networks or weights.

use crate::form::{Keyword, Symbol};
use crate::link::{Link, LinkKind, Prompt};
use crate::query::{Comparison, Condition, Expr, Literal, Predicate, Query, Select, Set, Source, Target};
use crate::schema::Schema;
use std::collections::HashSet;
use std::ops::RangeInclusive;

/// The names of the numbers, in their order; they are written into `ranking.json`.
pub const EVIDENCE_NAMES: [&str; EVIDENCE] = [
    "log_probability",
    "repeated_items",
    "repeated_tests",
    "overlapping_values",
    "other_values",
    "values_not_in_cells",
    "cross_joins",
    "missed_cells",
    "missed_numbers",
];

/// How many numbers there are.
pub const EVIDENCE: usize = 9;

/// What the numbers of all queries of one question are read from.
pub(super) struct Evidence<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The question beside it.
    pub prompt: &'a Prompt,
    /// Whether the schema's cell samples may be looked at.
    pub use_values: bool,
}

impl Evidence<'_> {
    /// The numbers of one query, in the order of [`EVIDENCE_NAMES`].
    pub(super) fn of(&self, symbols: &[Symbol], query: &Query, log_probability: f64) -> [f64; EVIDENCE] {
        let spans = spans(symbols);
        let mut tree = Tree { evidence: self, counts: Counts::default() };
        tree.query(query);
        let counts = tree.counts;
        let other = symbols.iter().filter(|symbol| **symbol == Symbol::Keyword(Keyword::OtherValue));
        [
            log_probability,
            number(counts.repeated_items),
            number(counts.repeated_tests),
            number(overlaps(&spans)),
            number(other.count()),
            number(counts.values_not_in_cells),
            number(counts.cross_joins),
            number(self.missed_cells(&spans)),
            number(self.missed_numbers(&spans)),
        ]
    }

    /// Runs of words that are cells of some column, and no part of a value of the query.
    fn missed_cells(&self, spans: &[RangeInclusive<usize>]) -> usize {
        let is_met = |link: &Link| link.words.clone().any(|word| spans.iter().any(|span| span.contains(&word)));
        let is_cell = |link: &&Link| matches!(link.kind, LinkKind::Cell | LinkKind::CellStem);
        let cells = || self.prompt.links.iter().filter(is_cell);
        let met: HashSet<usize> = cells().filter(|link| is_met(link)).flat_map(|link| link.words.clone()).collect();
        let missed = cells().filter(|link| !link.words.clone().any(|word| met.contains(&word)));
        missed.map(|link| (link.words.start, link.words.end)).collect::<HashSet<_>>().len()
    }

    fn missed_numbers(&self, spans: &[RangeInclusive<usize>]) -> usize {
        let is_number = |text: &str| text.starts_with(|letter: char| letter.is_ascii_digit());
        let words = self.prompt.words.iter().enumerate().filter(|(_, word)| is_number(&word.text));
        words.filter(|(place, _)| !spans.iter().any(|span| span.contains(place))).count()
    }
}

/// The runs of question words that a form has as values.
fn spans(symbols: &[Symbol]) -> Vec<RangeInclusive<usize>> {
    let words: Vec<usize> = symbols
        .iter()
        .filter_map(|symbol| if let Symbol::Word(word) = symbol { Some(usize::from(*word)) } else { None })
        .collect();
    words.chunks_exact(2).map(|pair| pair[0]..=pair[1]).collect()
}

/// Pairs of runs with a word in common.
fn overlaps(spans: &[RangeInclusive<usize>]) -> usize {
    let meet = |a: &RangeInclusive<usize>, b: &RangeInclusive<usize>| a.start() <= b.end() && b.start() <= a.end();
    spans.iter().enumerate().map(|(at, one)| spans[at + 1..].iter().filter(|other| meet(one, other)).count()).sum()
}

/// What a walk through a query counts.
#[derive(Default)]
struct Counts {
    repeated_items: usize,
    repeated_tests: usize,
    values_not_in_cells: usize,
    cross_joins: usize,
}

/// The walk.
struct Tree<'a> {
    evidence: &'a Evidence<'a>,
    counts: Counts,
}

impl Tree<'_> {
    fn query(&mut self, query: &Query) {
        self.select(&query.first);
        query.rest.iter().for_each(|(_, select)| self.select(select));
        query.order_by.iter().for_each(|key| self.expr(&key.expr));
    }

    fn select(&mut self, select: &Select) {
        self.counts.repeated_items += repeated(&select.items);
        self.counts.cross_joins += select.from.joins.iter().filter(|join| join.on.is_empty()).count();
        for source in &select.from.sources {
            if let Source::Query(query) = source {
                self.query(query);
            }
        }
        select.items.iter().for_each(|item| self.expr(item));
        select.filter.iter().chain(&select.having).for_each(|condition| self.condition(condition));
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Query(query) => self.query(query),
            Expr::Aggregate { argument, .. } | Expr::DatePart { argument, .. } => self.expr(argument),
            Expr::Arithmetic { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            Expr::Column(_) | Expr::Star(_) | Expr::Literal(_) => {}
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::All(parts) => {
                let equal = parts.iter().filter_map(equated).collect::<Vec<_>>();
                self.counts.repeated_tests += repeated(&equal);
                parts.iter().for_each(|part| self.condition(part));
            }
            Condition::Any(parts) => {
                self.counts.repeated_tests += repeated(parts);
                parts.iter().for_each(|part| self.condition(part));
            }
            Condition::Test(predicate) => self.predicate(predicate),
        }
    }

    fn predicate(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::Compare { left, operator, right } => {
                if let (Comparison::Equal | Comparison::NotEqual, Expr::Literal(literal)) = (operator, right) {
                    self.value(left, literal);
                }
                self.expr(left);
                self.expr(right);
            }
            Predicate::In { expr, set: Set::List(literals), .. } => {
                literals.iter().for_each(|literal| self.value(expr, literal));
            }
            Predicate::In { set: Set::Query(query), .. } | Predicate::Exists { query, .. } => self.query(query),
            Predicate::Between { .. } | Predicate::Like { .. } | Predicate::IsNull { .. } => {}
        }
    }

    /// Whether a column has a cell of this text; says nothing without samples.
    fn value(&mut self, left: &Expr, literal: &Literal) {
        let (Expr::Column(column), Literal::Text(text)) = (left, literal) else { return };
        let Target::Column(column) = column.target else { return };
        let samples = &self.evidence.schema.column(column).samples;
        if samples.is_empty() || !self.evidence.use_values {
            return;
        }
        self.counts.values_not_in_cells += usize::from(!samples.iter().any(|sample| sample == text));
    }
}

/// What an equality tests.
fn equated(condition: &Condition) -> Option<&Expr> {
    match condition {
        Condition::Test(Predicate::Compare { left, operator: Comparison::Equal, .. }) => Some(left),
        _ => None,
    }
}

/// How many stand a second time.
fn repeated<T: PartialEq>(parts: &[T]) -> usize {
    parts.iter().enumerate().filter(|(at, part)| parts[..*at].contains(part)).count()
}

#[expect(clippy::cast_precision_loss, reason = "counts in one query are small")]
fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::link::{LinkTarget, Word};
    use crate::schema::{ColumnId, SchemaBuilder};
    use crate::sql::{Dialect, ParseOptions, parse_with};

    #[test]
    fn a_query_shows_what_it_repeats_misses_and_invents() {
        let mut builder = SchemaBuilder::new("zoo");
        builder
            .table("animal")
            .column("id", "INTEGER")
            .column("name", "TEXT")
            .samples(&["Rex"])
            .column("age", "INTEGER");
        let schema = builder.build().unwrap();
        let name = ColumnId(1);
        let words = ["name", "Rex", "age", "7"].map(|text| Word { text: text.to_owned(), start: 0, end: 0 });
        let link = |words, kind, column| Link { words, kind, target: LinkTarget::Column(column) };
        let prompt = Prompt {
            words: words.to_vec(),
            piece_ids: Vec::new(),
            type_ids: Vec::new(),
            starts: Vec::new(),
            nodes: Vec::new(),
            features: Vec::new(),
            relations: Vec::new(),
            links: vec![link(0..1, LinkKind::Exact, name), link(1..2, LinkKind::Cell, name)],
            notes: Vec::new(),
        };
        let sql = "SELECT name, name FROM animal WHERE name = 'Max' AND name = 'Rex'";
        let options = ParseOptions { dialect: Dialect::Sqlite, lenient: true };
        let query = parse_with(sql, options, &schema).unwrap();
        let evidence = Evidence { schema: &schema, prompt: &prompt, use_values: true };
        let numbers = evidence.of(&[Symbol::Column(name)], &query, -0.5);
        let shown = |wanted: &str| numbers[EVIDENCE_NAMES.iter().position(|name| *name == wanted).unwrap()];
        for (name, expected) in [
            ("log_probability", -0.5),
            ("repeated_items", 1.0),
            ("repeated_tests", 1.0),
            ("values_not_in_cells", 1.0),
            ("cross_joins", 0.0),
            ("missed_cells", 1.0),
            ("missed_numbers", 1.0),
        ] {
            assert!((shown(name) - expected).abs() < 1e-12, "{name}: {}", shown(name));
        }
    }

    #[test]
    fn runs_of_words_are_read_in_pairs_and_may_overlap() {
        let symbols: Vec<Symbol> = [1, 3, 3, 4, 7, 7].into_iter().map(Symbol::Word).collect();
        assert_eq!(spans(&symbols), vec![1..=3, 3..=4, 7..=7]);
        assert_eq!(overlaps(&spans(&symbols)), 1);
    }

    #[test]
    fn what_stands_twice_is_counted_once_less() {
        assert_eq!(repeated(&[1, 2, 1, 1]), 2);
        assert_eq!(repeated::<u8>(&[]), 0);
    }
}
