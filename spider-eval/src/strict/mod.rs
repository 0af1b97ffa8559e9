//! Strict judgement, beside the official one and never mixed with it: what two queries mean, and what they return.
//!
//! Meaning is compared by putting both queries into one form: aliases and quoting gone, `<>` and `!=` one operator, BETWEEN two
//! bounds, a list after IN alternatives, GROUP BY and conditions sets, columns that inner joins make equal under one name. Join
//! conditions, literals, LIMIT, directions, DISTINCT and outer joins stay. Queries that this reading does not know (windows,
//! CTEs) have the same meaning only where their texts are the same.

mod conditions;
mod queries;
mod results;
mod scope;

use sqlparser::ast::Statement;
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

use crate::tables::Tables;

pub(crate) use results::{outermost_orders, same_results};

/// Whether two queries mean the same.
pub fn same_meaning(gold: &str, predicted: &str, tables: &Tables) -> bool {
    let (gold, predicted) = (gold.trim_end_matches([';', ' ']), predicted.trim_end_matches([';', ' ']));
    if gold == predicted {
        return true;
    }
    match (form(gold, tables), form(predicted, tables)) {
        (Some(gold), Some(predicted)) => gold == predicted,
        _ => false,
    }
}

/// The form in which a query is compared; `None` where it is no query or uses what is not read.
pub fn form(sql: &str, tables: &Tables) -> Option<String> {
    let statements = Parser::parse_sql(&SQLiteDialect {}, sql).ok()?;
    let [Statement::Query(query)] = statements.as_slice() else { return None };
    queries::whole(query, tables).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> Tables {
        let table =
            |name: &str, columns: &[&str]| (name.to_owned(), columns.iter().map(|&name| name.to_owned()).collect());
        Tables::new("zoo", &[table("animal", &["id", "name", "age", "keeper"]), table("keeper", &["id", "name"])], &[])
    }

    #[test]
    fn spelling_is_no_difference() {
        for (gold, predicted) in [
            ("SELECT name FROM animal WHERE age != 3", "SELECT T1.\"name\" FROM animal T1 WHERE T1.age <> 3"),
            (
                "SELECT name FROM animal WHERE age BETWEEN 1 AND 3",
                "SELECT name FROM animal WHERE age >= 1 AND age <= 3",
            ),
            ("SELECT name FROM animal WHERE name = 'a'", "SELECT name AS n FROM animal WHERE \"a\" = name"),
            ("SELECT count(*) FROM animal GROUP BY age, name", "SELECT COUNT(*) AS c FROM animal GROUP BY name, age"),
            (
                "SELECT T2.name FROM animal AS T1 JOIN keeper AS T2 ON T1.keeper = T2.id WHERE T2.id > 1",
                "SELECT k.name FROM keeper k, animal a WHERE k.id = a.keeper AND a.keeper > 1",
            ),
            ("SELECT name FROM animal WHERE age IN (1, 2)", "SELECT name FROM animal WHERE age = 2 OR age = 1"),
            ("SELECT name FROM animal ORDER BY age", "SELECT name FROM animal ORDER BY animal.age ASC"),
            (
                "SELECT name FROM animal UNION SELECT name FROM keeper",
                "SELECT name FROM keeper UNION SELECT name FROM animal",
            ),
        ] {
            assert!(
                same_meaning(gold, predicted, &tables()),
                "{:?}\n{:?}",
                form(gold, &tables()),
                form(predicted, &tables())
            );
        }
    }

    #[test]
    fn what_the_official_score_overlooks_is_a_difference() {
        for (gold, predicted) in [
            ("SELECT name FROM animal WHERE age = 3", "SELECT name FROM animal WHERE age = 4"),
            ("SELECT name FROM animal ORDER BY age LIMIT 1", "SELECT name FROM animal ORDER BY age LIMIT 5"),
            ("SELECT DISTINCT name FROM animal", "SELECT name FROM animal"),
            ("SELECT name FROM animal ORDER BY age, name DESC", "SELECT name FROM animal ORDER BY age DESC, name DESC"),
            (
                "SELECT T2.name FROM animal AS T1 JOIN keeper AS T2 ON T1.keeper = T2.id",
                "SELECT T2.name FROM animal AS T1 JOIN keeper AS T2 ON T1.id = T2.id",
            ),
            (
                "SELECT T2.name FROM keeper AS T2 JOIN animal AS T1 ON T1.keeper = T2.id",
                "SELECT T2.name FROM keeper AS T2 LEFT JOIN animal AS T1 ON T1.keeper = T2.id",
            ),
            ("SELECT name, age FROM animal", "SELECT age, name FROM animal"),
            ("SELECT name FROM animal WHERE x = 1", "SELECT name FROM animal WHERE x  = 1"),
        ] {
            assert!(!same_meaning(gold, predicted, &tables()), "{gold} | {predicted}");
        }
    }
}
