//! SQL text ↔ query: what is refused (`traps`), what must hold for every query (`laws`), and the benchmark's own
//! queries (`gold`, skipped loudly where the files are not there).

mod gold;
mod laws;
mod random;
mod traps;

use argiope::schema::{Schema, SchemaBuilder};

/// A schema with every kind of odd name: spaces, quotes, reserved words, capitals, Unicode, names that look like
/// aliases, names that recur.
fn odd_schema() -> Schema {
    let mut builder = SchemaBuilder::new("odd");
    builder
        .table("Order")
        .column("id", "INTEGER")
        .column("group", "TEXT")
        .column("Größe (cm)", "REAL")
        .column("T1", "TEXT")
        .column("placed on", "DATE")
        .column("paid", "BOOLEAN")
        .primary_key(&["id"])
        .table("T2")
        .column("id", "INTEGER")
        .column("order_id", "INTEGER")
        .column("c1", "TEXT")
        .column("it's \"quoted\" `so`", "TEXT")
        .column("current_date", "DATE")
        .primary_key(&["id"])
        .foreign_key(&["order_id"], "Order", &["id"])
        .table("2nd table")
        .column("Name", "TEXT")
        .column("id", "INTEGER")
        .column("select", "INTEGER")
        .column("18_49", "NUMERIC")
        .column("true", "BOOLEAN")
        .table("plain")
        .column("name", "TEXT")
        .column("year", "INTEGER")
        .column("since", "DATETIME");
    builder.build().expect("the odd schema is one")
}

/// An empty SQLite database of a schema.
fn database(schema: &Schema) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open_in_memory().expect("memory");
    connection.execute_batch(&argiope::sql::to_sqlite_ddl(schema)).expect("the definitions are SQLite's");
    connection
}
