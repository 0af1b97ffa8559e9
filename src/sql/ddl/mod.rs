//! DDL text → [`Schema`]: `CREATE TABLE` as SQLite, PostgreSQL and MySQL write and dump it.
//!
//! | file | what it owns |
//! |---|---|
//! | `text` | bytes → text; whose dump it is |
//! | `split` | text → statements |
//! | `syntax` | statements through sqlparser; what it refuses, by line |
//! | `tables` | syntax trees → drafts of tables, columns, keys, comments |
//! | `rows`, `scan` | INSERT and COPY rows → samples |
//!
//! Reads keys from ALTER TABLE and comments from COMMENT ON too; every other statement is passed over with a note.
//! Runs nothing.

mod rows;
mod scan;
mod split;
mod syntax;
mod tables;
mod text;

use std::collections::BTreeMap;

use sqlparser::ast::{ObjectType, Statement, UserDefinedTypeRepresentation};

use self::rows::Sampler;
use self::split::Piece;
use self::tables::Tables;
use super::Dialect;
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::schema::sqlite::SampleLimits;

/// Statements that hold no words of this list at their beginning are no SQL.
const VERBS: &[&str] = &[
    "alter",
    "analyze",
    "attach",
    "begin",
    "call",
    "comment",
    "commit",
    "copy",
    "create",
    "declare",
    "delete",
    "detach",
    "do",
    "drop",
    "end",
    "exec",
    "execute",
    "explain",
    "flush",
    "go",
    "grant",
    "if",
    "insert",
    "load",
    "lock",
    "merge",
    "optimize",
    "pragma",
    "print",
    "refresh",
    "reindex",
    "release",
    "rename",
    "replace",
    "reset",
    "revoke",
    "rollback",
    "savepoint",
    "security",
    "select",
    "set",
    "show",
    "start",
    "truncate",
    "unlock",
    "update",
    "use",
    "vacuum",
    "with",
];

/// Characters of a statement that a message quotes.
const QUOTED_CHARS: usize = 40;

/// Reads DDL of any of the three dialects; which one is told by its spelling. Rows in it become samples.
///
/// Returns the schema and notes: what was passed over, and where.
///
/// ```
/// let text = "CREATE TABLE town (id INTEGER PRIMARY KEY, \"home name\" TEXT);\nCREATE INDEX i ON town (id);";
/// let (schema, notes) = argiope::sql::ddl::read(text, "places")?;
/// assert_eq!(schema.columns[1].label, "home name");
/// assert_eq!(notes, ["line 2: passed over: CREATE INDEX"]);
/// # Ok::<(), argiope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Schema`] with every finding, each with its line: a table that cannot be read, two of one name, a quote
/// that never closes, no table at all, no text at all.
pub fn read(text: &str, name: &str) -> Result<(Schema, Vec<String>)> {
    read_as(text, name, None)
}

/// As [`read`], for DDL that is known to be of one dialect: PostgreSQL keeps names that are not quoted in lower
/// case, MySQL escapes by backslash.
///
/// # Errors
/// As [`read`].
pub fn read_as(text: &str, name: &str, dialect: Option<Dialect>) -> Result<(Schema, Vec<String>)> {
    text::check_text(text)?;
    let dialect = dialect.or_else(|| text::dialect_of(text)).unwrap_or_default();
    let mut reader = Reader::new(dialect);
    for piece in reader.pieces(text) {
        reader.read(&piece);
    }
    reader.finish(name)
}

/// As [`read`], for a file's bytes: UTF-8, with or without a byte order mark, or UTF-16 with one.
///
/// # Errors
/// As [`read`]; a database, a compressed or another binary file is told as such.
pub fn read_bytes(bytes: &[u8], name: &str) -> Result<(Schema, Vec<String>)> {
    let (text, note) = text::decode(bytes)?;
    let (schema, notes) = read(&text, name)?;
    Ok((schema, note.into_iter().chain(notes).collect()))
}

