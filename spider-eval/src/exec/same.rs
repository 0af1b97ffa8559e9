//! Whether two results are the same by the rules of the test-suite script: up to the order of columns, and of rows where
//! the gold query does not order.

use std::collections::HashMap;

use super::rows::{Key, Rows};

/// How many partial assignments of columns are tried before the results are called different.
const SEARCH_LIMIT: usize = 10_000;

/// Compares two results.
///
/// Quirks: two empty results are the same whatever their widths; and a row whose cells sort differently in the two results
/// once they are spelt out (`1` against `1.0`) is different although the values are equal.
pub(crate) fn same(gold: &Rows, predicted: &Rows, ordered: bool) -> bool {
    if gold.count == 0 && predicted.count == 0 {
        return true;
    }
    if gold.count != predicted.count || gold.width != predicted.width {
        return false;
    }
    let twins = gold.cells.iter().chain(&predicted.cells).any(super::rows::Value::has_twin);
    if twins && quickly_rejected(gold, predicted, ordered) {
        return false;
    }
    let mut numbering = Numbering::default();
    let (gold, predicted) = (numbering.columns(gold), numbering.columns(predicted));
    if ordered { same_columns(gold, predicted) } else { Search::new(&gold, &predicted).run() }
}

/// The official first look: rows with their cells sorted by spelling, in order or as sets.
fn quickly_rejected(gold: &Rows, predicted: &Rows, ordered: bool) -> bool {
    let (mut gold, mut predicted) = (sorted_rows(gold), sorted_rows(predicted));
    if !ordered {
        for rows in [&mut gold, &mut predicted] {
            rows.sort();
            rows.dedup();
        }
    }
    gold != predicted
}

fn sorted_rows(rows: &Rows) -> Vec<Vec<Key<'_>>> {
    let sorted = |row: &[super::rows::Value]| -> Vec<usize> {
        let mut places: Vec<usize> = (0..row.len()).collect();
        places.sort_by_cached_key(|&place| row.get(place).map(super::rows::Value::python_spelling));
        places
    };
    rows.iter()
        .map(|row| sorted(row).into_iter().filter_map(|place| row.get(place)).map(super::rows::Value::key).collect())
        .collect()
}

/// A result as columns of small numbers, one number for each distinct value of both results.
type Columns = Vec<Vec<u32>>;

#[derive(Default)]
struct Numbering<'a> {
    numbers: HashMap<Key<'a>, u32>,
}

impl<'a> Numbering<'a> {
    fn columns(&mut self, rows: &'a Rows) -> Columns {
        let mut columns = vec![Vec::with_capacity(rows.count); rows.width];
        for row in rows.iter() {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(self.number(value.key()));
            }
        }
        columns
    }

    fn number(&mut self, key: Key<'a>) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(key).or_insert(next)
    }
}

/// With rows in order, some order of columns fits exactly where the columns are the same as a bag.
fn same_columns(mut gold: Columns, mut predicted: Columns) -> bool {
    gold.sort();
    predicted.sort();
    gold == predicted
}

/// Looks for an order of the predicted columns that makes the bags of rows equal, column by column: the bags of the rows'
/// beginnings must be equal at every step.
struct Search<'a> {
    gold: &'a Columns,
    predicted: &'a Columns,
    /// For each gold column the predicted columns with the same bag of values.
    candidates: Vec<Vec<usize>>,
    tried: usize,
}

impl<'a> Search<'a> {
    fn new(gold: &'a Columns, predicted: &'a Columns) -> Self {
        let bag = |column: &Vec<u32>| {
            let mut bag = column.clone();
            bag.sort_unstable();
            bag
        };
        let bags: Vec<Vec<u32>> = predicted.iter().map(bag).collect();
        let fitting = |column: &Vec<u32>| {
            let wanted = bag(column);
            (0..).zip(&bags).filter(|(_, found)| **found == wanted).map(|(place, _)| place).collect()
        };
        let candidates = gold.iter().map(fitting).collect();
        Self { gold, predicted, candidates, tried: 0 }
    }

