//! The last judge of a text: one read-only statement that parses in its dialect, resolves, and keeps the rules.
//!
//! A judge that says no too often is safe; one that says yes too often is not. So what a
//! [`Query`](crate::query::Query) cannot hold is refused, functions off the list included, and so are comments. Only
//! CASE, CAST, COALESCE, a few functions of one value and ranks over a window are judged by their parts.

use super::Dialect;
use super::parse::{has_comment, judge, tokens};
use crate::schema::Schema;

/// Whether a text may be handed out or run.
///
/// # Errors
/// All findings, each a sentence.
pub fn check(text: &str, dialect: Dialect, schema: &Schema) -> Result<(), Vec<String>> {
    let tokens = tokens(text, dialect).map_err(|error| vec![error.to_string()])?;
    if has_comment(&tokens) {
        return Err(vec!["not read-only: a comment, which may hide a statement from one of the readers".to_owned()]);
    }
    judge(tokens, dialect, schema).map_err(|findings| findings.iter().map(ToString::to_string).collect())
}
