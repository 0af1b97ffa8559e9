//! The official comparison of two prepared queries, clause by clause.
//!
//! Each clause yields two totals and how much is shared; a clause is right when all three agree.

use super::tree::{ColumnUnit, Condition, Item, Operator, Query, Source, ValueUnit};
use crate::tables::{Column, Tables};

/// The clauses that are scored apart, under the names the official script prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the clause it names")]
pub enum Clause {
    Select,
    SelectNoAggregate,
    Where,
    WhereNoOperator,
    GroupNoHaving,
    Group,
    Order,
    AndOr,
    Compound,
    Keywords,
}

impl Clause {
    /// All clauses, in the official order.
    pub const ALL: [Self; 10] = [
        Self::Select,
        Self::SelectNoAggregate,
        Self::Where,
        Self::WhereNoOperator,
        Self::GroupNoHaving,
        Self::Group,
        Self::Order,
        Self::AndOr,
        Self::Compound,
        Self::Keywords,
    ];

    /// The name the official script prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::SelectNoAggregate => "select(no AGG)",
            Self::Where => "where",
            Self::WhereNoOperator => "where(no OP)",
            Self::GroupNoHaving => "group(no Having)",
            Self::Group => "group",
            Self::Order => "order",
            Self::AndOr => "and/or",
            Self::Compound => "IUEN",
            Self::Keywords => "keywords",
        }
    }
}

/// How one clause compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// How many units gold has.
    pub gold: usize,
    /// How many units the prediction has.
    pub predicted: usize,
    /// Whether all are the same.
    pub right: bool,
}

impl Part {
    fn new(gold: usize, predicted: usize, shared: usize) -> Self {
        Self { gold, predicted, right: gold == predicted && shared == predicted }
    }
}

/// The ten parts, in the order of [`Clause::ALL`].
pub type Parts = [Part; 10];

/// Compares two prepared queries clause by clause.
pub(crate) fn parts(gold: &Query<'_>, predicted: &Query<'_>, tables: &Tables) -> Parts {
    let [select, select_bare] = select(gold, predicted);
    let [filter, filter_bare] = filter(gold, predicted);
    [
        select,
        select_bare,
        filter,
        filter_bare,
        group(gold, predicted, tables),
        having(gold, predicted),
        order(gold, predicted),
        and_or(gold, predicted),
        compound(gold, predicted, tables),
        keywords(gold, predicted),
    ]
}

/// Whether the whole prepared queries match.
pub(crate) fn same(parts: &Parts, gold: &Query<'_>, predicted: &Query<'_>) -> bool {
    parts.iter().all(|part| part.right) && (gold.sources.is_empty() || same_sources(&gold.sources, &predicted.sources))
}

/// The entries of FROM in any order.
fn same_sources(gold: &[Source<'_>], predicted: &[Source<'_>]) -> bool {
    gold.len() == predicted.len() && shared(gold.iter().collect(), predicted.iter()) == gold.len()
}

/// How many of `of` are found in `pool`, each entry of which serves once.
fn shared<T: PartialEq>(mut pool: Vec<T>, of: impl Iterator<Item = T>) -> usize {
    let mut count = 0;
    for one in of {
        if let Some(place) = pool.iter().position(|other| *other == one) {
            pool.swap_remove(place);
            count += 1;
        }
    }
    count
}

fn select(gold: &Query<'_>, predicted: &Query<'_>) -> [Part; 2] {
    let totals = (gold.select.len(), predicted.select.len());
    let all = shared(gold.select.iter().collect(), predicted.select.iter());
    let bare = |query: &Query<'_>| -> Vec<ValueUnit> { query.select.iter().map(|(_, unit)| *unit).collect() };
    let bare = shared(bare(gold), bare(predicted).into_iter());
    [Part::new(totals.0, totals.1, all), Part::new(totals.0, totals.1, bare)]
}

fn filter(gold: &Query<'_>, predicted: &Query<'_>) -> [Part; 2] {
    let (gold, predicted): (Vec<_>, Vec<_>) =
        (gold.filter.iter().step_by(2).collect(), predicted.filter.iter().step_by(2).collect());
    let totals = (gold.len(), predicted.len());
    let unit = |item: &&Item<'_>| item.condition().map(|found| found.unit);
    let bare = shared(gold.iter().map(unit).collect(), predicted.iter().map(unit));
    let all = shared(gold, predicted.into_iter());
    [Part::new(totals.0, totals.1, all), Part::new(totals.0, totals.1, bare)]
}