    fn run(&mut self) -> bool {
        if self.candidates.iter().any(Vec::is_empty) {
            return false;
        }
        let count = self.gold.first().map_or(0, Vec::len);
        self.extend(&mut Vec::new(), &vec![0; count], &vec![0; count])
    }

    /// `gold` and `predicted` number the rows' beginnings over the columns taken so far.
    fn extend(&mut self, taken: &mut Vec<usize>, gold: &[u32], predicted: &[u32]) -> bool {
        let Some(candidates) = self.candidates.get(taken.len()).cloned() else { return true };
        let mut seen: Vec<&Vec<u32>> = Vec::new();
        for place in candidates.into_iter().filter(|place| !taken.contains(place)).collect::<Vec<_>>() {
            let (Some(next), Some(wanted)) = (self.predicted.get(place), self.gold.get(taken.len())) else { continue };
            self.tried += 1;
            if self.tried > SEARCH_LIMIT || seen.contains(&next) {
                continue;
            }
            seen.push(next);
            let Some((gold, predicted)) = refined((gold, wanted), (predicted, next)) else { continue };
            taken.push(place);
            if self.extend(taken, &gold, &predicted) {
                return true;
            }
            taken.pop();
        }
        false
    }
}

/// Numbers for the beginnings one column longer, where their bags are equal on both sides.
fn refined(gold: (&[u32], &[u32]), predicted: (&[u32], &[u32])) -> Option<(Vec<u32>, Vec<u32>)> {
    let mut numbers: HashMap<(u32, u32), u32> = HashMap::new();
    let mut balance: Vec<i64> = Vec::new();
    let mut number = |(before, column): (&[u32], &[u32]), step: i64| -> Vec<u32> {
        before
            .iter()
            .zip(column)
            .map(|(&before, &value)| {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                let number = *numbers.entry((before, value)).or_insert(next);
                if number == next {
                    balance.push(0);
                }
                if let Some(count) = balance.get_mut(number as usize) {
                    *count += step;
                }
                number
            })
            .collect()
    };
    let (gold, predicted) = (number(gold, 1), number(predicted, -1));
    balance.iter().all(|count| *count == 0).then_some((gold, predicted))
}

#[cfg(test)]
mod tests {
    use super::super::rows::Value;
    use super::*;

    fn rows(width: usize, cells: &[i64]) -> Rows {
        let cells: Vec<Value> = cells.iter().map(|&number| Value::Integer(number)).collect();
        Rows { width, count: cells.len() / width, cells }
    }

    #[test]
    fn columns_may_change_places() {
        assert!(same(&rows(2, &[1, 2, 3, 4]), &rows(2, &[4, 3, 2, 1]), false));
        assert!(!same(&rows(2, &[1, 2, 3, 4]), &rows(2, &[4, 3, 2, 1]), true));
        assert!(same(&rows(2, &[1, 2, 3, 4]), &rows(2, &[2, 1, 4, 3]), true));
        assert!(!same(&rows(2, &[1, 2, 2, 1]), &rows(2, &[1, 1, 2, 2]), false));
        assert!(same(&rows(3, &[1, 2, 2, 2, 1, 2]), &rows(3, &[2, 1, 2, 1, 2, 2]), false));
    }

    #[test]
    fn empty_results_are_the_same() {
        assert!(same(&rows(2, &[]), &rows(3, &[]), true));
        assert!(!same(&rows(2, &[]), &rows(1, &[1]), true));
    }

    #[test]
    fn spelling_decides_where_cells_are_sorted() {
        let number = |text: &str, value| Rows { width: 2, count: 1, cells: vec![Value::Text(text.into()), value] };
        assert!(same(&number("x", Value::Integer(1)), &number("x", Value::Real(1.0)), false));
        assert!(!same(&number("1.", Value::Integer(1)), &number("1.", Value::Real(1.0)), false));
    }
}
