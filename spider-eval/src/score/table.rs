//! Scores as a table for people, laid out as the official script prints them, the strict rows below.

use std::fmt::Write as _;

use super::totals::{Level, Partial, Share, Totals};
use super::{Example, METRIC_VERSION};
use crate::exact::Clause;

/// The width of the first column, in letters.
const NAME_WIDTH: usize = 21;

/// The whole table.
pub fn render(examples: &[Example]) -> String {
    let totals: Vec<Totals> = Level::PRINTED.iter().map(|level| Totals::of(examples, *level)).collect();
    let mut out = String::new();
    row(&mut out, "", totals.iter().map(|one| one.level.name().to_owned()));
    row(&mut out, "count", totals.iter().map(|one| one.count.to_string()));
    let share = |share: Option<Share>| share.map_or("-".to_owned(), |share| format!("{:.3}", share.value()));
    if totals.iter().any(|one| one.exec.is_some()) {
        row(&mut out, "execution", totals.iter().map(|one| share(one.exec)));
    }
    row(&mut out, "exact match", totals.iter().map(|one| share(Some(one.exact))));
    partials(&mut out, &totals, "accuracy", |partial| partial.accuracy);
    partials(&mut out, &totals, "recall", |partial| partial.recall);
    partials(&mut out, &totals, "F1", |partial| partial.f1);
    let _ = writeln!(out, "\nstrict (never mixed with the official scores)");
    row(&mut out, "same meaning", totals.iter().map(|one| share(Some(one.strict))));
    if totals.iter().any(|one| one.strict_exec.is_some()) {
        row(&mut out, "same results", totals.iter().map(|one| share(one.strict_exec)));
    }
    if totals.iter().any(|one| one.runs.is_some()) {
        let ran =
            |share: Option<Share>| share.map_or("-".to_owned(), |share| format!("{}/{}", share.right, share.count));
        row(&mut out, "ran on its database", totals.iter().map(|one| ran(one.runs)));
    }
    let _ = writeln!(out, "\nmetric version {METRIC_VERSION}");
    out
}

fn partials(out: &mut String, totals: &[Totals], name: &str, of: fn(&Partial) -> f64) {
    let _ = writeln!(out, "\npartial matching, {name}");
    for (clause, place) in Clause::ALL.iter().zip(0..) {
        let value = |one: &Totals| one.partial.get::<usize>(place).map_or(0.0, of);
        row(out, clause.name(), totals.iter().map(|one| format!("{:.3}", value(one))));
    }
}

fn row(out: &mut String, name: &str, cells: impl Iterator<Item = String>) {
    let _ = write!(out, "{name:<NAME_WIDTH$}");
    let cells: String = cells.map(|cell| format!("{cell:<10}")).collect();
    let _ = writeln!(out, "{}", cells.trim_end());
}
