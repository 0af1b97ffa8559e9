//! Queries to forms, in the one canonical way: derived FROM wherever it gives the same joins, the primary-key side of
//! columns that a key makes equal, instances of a table numbered so that the form is shortest.
//!
//! A select is first written as a draft in which own columns still name sources; `resolve` then chooses instances,
//! the table a `*` points at, JOIN, ON and OUTER. Knows nothing about SQL text.

use super::draft::{Draft, Piece};
use super::joins::JoinGraph;
use super::recogniser::Recogniser;
use super::resolve;
use super::symbol::{Keyword as K, Symbol};
use super::target;
use super::vocabulary::{
    AGGREGATES, ARITHMETIC, COMPARISONS, DATE_PARTS, LIKES, NUMBERS, OUTPUTS, SET_OPERATORS, keyword, keyword_or,
};
use crate::query::{
    Comparison, Condition, Expr, FindValues, Literal, OrderKey, Predicate, Query, Select, Set, Source, Target,
    ValueTarget,
};
use crate::schema::{Schema, TableId};

/// Why a query has no form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Uncovered {
    /// What the language cannot say.
    pub reason: String,
}

pub(super) fn uncovered<T>(reason: impl Into<String>) -> Result<T, Uncovered> {
    Err(Uncovered { reason: reason.into() })
}

/// The canonical form of a query.
///
/// # Errors
/// [`Uncovered`] where the language cannot say it.
pub fn from_query(schema: &Schema, query: &Query, find: &dyn FindValues) -> Result<Vec<Symbol>, Uncovered> {
    from_query_with(schema, &JoinGraph::new(schema), query, find)
}

/// [`from_query`] with a graph made before, for many queries over one schema.
///
/// # Errors
/// As [`from_query`].
pub fn from_query_with(
    schema: &Schema,
    graph: &JoinGraph,
    query: &Query,
    find: &dyn FindValues,
) -> Result<Vec<Symbol>, Uncovered> {
    let mut reader = Reader { schema, graph, find, derived: Vec::new() };
    let mut symbols = Vec::new();
    for piece in reader.query(query, true)? {
        match piece {
            Piece::Symbol(symbol) => symbols.push(symbol),
            _ => return uncovered("a reference out of the outermost select"),
        }
    }
    check(schema, &symbols)?;
    Ok(symbols)
}

/// The recogniser has the last word on what belongs to the language.
fn check(schema: &Schema, symbols: &[Symbol]) -> Result<(), Uncovered> {
    let recogniser = Recogniser::new(schema, usize::from(u16::MAX), usize::MAX);
    let mut state = recogniser.start();
    for (at, &symbol) in symbols.iter().enumerate() {
        let Some(next) = recogniser.advance(&state, symbol) else {
            let name = match symbol {
                Symbol::Keyword(keyword) => keyword.name().to_owned(),
                other => format!("{other:?}"),
            };
            return uncovered(format!("{name} may not stand at {at}"));
        };
        state = next;
    }
    if recogniser.is_complete(&state) { Ok(()) } else { uncovered("not complete") }
}

struct Reader<'a> {
    schema: &'a Schema,
    graph: &'a JoinGraph,
    find: &'a dyn FindValues,
    /// The derived table of each open select, where it has one.
    derived: Vec<Option<&'a Query>>,
}

type Pieces = Vec<Piece>;

impl<'a> Reader<'a> {
    fn query(&mut self, query: &'a Query, top: bool) -> Result<Pieces, Uncovered> {
        let order = if query.rest.is_empty() { &query.order_by[..] } else { &[] };
        let first = tables_of(&query.first);
        let mut pieces = self.select(&query.first, order, top.then_some(&first[..]))?;
        for (operator, select) in &query.rest {
            pieces.push(Piece::from(keyword_or(&SET_OPERATORS, operator, K::Union)));
            pieces.extend(self.select(select, &[], top.then_some(&first[..]))?);
        }
        if !query.rest.is_empty() {
            for key in &query.order_by {
                pieces.extend(output_key(query, key)?);
            }
        }
        self.limit(query.limit, &mut pieces);
        Ok(pieces)
    }

