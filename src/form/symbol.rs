//! The symbols of the form: a closed table of keywords, and pointers to columns, tables and question words.
//!
//! The order below *is* the keyword id and the names are written into model configurations: append only, never
//! reorder or rename. Knows nothing about what may follow what (`recogniser`) or what a symbol means (`write`).

use crate::schema::{ColumnId, TableId};

/// One symbol of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// A word of the closed vocabulary.
    Keyword(Keyword),
    /// A column.
    Column(ColumnId),
    /// A table: `*` of it as a select item or below COUNT; itself after JOIN and OUTER.
    Table(TableId),
    /// The first or the last word of a value spelled in the question.
    Word(u16),
}

impl From<Keyword> for Symbol {
    fn from(keyword: Keyword) -> Self {
        Self::Keyword(keyword)
    }
}

macro_rules! keywords {
    ($($variant:ident $name:literal $doc:literal),+ $(,)?) => {
        /// The closed vocabulary, in the order of the ids.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Keyword {
            $(#[doc = $doc] $variant,)+
        }

        impl Keyword {
            /// All keywords; the place is the id.
            pub const ALL: &'static [Keyword] = &[$(Keyword::$variant),+];

            /// The stable name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Keyword::$variant => $name,)+
                }
            }
        }
    };
}

keywords! {
    Begin "BEGIN" "What a decoder is fed before the first symbol; never allowed afterwards.",
    End "END" "Follows a complete form; no part of it.",
    Distinct "DISTINCT" "SELECT DISTINCT, or inside an aggregate.",
    From "FROM" "A derived table follows; it is the only source.",
    Open "OPEN" "Opens a nested query or a group of conditions.",
    Close "CLOSE" "Closes what OPEN opened.",
    Join "JOIN" "Tables follow that nothing else mentions.",
    On "ON" "Two columns follow that must be equal.",
    Outer "OUTER" "A table follows that keeps its rows without partners: every join is LEFT.",
    Where "WHERE" "Conditions on rows.",
    Group "GROUP" "GROUP BY.",
    Having "HAVING" "Conditions on groups.",
    Ascending "ASC" "An ascending sort key follows.",
    Descending "DESC" "A descending sort key follows.",
    Limit "LIMIT" "A row limit follows.",
    LimitOne "LIMIT_ONE" "LIMIT 1.",
    And "AND" "Both hold.",
    Or "OR" "One holds.",
    Intersect "INTERSECT" "Another arm follows.",
    Union "UNION" "Another arm follows.",
    UnionAll "UNION_ALL" "Another arm follows.",
    Except "EXCEPT" "Another arm follows.",
    Max "MAX" "Aggregate.",
    Min "MIN" "Aggregate.",
    Count "COUNT" "Aggregate.",
    Sum "SUM" "Aggregate.",
    Avg "AVG" "Aggregate.",
    Add "ADD" "Left and right operand follow.",
    Subtract "SUB" "Left and right operand follow.",
    Multiply "MUL" "Left and right operand follow.",
    Divide "DIV" "Left and right operand follow.",
    Year "YEAR" "The year of the date column that follows.",
    YearMonth "YEAR_MONTH" "Year and month of the date column that follows.",
    Month "MONTH" "The month of the date column that follows.",
    Day "DAY" "The day of the date column that follows.",
    Star "STAR" "`*` over all sources.",
    Copy1 "COPY_1" "The column or table that follows is of its table's second instance.",
    Copy2 "COPY_2" "The column or table that follows is of its table's third instance.",
    Copy3 "COPY_3" "The column or table that follows is of its table's fourth instance.",
    Up "UP" "The column that follows belongs to the select around this one.",
    Out1 "OUT_1" "First output of the derived table, or of the first arm when a compound is sorted.",
    Out2 "OUT_2" "Second output.",
    Out3 "OUT_3" "Third output.",
    Out4 "OUT_4" "Fourth output.",
    Equal "EQ" "`=`",
    NotEqual "NE" "`!=`",
    Less "LT" "`<`",
    LessOrEqual "LE" "`<=`",
    Greater "GT" "`>`",
    GreaterOrEqual "GE" "`>=`",
    LikeContains "LIKE_CONTAINS" "`LIKE '%x%'`",
    LikeStarts "LIKE_STARTS" "`LIKE 'x%'`",
    LikeEnds "LIKE_ENDS" "`LIKE '%x'`",
    LikeIs "LIKE_IS" "`LIKE 'x'`",
    NotLikeContains "NOT_LIKE_CONTAINS" "`NOT LIKE '%x%'`",
    NotLikeStarts "NOT_LIKE_STARTS" "`NOT LIKE 'x%'`",
    NotLikeEnds "NOT_LIKE_ENDS" "`NOT LIKE '%x'`",
    NotLikeIs "NOT_LIKE_IS" "`NOT LIKE 'x'`",
    Between "BETWEEN" "Two values follow.",
    NotBetween "NOT_BETWEEN" "Two values follow.",
    IsNull "IS_NULL" "`IS NULL`",
    NotNull "NOT_NULL" "`IS NOT NULL`",
    In "IN" "Values or a nested query follow.",
    NotIn "NOT_IN" "Values or a nested query follow.",
    Exists "EXISTS" "A nested query follows.",
    NotExists "NOT_EXISTS" "A nested query follows.",
    Number0 "NUM_0" "The constant 0.",
    Number1 "NUM_1" "The constant 1.",
    Number2 "NUM_2" "The constant 2.",
    Number3 "NUM_3" "The constant 3.",
    Number100 "NUM_100" "The constant 100.",
    Number1000 "NUM_1000" "The constant 1000.",
    Decimal1 "NUM_1_0" "The constant 1.0, which makes a division exact.",
    Decimal100 "NUM_100_0" "The constant 100.0, which makes a percentage exact.",
    OtherValue "OTHER_VALUE" "A value that the question does not spell.",
}

impl Keyword {
    /// The stable id: the place in [`Keyword::ALL`].
    pub fn id(self) -> usize {
        self as usize
    }

    /// The keyword with this id.
    pub fn from_id(id: usize) -> Option<Self> {
        Self::ALL.get(id).copied()
    }

    /// The keyword with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|keyword| keyword.name() == name)
    }

    /// The keyword as one bit of a mask.
    pub const fn bit(self) -> u128 {
        1 << (self as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_are_stable_and_unique() {
        assert_eq!((Keyword::Begin.id(), Keyword::End.id(), Keyword::OtherValue.id()), (0, 1, 74));
        assert!(Keyword::ALL.len() <= 128, "a mask has 128 bits");
        for (id, &keyword) in Keyword::ALL.iter().enumerate() {
            assert_eq!(keyword.id(), id);
            assert_eq!(Keyword::from_id(id), Some(keyword));
            assert_eq!(Keyword::from_name(keyword.name()), Some(keyword));
        }
    }
}
