//! What a finished query shows about itself, as numbers: how far it says what the question says, and no more.
//!
//! Knows the question's meetings with the schema, the form and the query; nothing about networks or weights.

use crate::form::{Keyword, Symbol};
use crate::link::{Link, LinkKind, LinkTarget, NodeKind, Prompt};
use crate::query::{Comparison, Condition, Expr, Literal, Predicate, Query, Select, Set, Source, Target};
use crate::schema::{ColumnId, Schema, TableId};
use std::collections::HashSet;
use std::ops::RangeInclusive;

/// The names of the numbers, in their order; they are written into `ranking.json`.
pub const EVIDENCE_NAMES: [&str; EVIDENCE] = [
    "log_probability",
    "symbols",
    "items",
    "repeated_items",
    "repeated_tests",
    "overlapping_values",
    "other_values",
    "sources",
    "unnamed_sources",
    "cross_joins",
    "nested_queries",
    "set_operations",
    "used_columns",
    "passed_columns",
    "used_tables",
    "passed_tables",
    "values_in_cells",
    "values_not_in_cells",
    "missed_names",
    "missed_cells",
    "missed_numbers",
];

/// How many numbers there are.
pub const EVIDENCE: usize = 21;

/// Keeps the logarithm of a probability finite.
const SMALLEST: f64 = 1e-4;

/// What the numbers of all queries of one question are read from.
pub(super) struct Evidence<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The question beside it.
    pub prompt: &'a Prompt,
    /// For each node of the prompt how likely the answer uses it; empty where the network does not say.
    pub used: &'a [f32],
    /// Whether the schema's cell samples may be looked at.
    pub use_values: bool,
}

impl Evidence<'_> {
    /// The numbers of one query, in the order of [`EVIDENCE_NAMES`].
    pub(super) fn of(&self, symbols: &[Symbol], query: &Query, log_probability: f64) -> [f64; EVIDENCE] {
        let named = Named::new(symbols, self.schema);
        let spans = spans(symbols);
        let mut tree = Tree { evidence: self, counts: Counts::default() };
        tree.query(query);
        let counts = tree.counts;
        let (used_columns, passed_columns) = self.usage(|kind| match kind {
            NodeKind::Column(column) => Some(named.columns.contains(&column)),
            _ => None,
        });
        let (used_tables, passed_tables) = self.usage(|kind| match kind {
            NodeKind::Table(table) => Some(counts.tables.contains(&table)),
            _ => None,
        });
        let other = symbols.iter().filter(|symbol| **symbol == Symbol::Keyword(Keyword::OtherValue));
        let unnamed = counts.tables.iter().filter(|table| !named.tables.contains(table));
        [
            log_probability,
            number(symbols.len()),
            number(counts.items),
            number(counts.repeated_items),
            number(counts.repeated_tests),
            number(overlaps(&spans)),
            number(other.count()),
            number(counts.sources),
            number(unnamed.count()),
            number(counts.cross_joins),
            number(counts.nested),
            number(counts.set_operations),
            used_columns,
            passed_columns,
            used_tables,
            passed_tables,
            number(counts.values_in_cells),
            number(counts.values_not_in_cells),
            number(self.missed_names(&named, &counts.tables)),
            number(self.missed_cells(&spans)),
            number(self.missed_numbers(&spans)),
        ]
    }

    /// Log-probabilities by the network's guess of what the answer uses: of the nodes that the query has, of those it
    /// has not.
    fn usage(&self, has: impl Fn(NodeKind) -> Option<bool>) -> (f64, f64) {
        let mut sums = (0.0, 0.0);
        for (node, &used) in self.prompt.nodes.iter().zip(self.used) {
            match has(node.kind) {
                Some(true) => sums.0 += f64::from(used).max(SMALLEST).ln(),
                Some(false) => sums.1 += (1.0 - f64::from(used)).max(SMALLEST).ln(),
                None => {}
            }
        }
        sums
    }

    /// Runs of words that are whole names of columns or tables, none of which the query has.
    fn missed_names(&self, named: &Named, tables: &HashSet<TableId>) -> usize {
        let is_met = |link: &Link| match link.target {
            LinkTarget::Column(column) => named.columns.contains(&column),
            LinkTarget::Table(table) => tables.contains(&table),
        };
        self.missed(|link| link.kind == LinkKind::Exact, is_met)
    }

    /// Runs of words that are cells of some column, none of which is a value of the query.
    fn missed_cells(&self, spans: &[RangeInclusive<usize>]) -> usize {
        let is_cell = |link: &Link| matches!(link.kind, LinkKind::Cell | LinkKind::CellStem);
        self.missed(is_cell, |link| link.words.clone().any(|word| spans.iter().any(|span| span.contains(&word))))
    }

    fn missed(&self, wanted: impl Fn(&Link) -> bool, is_met: impl Fn(&Link) -> bool) -> usize {
        let links = || self.prompt.links.iter().filter(|link| wanted(link));
        let met: HashSet<usize> = links().filter(|link| is_met(link)).flat_map(|link| link.words.clone()).collect();
        let missed = links().filter(|link| !link.words.clone().any(|word| met.contains(&word)));
        missed.map(|link| (link.words.start, link.words.end)).collect::<HashSet<_>>().len()
    }

    fn missed_numbers(&self, spans: &[RangeInclusive<usize>]) -> usize {
        let is_number = |text: &str| text.starts_with(|letter: char| letter.is_ascii_digit());
        let words = self.prompt.words.iter().enumerate().filter(|(_, word)| is_number(&word.text));
        words.filter(|(place, _)| !spans.iter().any(|span| span.contains(place))).count()
    }
}

