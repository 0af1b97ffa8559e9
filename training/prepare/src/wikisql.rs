//! WikiSQL's questions over single tables: from the text it has to queries and schemas that the library reads.
//!
//! The text is almost SQL: aggregates lack brackets, all values are quoted, a column may be listed twice. Column kinds
//! follow from what the queries do with a column; the values they name are its cells.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, bail};
use argiope::schema::{ColumnDraft, Schema, SchemaBuilder, TableDraft};
use serde::Deserialize;

use crate::sources::Question;

/// The name of every table: WikiSQL's have none.
const TABLE: &str = "table";

/// A line of the file.
#[derive(Debug, Deserialize)]
struct Row {
    table_id: String,
    columns: Vec<String>,
    question: String,
    query: String,
}

/// A query in parts.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    aggregate: Option<String>,
    column: String,
    /// (column, operator, value).
    conditions: Vec<(String, String, String)>,
}

/// What the queries tell of a column.
#[derive(Debug, Default)]
struct Seen {
    is_counted_with: bool,
    has_words: bool,
    values: Vec<String>,
}

/// The questions of a file, each table a database of its own, and the schemas by table id.
///
/// # Errors
/// When a line is not in its form.
pub(crate) fn parse(bytes: &[u8]) -> Result<(Vec<Question>, HashMap<String, Schema>)> {
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let rows: Vec<Row> = lines.map(serde_json::from_slice).collect::<Result<_, _>>()?;
    let mut tables: BTreeMap<&str, (&[String], BTreeMap<String, Seen>)> = BTreeMap::new();
    let mut parsed = Vec::with_capacity(rows.len());
    for row in &rows {
        let (_, seen) = tables.entry(&row.table_id).or_insert((&row.columns, BTreeMap::new()));
        let Ok(parts) = Parts::parse(&row.query) else {
            parsed.push(None);
            continue;
        };
        if matches!(parts.aggregate.as_deref(), Some("AVG" | "SUM")) {
            seen.entry(parts.column.clone()).or_default().is_counted_with = true;
        }
        for (column, operator, value) in &parts.conditions {
            let seen = seen.entry(column.clone()).or_default();
            seen.is_counted_with |= operator != "=";
            seen.has_words |= !is_number(value);
            if !seen.values.contains(value) {
                seen.values.push(value.clone());
            }
        }
        parsed.push(Some(parts));
    }
    let mut schemas = HashMap::new();
    for (id, (columns, seen)) in &tables {
        schemas.insert((*id).to_owned(), schema(id, columns, seen)?);
    }
    // A query that is not in the form stays as it is, so that it is counted among those that cannot be used.
    let question = |(row, parts): (&Row, Option<Parts>)| {
        let sql = parts.map_or_else(|| row.query.clone(), |parts| parts.sql(&tables[row.table_id.as_str()].1));
        Question::new(&row.table_id, &row.question, sql)
    };
    let questions = rows.iter().zip(parsed).map(question).collect();
    Ok((questions, schemas))
}

fn schema(id: &str, columns: &[String], seen: &BTreeMap<String, Seen>) -> Result<Schema> {
    let mut table = TableDraft { name: TABLE.to_owned(), ..TableDraft::default() };
    for name in columns {
        if table.columns.iter().any(|known| known.name == *name) {
            continue;
        }
        let seen = seen.get(name);
        let declared_type = if seen.is_some_and(Seen::is_number) { "REAL" } else { "TEXT" };
        table.columns.push(ColumnDraft {
            name: name.clone(),
            declared_type: declared_type.to_owned(),
            samples: seen.map(|seen| seen.values.clone()).unwrap_or_default(),
            ..ColumnDraft::default()
        });
    }
    let mut builder = SchemaBuilder::new(id);
    builder.add_table(table);
    Ok(builder.build()?)
}

