//! Declared types to [`ColumnKind`]: one coarse reading for SQLite, PostgreSQL and MySQL spellings.

use super::ColumnKind;

/// Parts of type names, in the order in which they decide: `interval` and `point` hold `int`, `datetime` holds `time`.
const KIND_OF_PART: &[(&str, ColumnKind)] = &[
    ("[]", ColumnKind::Other),
    ("blob", ColumnKind::Other),
    ("binary", ColumnKind::Other),
    ("bytea", ColumnKind::Other),
    ("image", ColumnKind::Other),
    ("interval", ColumnKind::Other),
    ("point", ColumnKind::Other),
    ("geometry", ColumnKind::Other),
    ("geography", ColumnKind::Other),
    ("polygon", ColumnKind::Other),
    ("tsvector", ColumnKind::Other),
    ("range", ColumnKind::Other),
    ("other", ColumnKind::Other),
    ("char", ColumnKind::Text),
    ("text", ColumnKind::Text),
    ("clob", ColumnKind::Text),
    ("enum", ColumnKind::Text),
    ("bool", ColumnKind::Boolean),
    ("date", ColumnKind::Time),
    ("time", ColumnKind::Time),
    ("int", ColumnKind::Number),
    ("serial", ColumnKind::Number),
    ("real", ColumnKind::Number),
    ("float", ColumnKind::Number),
    ("double", ColumnKind::Number),
    ("dec", ColumnKind::Number),
    ("num", ColumnKind::Number),
    ("money", ColumnKind::Number),
    ("year", ColumnKind::Number),
];

impl ColumnKind {
    /// The kind of a declared type: `VARCHAR(20)`, `tinyint(1)`, `timestamp without time zone`, `numeric(10,2)[]`.
    pub fn of_declared_type(declared: &str) -> Self {
        let declared = declared.trim().to_lowercase();
        if matches!(declared.as_str(), "bit" | "bit(1)" | "tinyint(1)") {
            return Self::Boolean;
        }
        if declared.starts_with("bit") {
            return Self::Other;
        }
        let decisive = KIND_OF_PART.iter().find(|(part, _)| type_name(&declared).contains(part));
        decisive.map_or(Self::Text, |&(_, kind)| kind)
    }
}

/// The type without its arguments, which may hold any word (`enum('date','time')`), but with the `[]` of an array.
fn type_name(declared: &str) -> String {
    let name = declared.split('(').next().unwrap_or_default();
    let array = if declared.ends_with(']') { "[]" } else { "" };
    format!("{name}{array}")
}

#[cfg(test)]
mod tests {
    use super::ColumnKind::{self, Boolean, Number, Other, Text, Time};

    #[test]
    fn declared_types_have_kinds() {
        for (declared, kind) in [
            ("", Text),
            ("VARCHAR(20)", Text),
            ("character varying(255)", Text),
            ("enum('date','int')", Text),
            ("uuid", Text),
            ("INTEGER", Number),
            ("bigint unsigned", Number),
            ("bigserial", Number),
            ("DOUBLE PRECISION", Number),
            ("numeric(10,2)", Number),
            ("NUMBER", Number),
            ("year(4)", Number),
            ("decimal(4,1)", Number),
            ("DATE", Time),
            ("timestamp without time zone", Time),
            ("datetime(6)", Time),
            ("boolean", Boolean),
            ("tinyint(1)", Boolean),
            ("bit", Boolean),
            ("bit varying(8)", Other),
            ("BLOB", Other),
            ("varbinary(16)", Other),
            ("interval", Other),
            ("text[]", Other),
            ("integer[3]", Other),
            ("others", Other),
        ] {
            assert_eq!(ColumnKind::of_declared_type(declared), kind, "{declared}");
        }
    }
}