    fn limit(&self, limit: Option<u64>, pieces: &mut Pieces) {
        match limit {
            None => {}
            Some(1) => pieces.push(Piece::from(K::LimitOne)),
            Some(rows) => {
                pieces.push(Piece::from(K::Limit));
                let literal = Literal::Number(rows.to_string());
                match self.span(&literal, &ValueTarget::Limit) {
                    Some(span) => pieces.extend(span),
                    None => pieces.push(Piece::from(match rows {
                        2 => K::Number2,
                        3 => K::Number3,
                        100 => K::Number100,
                        1000 => K::Number1000,
                        _ => K::OtherValue,
                    })),
                }
            }
        }
    }

    /// A select with its sort keys; `first` holds the tables of the outermost first arm where columns may be
    /// exchanged for equal ones.
    fn select(
        &mut self,
        select: &'a Select,
        order: &'a [OrderKey],
        first: Option<&[TableId]>,
    ) -> Result<Pieces, Uncovered> {
        let derived = match &select.from.sources[..] {
            [Source::Query(query)] => Some(query.as_ref()),
            sources if sources.iter().any(|source| matches!(source, Source::Query(_))) => {
                return uncovered("a derived table beside other sources");
            }
            _ => None,
        };
        self.derived.push(derived);
        let draft = self.draft(select, order, derived);
        self.derived.pop();
        let draft = draft?;
        if derived.is_some() {
            return Ok(draft.without_sources());
        }
        resolve::resolve(self.schema, self.graph, &select.from, draft, first)
    }

    fn draft(
        &mut self,
        select: &'a Select,
        order: &'a [OrderKey],
        derived: Option<&'a Query>,
    ) -> Result<Draft, Uncovered> {
        let mut head = Pieces::new();
        if select.distinct {
            head.push(Piece::from(K::Distinct));
        }
        if let Some(query) = derived {
            head.push(Piece::from(K::From));
            self.nested(query, &mut head)?;
        }
        for item in &select.items {
            self.item(item, select, &mut head)?;
        }
        let mut tail = Pieces::new();
        let loose = select.from.joins.iter().any(|join| join.on.is_empty());
        if loose && select.filter.as_ref().is_some_and(|filter| joins_in_part(filter, false)) {
            return uncovered("a join under OR");
        }
        if let Some(condition) = select.filter.as_ref().filter(|filter| !is_tautology(filter)) {
            tail.push(Piece::from(K::Where));
            self.condition(condition, false, &mut tail)?;
        }
        if !select.group_by.is_empty() {
            tail.push(Piece::from(K::Group));
            for key in &select.group_by {
                self.expr(key, &ValueTarget::Number, &mut tail)?;
            }
        }
        if let Some(condition) = &select.having {
            tail.push(Piece::from(K::Having));
            self.condition(condition, false, &mut tail)?;
        }
        for key in order {
            tail.push(Piece::from(if key.descending { K::Descending } else { K::Ascending }));
            self.expr(&key.expr, &ValueTarget::Number, &mut tail)?;
        }
        Ok(Draft { head, tail })
    }

    fn nested(&mut self, query: &'a Query, pieces: &mut Pieces) -> Result<(), Uncovered> {
        pieces.push(Piece::from(K::Open));
        // What is left open in there refers to this select.
        for piece in self.query(query, false)? {
            pieces.push(match piece {
                Piece::Column { depth: 1, source, column } => Piece::Up { source, column },
                other => other,
            });
        }
        pieces.push(Piece::from(K::Close));
        Ok(())
    }

    fn item(&mut self, item: &'a Expr, select: &Select, pieces: &mut Pieces) -> Result<(), Uncovered> {
        match item {
            Expr::Star(None) => {
                let one = select.from.sources.len() == 1 && matches!(select.from.sources[0], Source::Table(_));
                pieces.push(if one { Piece::TableOf(0) } else { Piece::from(K::Star) });
            }
            Expr::Star(Some(source)) => pieces.push(Piece::TableOf(*source)),
            // Below EXISTS a constant says as much as `*`.
            Expr::Literal(_) => pieces.push(if self.derived_here() { Piece::from(K::Star) } else { Piece::Star }),
            other => self.expr(other, &ValueTarget::Number, pieces)?,
        }
        Ok(())
    }

