//! Strict comparison of results: rows as a bag, in order only where the outermost gold query orders, columns by position.

use std::collections::HashMap;

use crate::exec::{Rows, Value};

/// Compares two results strictly: widths, values and how often each row comes; `1` and `1.0` are the same value.
pub(crate) fn same_results(gold: &Rows, predicted: &Rows, ordered: bool) -> bool {
    if gold.width != predicted.width || gold.count != predicted.count {
        return false;
    }
    if gold.cells.iter().map(Value::key).eq(predicted.cells.iter().map(Value::key)) {
        return true;
    }
    if ordered {
        return false;
    }
    let mut balance: HashMap<Vec<_>, i64> = HashMap::with_capacity(gold.count);
    for row in gold.iter() {
        *balance.entry(row.iter().map(Value::key).collect()).or_default() += 1;
    }
    predicted.iter().all(|row| {
        let left = balance.get_mut(&row.iter().map(Value::key).collect::<Vec<_>>());
        left.is_some_and(|count| {
            *count -= 1;
            *count >= 0
        })
    })
}

/// Whether ORDER BY stands outside all brackets and quotes.
pub(crate) fn outermost_orders(sql: &str) -> bool {
    let (mut depth, mut quote, mut bare) = (0usize, None, String::with_capacity(sql.len()));
    for letter in sql.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 => bare.push(letter.to_ascii_lowercase()),
            (None, _) => {}
        }
    }
    let words: Vec<&str> = bare.split_whitespace().collect();
    words.windows(2).any(|pair| matches!(pair, ["order", "by"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_outermost_order_counts() {
        assert!(outermost_orders("SELECT a FROM t  ORDER  BY b"));
        assert!(!outermost_orders("SELECT a FROM t WHERE b IN (SELECT c FROM u ORDER BY d)"));
        assert!(!outermost_orders("SELECT a FROM t WHERE b = 'order by'"));
    }
}
