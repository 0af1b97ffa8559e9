//! Strict judgement, beside the official one and never mixed with it.

mod results;

use crate::tables::Tables;

pub(crate) use results::{outermost_orders, same_results};

/// Whether two queries mean the same (stub until the reading is there).
pub fn same_meaning(gold: &str, predicted: &str, _tables: &Tables) -> bool {
    gold == predicted
}