    fn derived_here(&self) -> bool {
        self.derived.last().is_some_and(Option::is_some)
    }

    fn expr(&mut self, expr: &'a Expr, target: &ValueTarget, pieces: &mut Pieces) -> Result<(), Uncovered> {
        match expr {
            Expr::Column(column) => match column.target {
                Target::Column(id) => {
                    pieces.push(Piece::Column { depth: column.depth, source: column.source, column: id });
                }
                Target::Output(output) if column.depth == 0 => pieces.push(Piece::from(out(output)?)),
                Target::Output(_) => return uncovered("an output of a derived table from inside a nested query"),
            },
            Expr::Star(_) => pieces.push(if self.derived_here() { Piece::from(K::Star) } else { Piece::Star }),
            Expr::Aggregate { function, distinct, argument } => {
                pieces.push(Piece::from(keyword_or(&AGGREGATES, function, K::Count)));
                if *distinct {
                    pieces.push(Piece::from(K::Distinct));
                }
                self.expr(argument, &ValueTarget::Number, pieces)?;
            }
            Expr::Arithmetic { operator, left, right } => {
                pieces.push(Piece::from(keyword_or(&ARITHMETIC, operator, K::Add)));
                self.expr(left, &ValueTarget::Number, pieces)?;
                self.expr(right, &ValueTarget::Number, pieces)?;
            }
            Expr::DatePart { part, argument } => {
                pieces.push(Piece::from(keyword_or(&DATE_PARTS, part, K::Year)));
                self.expr(argument, &ValueTarget::Number, pieces)?;
            }
            Expr::Literal(literal) => self.literal(literal, target, pieces),
            Expr::Query(query) => self.nested(query, pieces)?,
        }
        Ok(())
    }

    fn literal(&self, literal: &Literal, target: &ValueTarget, pieces: &mut Pieces) {
        if let Some(span) = self.span(literal, target) {
            return pieces.extend(span);
        }
        let constant = match literal {
            Literal::Number(text) => keyword(&NUMBERS, &text.as_str()),
            Literal::Text(_) => None,
        };
        pieces.push(Piece::from(constant.unwrap_or(K::OtherValue)));
    }

    fn span(&self, literal: &Literal, target: &ValueTarget) -> Option<[Piece; 2]> {
        let (start, end) = self.find.find(literal, target)?;
        let short = start <= end && end - start < usize::from(super::state::MAX_VALUE_WORDS);
        let word = |at: usize| u16::try_from(at).ok().map(|at| Piece::Symbol(Symbol::Word(at)));
        if short { Some([word(start)?, word(end)?]) } else { None }
    }

    fn condition(&mut self, condition: &'a Condition, inside: bool, pieces: &mut Pieces) -> Result<(), Uncovered> {
        let (parts, keyword) = match condition {
            Condition::Test(predicate) => return self.predicate(predicate, pieces),
            Condition::All(parts) => (parts, K::And),
            Condition::Any(parts) => (parts, K::Or),
        };
        let parts: Vec<&Condition> = parts.iter().filter(|part| keyword == K::Or || !is_tautology(part)).collect();
        if let [part] = parts[..] {
            return self.condition(part, inside, pieces);
        }
        let brackets = inside && keyword == K::Or;
        if brackets {
            pieces.push(Piece::from(K::Open));
        }
        for (place, part) in parts.into_iter().enumerate() {
            if place > 0 {
                pieces.push(Piece::from(keyword));
            }
            self.condition(part, keyword == K::And, pieces)?;
        }
        if brackets {
            pieces.push(Piece::from(K::Close));
        }
        Ok(())
    }