/// What a form names.
struct Named {
    columns: HashSet<ColumnId>,
    tables: HashSet<TableId>,
}

impl Named {
    fn new(symbols: &[Symbol], schema: &Schema) -> Self {
        let column = |symbol: &Symbol| if let Symbol::Column(column) = symbol { Some(*column) } else { None };
        let table = |symbol: &Symbol| if let Symbol::Table(table) = symbol { Some(*table) } else { None };
        let columns: HashSet<ColumnId> = symbols.iter().filter_map(column).collect();
        let owners = columns.iter().map(|&column| schema.column(column).table);
        let tables = symbols.iter().filter_map(table).chain(owners).collect();
        Self { columns, tables }
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
    items: usize,
    repeated_items: usize,
    repeated_tests: usize,
    sources: usize,
    cross_joins: usize,
    nested: usize,
    set_operations: usize,
    values_in_cells: usize,
    values_not_in_cells: usize,
    tables: HashSet<TableId>,
}

/// The walk.
struct Tree<'a> {
    evidence: &'a Evidence<'a>,
    counts: Counts,
}

impl Tree<'_> {
    fn query(&mut self, query: &Query) {
        self.counts.set_operations += query.rest.len();
        self.select(&query.first);
        query.rest.iter().for_each(|(_, select)| self.select(select));
        query.order_by.iter().for_each(|key| self.expr(&key.expr));
    }

    fn select(&mut self, select: &Select) {
        self.counts.items += select.items.len();
        self.counts.repeated_items += repeated(&select.items);
        self.counts.sources += select.from.sources.len();
        self.counts.cross_joins += select.from.joins.iter().filter(|join| join.on.is_empty()).count();
        for source in &select.from.sources {
            match source {
                Source::Table(table) => drop(self.counts.tables.insert(*table)),
                Source::Query(query) => self.nested(query),
            }
        }
        select.items.iter().for_each(|item| self.expr(item));
        select.filter.iter().chain(&select.having).for_each(|condition| self.condition(condition));
    }

    fn nested(&mut self, query: &Query) {
        self.counts.nested += 1;
        self.query(query);
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Query(query) => self.nested(query),
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
            Predicate::In { set: Set::Query(query), .. } | Predicate::Exists { query, .. } => self.nested(query),
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
        let is_cell = samples.iter().any(|sample| sample == text);
        self.counts.values_in_cells += usize::from(is_cell);
        self.counts.values_not_in_cells += usize::from(!is_cell);
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
    use crate::link::Word;
    use crate::schema::SchemaBuilder;
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
        let (name, age) = (ColumnId(1), ColumnId(2));
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
            links: vec![
                link(0..1, LinkKind::Exact, name),
                link(1..2, LinkKind::Cell, name),
                link(2..3, LinkKind::Exact, age),
            ],
            notes: Vec::new(),
        };
        let sql = "SELECT name, name FROM animal WHERE name = 'Max' AND name = 'Rex'";
        let options = ParseOptions { dialect: Dialect::Sqlite, lenient: true };
        let query = parse_with(sql, options, &schema).unwrap();
        let evidence = Evidence { schema: &schema, prompt: &prompt, used: &[], use_values: true };
        let numbers = evidence.of(&[Symbol::Column(name)], &query, -0.5);
        let shown = |wanted: &str| numbers[EVIDENCE_NAMES.iter().position(|name| *name == wanted).unwrap()];
        for (name, expected) in [
            ("log_probability", -0.5),
            ("items", 2.0),
            ("repeated_items", 1.0),
            ("repeated_tests", 1.0),
            ("sources", 1.0),
            ("values_in_cells", 1.0),
            ("values_not_in_cells", 1.0),
            ("missed_names", 1.0),
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