/// What has been read so far.
struct Reader {
    dialect: Dialect,
    backslash: bool,
    tables: Tables,
    sampler: Sampler,
    findings: Vec<String>,
    notes: Vec<String>,
    /// Statements that are no SQL; findings where there are no tables.
    unknown: Vec<String>,
    /// Kind of statement → (first line, how many).
    passed_over: BTreeMap<String, (usize, usize)>,
}

impl Reader {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            backslash: dialect == Dialect::MySql,
            tables: Tables::new(dialect == Dialect::Postgres),
            sampler: Sampler::new(SampleLimits::default()),
            findings: Vec::new(),
            notes: Vec::new(),
            unknown: Vec::new(),
            passed_over: BTreeMap::new(),
        }
    }

    /// The statements. Whether a backslash escapes is a guess where nothing tells the dialect, so the other way is
    /// tried when a quote never closes.
    fn pieces<'a>(&mut self, text: &'a str) -> Vec<Piece<'a>> {
        let is_closed = |pieces: &[Piece<'_>]| pieces.iter().all(|piece| piece.unclosed.is_none());
        let pieces = split::split(text, self.backslash);
        if is_closed(&pieces) {
            return pieces;
        }
        let others = split::split(text, !self.backslash);
        if is_closed(&others) {
            self.backslash = !self.backslash;
            return others;
        }
        pieces
    }

    fn read(&mut self, piece: &Piece<'_>) {
        if let Some((what, line)) = piece.unclosed {
            self.findings.push(format!("line {line}: {what} begins here and never ends"));
            return;
        }
        let code = piece.code();
        let words: Vec<String> = words(&code).map(str::to_lowercase).collect();
        let kind = Kind::of(&words);
        match kind {
            Kind::CreateTable => self.create_table(&code, piece.line),
            Kind::AlterTable => self.alter_table(&code, piece.line),
            Kind::Insert if self.sampler.insert(&code, self.backslash, &mut self.tables) => {}
            Kind::Copy if self.sampler.copy(&code, piece.copied.unwrap_or_default(), &mut self.tables) => {}
            Kind::Other => self.other(&code, piece.line, &words),
            Kind::Insert | Kind::Copy | Kind::PassedOver => self.pass_over(&words, piece.line),
            Kind::Unknown => {
                let start: String = piece.text.chars().take(QUOTED_CHARS).collect();
                let finding = format!("line {}: this is not SQL: {:?}", piece.line, start.trim_end());
                // A misspelt CREATE would lose a table in silence.
                let means_table = words.iter().any(|word| word == "table");
                if means_table { self.findings.push(finding) } else { self.unknown.push(finding) }
            }
        }
    }

    fn create_table(&mut self, code: &str, line: usize) {
        let refused = match syntax::parse(code, line, self.dialect) {
            Ok(Statement::CreateTable(table)) => return self.add_table(&table, line),
            Ok(_) => return self.notes.push(format!("line {line}: passed over: this creates no table of columns")),
            Err(refused) => refused,
        };
        match syntax::recover(code, line, self.dialect) {
            Ok(recovered) => {
                self.findings.extend(recovered.refusals.iter().map(|refusal| refusal.to_string()));
                let lines = recovered.passed_over;
                self.notes.extend(lines.iter().map(|line| format!("line {line}: passed over: a check or an index")));
                if recovered.refusals.is_empty() && lines.is_empty() {
                    self.notes.push(format!("passed over behind the columns: {refused}"));
                }
                self.add_table(&recovered.table, line);
            }
            Err(_) => self.findings.push(refused.to_string()),
        }
    }

    fn add_table(&mut self, table: &sqlparser::ast::CreateTable, line: usize) {
        if let Some(reason) = self.tables.create(table, line) {
            self.notes.push(format!("line {line}: passed over: {reason}"));
        }
    }

    fn alter_table(&mut self, code: &str, line: usize) {
        let statements = match syntax::parse(code, line, self.dialect) {
            Ok(statement) => vec![statement],
            Err(_) => syntax::recover_alter(code, line, self.dialect),
        };
        let mut known = !statements.is_empty();
        for statement in statements {
            known &= matches!(&statement, Statement::AlterTable(alter) if self.tables.alter(alter, line));
        }
        if !known {
            self.pass_over(&["alter".to_owned(), "table".to_owned()], line);
        }
    }

    /// Statements that say something of tables without being rare enough to matter when they are refused.
    fn other(&mut self, code: &str, line: usize, words: &[String]) {
        match syntax::parse(code, line, self.dialect) {
            Ok(Statement::Comment { object_type, object_name, comment, .. }) => {
                self.tables.comment(object_type, &object_name, comment.as_deref());
            }
            Ok(Statement::Drop { object_type: ObjectType::Table, names, .. }) => {
                names.iter().for_each(|name| self.tables.drop_table(name));
            }
            Ok(Statement::CreateType {
                name,
                representation: Some(UserDefinedTypeRepresentation::Enum { labels }),
            }) => {
                self.tables.create_enum(&name, &labels);
            }
            _ => self.pass_over(words, line),
        }
    }

    fn pass_over(&mut self, words: &[String], line: usize) {
        let kind = words.iter().take(2).map(|word| word.to_uppercase()).collect::<Vec<_>>();
        let shown = if matches!(kind.first().map(String::as_str), Some("CREATE" | "ALTER" | "DROP")) { 2 } else { 1 };
        let kind = kind[..kind.len().min(shown)].join(" ");
        self.passed_over.entry(kind).or_insert((line, 0)).1 += 1;
    }

    fn finish(mut self, name: &str) -> Result<(Schema, Vec<String>)> {
        let builder = self.tables.into_builder(name);
        let built = builder.build_with_notes();
        if self.findings.is_empty() && builder.is_empty() {
            self.findings.push("there is no CREATE TABLE in the text".to_owned());
            self.findings.append(&mut self.unknown);
        }
        let mut notes = self.unknown;
        notes.append(&mut self.notes);
        notes.extend(self.passed_over.into_iter().map(|(kind, (line, count))| match count {
            1 => format!("line {line}: passed over: {kind}"),
            _ => format!("line {line}: passed over: {kind} ({count} statements, here the first)"),
        }));
        match built {
            Ok((schema, more)) if self.findings.is_empty() => {
                notes.extend(more);
                Ok((schema, notes))
            }
            Err(Error::Schema { findings }) if !builder.is_empty() => {
                self.findings.extend(findings);
                Err(Error::Schema { findings: self.findings })
            }
            _ => Err(Error::Schema { findings: self.findings }),
        }
    }
}

/// What a statement is, by its first words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    CreateTable,
    AlterTable,
    Insert,
    Copy,
    Other,
    PassedOver,
    Unknown,
}

impl Kind {
    fn of(words: &[String]) -> Self {
        const BEFORE_TABLE: &[&str] = &["or", "replace", "global", "local", "temp", "temporary", "unlogged"];
        let object = words.iter().skip(1).map(String::as_str).find(|word| !BEFORE_TABLE.contains(word));
        match (words.first().map(String::as_str), object) {
            (Some("create"), Some("table")) => Self::CreateTable,
            (Some("alter"), Some("table")) => Self::AlterTable,
            (Some("insert" | "replace"), _) => Self::Insert,
            (Some("copy"), _) => Self::Copy,
            (Some("comment"), Some("on")) | (Some("drop"), Some("table")) | (Some("create"), Some("type")) => {
                Self::Other
            }
            (Some(verb), _) if VERBS.contains(&verb) => Self::PassedOver,
            _ => Self::Unknown,
        }
    }
}

/// `CREATE OR REPLACE TEMPORARY TABLE` is the longest opening.
const MAX_WORDS: usize = 5;

/// The first words of a statement.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).take(MAX_WORDS)
}
