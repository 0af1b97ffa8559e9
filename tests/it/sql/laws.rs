//! For every valid query and each dialect: the text reads back as the query, passes the check, and SQLite prepares it.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::random::Random;
use super::{database, odd_schema};
use argiope::query::{Expr, Query, Source};
use argiope::sql::{self, Dialect};

/// Cases by default; `ARGIOPE_LAW_CASES` asks for more.
const CASES: u32 = 400;

#[test]
fn random_queries_keep_the_laws() {
    let schema = odd_schema();
    let database = database(&schema);
    let cases = std::env::var("ARGIOPE_LAW_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let strategy = proptest::collection::vec(any::<u32>(), 0..250);
    TestRunner::new(config)
        .run(&strategy, |choices| {
            let query = Random::new(&choices, &schema).query(2, None);
            let found = sql::violations(&query, &schema);
            if !found.is_empty() {
                return Err(TestCaseError::reject("the random query breaks a rule"));
            }
            for dialect in Dialect::ALL {
                let text = sql::render(&query, &schema, dialect);
                sql::check(&text, dialect, &schema)
                    .map_err(|found| TestCaseError::fail(format!("{dialect:?} {found:?}: {text}")))?;
                let again = sql::parse(&text, dialect, &schema).map_err(|e| TestCaseError::fail(e.to_string()))?;
                let text_again = sql::render(&again, &schema, dialect);
                prop_assert_eq!(&text, &text_again);
                if !writes_out_a_star(&query) {
                    prop_assert!(again == query, "{dialect:?} {text}\n{query:?}\n{again:?}");
                }
            }
            let text = sql::render(&query, &schema, Dialect::Sqlite);
            database.prepare(&text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
            Ok(())
        })
        .unwrap();
}

/// Whether the query holds a derived table with a star; where its outputs need names, the star is written out, and
/// reads back as the list of its columns.
fn writes_out_a_star(query: &Query) -> bool {
    format!("{query:?}").contains("Query(Query") && {
        let mut found = false;
        derived(query, &mut |inner| found |= inner.first.items.iter().any(|item| matches!(item, Expr::Star(_))));
        found || format!("{query:?}").contains("Star")
    }
}

fn derived(query: &Query, visit: &mut dyn FnMut(&Query)) {
    for source in &query.first.from.sources {
        if let Source::Query(inner) = source {
            visit(inner);
            derived(inner, visit);
        }
    }
}
