//! Longest common subsequences, of two texts and of two lists of sentences.

use std::collections::{BTreeSet, HashMap};

use super::Score;

/// The length of the longest common subsequence.
pub(super) fn length(left: &[String], right: &[String]) -> usize {
    table(left, right).last().and_then(|row| row.last()).copied().unwrap_or(0) as usize
}

/// Row by row for `left`: the longest common subsequence of the beginnings. `[left + 1][right + 1]`
fn table(left: &[String], right: &[String]) -> Vec<Vec<u32>> {
    let mut rows = vec![vec![0; right.len() + 1]];
    for word in left {
        let before = rows.last().cloned().unwrap_or_default();
        let mut row = Vec::with_capacity(right.len() + 1);
        let mut last = 0;
        row.push(0);
        for (other, pair) in right.iter().zip(before.windows(2)) {
            let &[diagonal, above] = pair else { continue };
            last = if word == other { diagonal + 1 } else { above.max(last) };
            row.push(last);
        }
        rows.push(row);
    }
    rows
}

/// ROUGE-Lsum: for each wanted sentence the union of its common subsequences with all given ones, each word counted as
/// often as both texts have it.
pub(super) fn summary(wanted: &[Vec<String>], given: &[Vec<String>]) -> Score {
    let total = |sentences: &[Vec<String>]| sentences.iter().map(Vec::len).sum::<usize>();
    let (mut left, mut right) = (counts(wanted), counts(given));
    let mut hits = 0;
    for sentence in wanted {
        let union: BTreeSet<usize> = given.iter().flat_map(|other| places(sentence, other)).collect();
        for word in union.into_iter().filter_map(|place| sentence.get(place)) {
            let (Some(left), Some(right)) = (left.get_mut(word.as_str()), right.get_mut(word.as_str())) else {
                continue;
            };
            if *left > 0 && *right > 0 {
                *left -= 1;
                *right -= 1;
                hits += 1;
            }
        }
    }
    Score::new(hits, total(wanted), total(given))
}

fn counts(sentences: &[Vec<String>]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for word in sentences.iter().flatten() {
        *counts.entry(word.as_str()).or_default() += 1;
    }
    counts
}

/// The places in `left` of one longest common subsequence: the one that `rouge-score` finds from the end.
fn places(left: &[String], right: &[String]) -> Vec<usize> {
    let table = table(left, right);
    let cell = |row: usize, column: usize| table.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0);
    let (mut row, mut column, mut found) = (left.len(), right.len(), Vec::new());
    while row > 0 && column > 0 {
        if left.get(row - 1) == right.get(column - 1) {
            found.push(row - 1);
            row -= 1;
            column -= 1;
        } else if cell(row, column - 1) > cell(row - 1, column) {
            column -= 1;
        } else {
            row -= 1;
        }
    }
    found
}