/// Quirk: grouped columns are compared by name alone, whatever their table.
fn group(gold: &Query<'_>, predicted: &Query<'_>, tables: &Tables) -> Part {
    let name = |unit: &ColumnUnit| {
        if unit.column == Column::STAR { "*".to_owned() } else { tables.column_name(unit.column).to_owned() }
    };
    let same = shared(gold.group.iter().map(name).collect(), predicted.group.iter().map(name));
    Part::new(gold.group.len(), predicted.group.len(), same)
}

/// Quirk: here the grouped columns count with their tables and in order.
fn having(gold: &Query<'_>, predicted: &Query<'_>) -> Part {
    let columns = |query: &Query<'_>| query.group.iter().map(|unit| unit.column).collect::<Vec<_>>();
    let both = !gold.group.is_empty() && !predicted.group.is_empty();
    let same = both && columns(gold) == columns(predicted) && gold.having == predicted.having;
    Part::new(usize::from(!gold.group.is_empty()), usize::from(!predicted.group.is_empty()), usize::from(same))
}

fn order(gold: &Query<'_>, predicted: &Query<'_>) -> Part {
    let same = gold.order.is_some() && gold.order == predicted.order && gold.limit == predicted.limit;
    Part::new(usize::from(gold.order.is_some()), usize::from(predicted.order.is_some()), usize::from(same))
}

/// Quirk: where the sets of connectors differ, the two totals change places.
fn and_or(gold: &Query<'_>, predicted: &Query<'_>) -> Part {
    let set = |query: &Query<'_>| {
        let odd = || query.filter.iter().skip(1).step_by(2);
        let other = odd().filter(|item| item.condition().is_some()).count();
        (odd().any(|item| *item == Item::And), odd().any(|item| *item == Item::Or), other)
    };
    let (gold, predicted) = (set(gold), set(predicted));
    let size = |set: (bool, bool, usize)| usize::from(set.0) + usize::from(set.1) + set.2;
    if gold == predicted {
        Part::new(1, 1, 1)
    } else {
        Part { gold: size(predicted), predicted: size(gold), right: false }
    }
}

fn compound(gold: &Query<'_>, predicted: &Query<'_>, tables: &Tables) -> Part {
    let golds = [&gold.intersect, &gold.except, &gold.union];
    let predictions = [&predicted.intersect, &predicted.except, &predicted.union];
    let both = golds.iter().zip(&predictions).filter_map(|(gold, predicted)| gold.as_deref().zip(predicted.as_deref()));
    let same = both.filter(|(gold, predicted)| same(&parts(gold, predicted, tables), gold, predicted)).count();
    Part::new(golds.into_iter().flatten().count(), predictions.into_iter().flatten().count(), same)
}

fn keywords(gold: &Query<'_>, predicted: &Query<'_>) -> Part {
    let (gold, predicted) = (keyword_set(gold), keyword_set(predicted));
    Part::new(gold.count_ones() as usize, predicted.count_ones() as usize, (gold & predicted).count_ones() as usize)
}

/// The keywords of a query as bits.
fn keyword_set(query: &Query<'_>) -> u16 {
    let has = |test: fn(&Condition<'_>) -> bool| query.condition_places().filter_map(Item::condition).any(test);
    let descending = query.order.as_ref().map(|(descending, _)| *descending);
    let present = [
        !query.filter.is_empty(),
        !query.group.is_empty(),
        !query.having.is_empty(),
        descending == Some(true),
        descending == Some(false),
        query.limit,
        query.except.is_some(),
        query.union.is_some(),
        query.intersect.is_some(),
        query.connector_places().any(|item| *item == Item::Or),
        has(|found| found.negated),
        has(|found| found.operator == Operator::In),
        has(|found| found.operator == Operator::Like),
        query.order.is_some(),
    ];
    present.iter().fold(0, |set, there| set << 1 | u16::from(*there))
}