    fn predicate(&mut self, predicate: &'a Predicate, pieces: &mut Pieces) -> Result<(), Uncovered> {
        let not = |negated: bool, yes: K, no: K| Piece::from(if negated { no } else { yes });
        match predicate {
            Predicate::Compare { left, operator, right } => {
                let turn = matches!(left, Expr::Literal(_) | Expr::Query(_))
                    && !matches!(right, Expr::Literal(_) | Expr::Query(_));
                let (left, operator, right) =
                    if turn { (right, turned(*operator), left) } else { (left, *operator, right) };
                let target = self.left(left, pieces)?;
                pieces.push(Piece::from(keyword_or(&COMPARISONS, &operator, K::Equal)));
                self.expr(right, &target, pieces)?;
            }
            Predicate::Between { expr, negated, low, high } => {
                let target = self.left(expr, pieces)?;
                pieces.push(not(*negated, K::Between, K::NotBetween));
                self.expr(low, &target, pieces)?;
                self.expr(high, &target, pieces)?;
            }
            Predicate::Like { expr, negated, pattern } => {
                let target = self.left(expr, pieces)?;
                self.like(&target, *negated, pattern, pieces)?;
            }
            Predicate::In { expr, negated, set } => {
                let target = self.left(expr, pieces)?;
                pieces.push(not(*negated, K::In, K::NotIn));
                match set {
                    Set::List(literals) => literals.iter().for_each(|each| self.literal(each, &target, pieces)),
                    Set::Query(query) => self.nested(query, pieces)?,
                }
            }
            Predicate::IsNull { expr, negated } => {
                self.left(expr, pieces)?;
                pieces.push(not(*negated, K::IsNull, K::NotNull));
            }
            Predicate::Exists { negated, query } => {
                pieces.push(not(*negated, K::Exists, K::NotExists));
                self.nested(query, pieces)?;
            }
        }
        Ok(())
    }

    fn left(&mut self, expr: &'a Expr, pieces: &mut Pieces) -> Result<ValueTarget, Uncovered> {
        self.expr(expr, &ValueTarget::Number, pieces)?;
        Ok(target::of(expr, self.derived.last().copied().flatten()))
    }

    fn like(&self, target: &ValueTarget, negated: bool, pattern: &str, pieces: &mut Pieces) -> Result<(), Uncovered> {
        let ValueTarget::Column(column) = *target else { return uncovered("LIKE over something else than a column") };
        let text = pattern.trim_matches('%');
        if text.contains('%') {
            return uncovered("a pattern with % inside");
        }
        let shape = (negated, pattern.starts_with('%'), pattern.ends_with('%'));
        pieces.push(Piece::from(keyword_or(&LIKES, &shape, K::LikeContains)));
        let literal = Literal::Text(text.to_owned());
        match self.span(&literal, &ValueTarget::Pattern(column)) {
            Some(span) => pieces.extend(span),
            None => pieces.push(Piece::from(K::OtherValue)),
        }
        Ok(())
    }
}

/// `x = x`, which gold queries write by mistake for a join.
fn is_tautology(condition: &Condition) -> bool {
    match condition {
        Condition::Test(Predicate::Compare { left: Expr::Column(left), operator: Comparison::Equal, right }) => {
            *right == Expr::Column(*left)
        }
        _ => false,
    }
}

/// Whether columns of two sources are compared where that need not hold: a join that cannot be derived.
fn joins_in_part(condition: &Condition, part: bool) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().any(|each| joins_in_part(each, part)),
        Condition::Any(parts) => parts.iter().any(|each| joins_in_part(each, true)),
        Condition::Test(Predicate::Compare { left: Expr::Column(left), right: Expr::Column(right), .. }) => {
            part && left.source != right.source
        }
        Condition::Test(_) => false,
    }
}

fn tables_of(select: &Select) -> Vec<TableId> {
    let table = |source: &Source| match source {
        Source::Table(table) => Some(*table),
        Source::Query(_) => None,
    };
    select.from.sources.iter().filter_map(table).collect()
}

/// A sort key of a compound: an output of its first arm.
fn output_key(query: &Query, key: &OrderKey) -> Result<[Piece; 2], Uncovered> {
    let place = query.first.items.iter().position(|item| *item == key.expr);
    let Some(place) = place else { return uncovered("a compound sorted by something else than an output") };
    Ok([Piece::from(if key.descending { K::Descending } else { K::Ascending }), Piece::from(out(place)?)])
}

fn out(output: usize) -> Result<K, Uncovered> {
    keyword(&OUTPUTS, &output).map_or_else(|| uncovered("an output beyond the fourth"), Ok)
}

/// The comparison with its sides exchanged.
fn turned(operator: Comparison) -> Comparison {
    match operator {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}