impl Seen {
    fn is_number(&self) -> bool {
        !self.has_words && (self.is_counted_with || !self.values.is_empty())
    }
}

impl Parts {
    /// Reads `SELECT AGG "column" FROM "table" WHERE "column" = 'value' AND …`.
    fn parse(text: &str) -> Result<Self> {
        let mut tokens = tokens(text)?.into_iter();
        let mut next = || tokens.next().context("ends too early");
        let expect = |word: &str, found: String| {
            if found.eq_ignore_ascii_case(word) { Ok(()) } else { Err(anyhow::anyhow!("{found} for {word}")) }
        };
        expect("SELECT", next()?.0)?;
        let (aggregate, column) = match next()? {
            (column, true) => (None, column),
            (word, false) => (Some(word.to_uppercase()), next()?.0),
        };
        expect("FROM", next()?.0)?;
        next()?;
        let mut conditions = Vec::new();
        while let Some((joint, _)) = tokens.next() {
            expect(if conditions.is_empty() { "WHERE" } else { "AND" }, joint)?;
            let mut next = || tokens.next().map(|token| token.0).context("ends too early");
            conditions.push((next()?, next()?, next()?));
        }
        Ok(Self { aggregate, column, conditions })
    }

    fn sql(&self, seen: &BTreeMap<String, Seen>) -> String {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let column = quoted(&self.column);
        let item = self.aggregate.as_ref().map_or_else(|| column.clone(), |name| format!("{name}({column})"));
        let condition = |(column, operator, value): &(String, String, String)| {
            let number = seen.get(column).is_some_and(Seen::is_number);
            let value = if number { value.replace(',', "") } else { format!("'{}'", value.replace('\'', "''")) };
            format!("{} {operator} {value}", quoted(column))
        };
        let conditions: Vec<String> = self.conditions.iter().map(condition).collect();
        let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        format!("SELECT {item} FROM \"{TABLE}\"{filter}")
    }
}

/// A number as people write it, thousands apart by commas.
fn is_number(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        && value.ends_with(|last: char| last.is_ascii_digit())
        && value.replace(',', "").parse::<f64>().is_ok()
}

/// Words and quoted texts, each with whether it was quoted; a quote inside is doubled.
fn tokens(text: &str) -> Result<Vec<(String, bool)>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first != '"' && first != '\'' {
            let end = rest.find(' ').unwrap_or(rest.len());
            found.push((rest[..end].to_owned(), false));
            rest = rest[end..].trim_start();
            continue;
        }
        let mut content = String::new();
        let mut inside = rest[1..].chars().peekable();
        loop {
            match inside.next() {
                Some(quote) if quote == first && inside.peek() == Some(&first) => content.extend(inside.next()),
                Some(quote) if quote == first => break,
                Some(other) => content.push(other),
                None => bail!("a quoted text does not end"),
            }
        }
        found.push((content, true));
        rest = &rest[rest.len() - inside.map(char::len_utf8).sum::<usize>()..];
        rest = rest.trim_start();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn almost_sql_becomes_sql() {
        let lines = br#"{"table_id":"1","columns":["against","wins","club","wins"],"question":"q","query":"SELECT AVG \"wins\" FROM \"table\" WHERE \"against\" > '1,728' AND \"club\" = 'o''neill'"}"#;
        let (questions, schemas) = parse(lines).unwrap();
        assert_eq!(
            questions[0].query,
            r#"SELECT AVG("wins") FROM "table" WHERE "against" > 1728 AND "club" = 'o''neill'"#
        );
        let schema = &schemas["1"];
        let kinds: Vec<&str> = schema.columns.iter().map(|column| column.declared_type.as_str()).collect();
        assert_eq!(kinds, ["REAL", "REAL", "TEXT"]);
        assert_eq!(schema.columns[2].samples, ["o'neill"]);
        assert!(parse(b"{}").is_err());
        assert!(Parts::parse("SELECT \"a").is_err());
    }
}
