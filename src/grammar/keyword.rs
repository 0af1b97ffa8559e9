//! The words and signs of SQL that the language has, and how they are spelled.

use crate::dialect::Dialect;

/// Defines the keywords with their spelling; the order is their id.
macro_rules! keywords {
    ($($name:ident $text:literal,)*) => {
        /// A word of the language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) enum Keyword { $($name,)* }

        impl Keyword {
            /// All of them, in the order of their ids.
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The spelling, in lower case where case does not count.
            pub(super) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

keywords! {
    Select "select", Distinct "distinct", From "from", As "as", Join "join", Inner "inner", Left "left",
    Outer "outer", Cross "cross", On "on", Where "where", And "and", Or "or", Not "not", In "in", Like "like",
    Ilike "ilike", Between "between", Is "is", Null "null", Exists "exists", Group "group", By "by",
    Having "having", Order "order", Asc "asc", Desc "desc", Limit "limit", Union "union", All "all",
    Intersect "intersect", Except "except", When "when", Then "then", Else "else", End "end",
    Partition "partition", Over "over", Case "case", Cast "cast",
    Count "count", Sum "sum", Avg "avg", Min "min", Max "max",
    Coalesce "coalesce", Abs "abs", Round "round", Length "length", Lower "lower", Upper "upper",
    Strftime "strftime", Extract "extract", ToChar "to_char", DateFormat "date_format", Year "year",
    Month "month", Day "day", RowNumber "row_number", Rank "rank", DenseRank "dense_rank",
    Integer "integer", Real "real", Text "text", Numeric "numeric", Signed "signed", Char "char",
    FormatYear "'%Y'", FormatYearMonth "'%Y-%m'", FormatMonth "'%m'", FormatDay "'%d'",
    LettersYear "'YYYY'", LettersYearMonth "'YYYY-MM'", LettersMonth "'MM'", LettersDay "'DD'",
    Ordinal1 "1", Ordinal2 "2", Ordinal3 "3", Ordinal4 "4", Ordinal5 "5", Ordinal6 "6", Ordinal7 "7",
    Ordinal8 "8", Ordinal9 "9",
}

use Keyword as K;

/// The places of the select list that a sort or group key may name.
pub(super) const ORDINALS: [K; 9] = [
    K::Ordinal1,
    K::Ordinal2,
    K::Ordinal3,
    K::Ordinal4,
    K::Ordinal5,
    K::Ordinal6,
    K::Ordinal7,
    K::Ordinal8,
    K::Ordinal9,
];

/// The aggregates.
pub(super) const AGGREGATES: [K; 5] = [K::Count, K::Sum, K::Avg, K::Min, K::Max];

/// The functions that only windows have.
pub(super) const RANKS: [K; 3] = [K::RowNumber, K::Rank, K::DenseRank];

impl Keyword {
    /// As an index.
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// Whether a bracket always follows, so that a column of this name can be told from it.
    pub(super) const fn opens(self) -> bool {
        let index = self as usize;
        (index >= K::Cast as usize) && (index <= K::DenseRank as usize)
    }

    /// Whether names of this spelling must be quoted, because the word has a place of its own.
    pub(super) const fn is_structural(self) -> bool {
        (self as usize) < K::Cast as usize
    }

    /// Whether the spelling counts letter by letter.
    pub(super) const fn is_exact(self) -> bool {
        (self as usize) >= K::FormatYear as usize
    }
}

/// The functions of one value, beside CAST, CASE and COALESCE, that a dialect has.
pub(super) fn functions(dialect: Dialect) -> &'static [K] {
    match dialect {
        Dialect::Sqlite => &[K::Strftime],
        Dialect::Postgres => &[K::Extract, K::ToChar],
        Dialect::MySql => &[K::DateFormat, K::Year, K::Month, K::Day],
    }
}

/// How the date functions of a dialect spell parts of dates.
pub(super) fn date_formats(dialect: Dialect) -> [K; 4] {
    match dialect {
        Dialect::Sqlite | Dialect::MySql => [K::FormatYear, K::FormatYearMonth, K::FormatMonth, K::FormatDay],
        Dialect::Postgres => [K::LettersYear, K::LettersYearMonth, K::LettersMonth, K::LettersDay],
    }
}

/// The types that CAST may make.
pub(super) fn types(dialect: Dialect) -> &'static [K] {
    match dialect {
        Dialect::Sqlite => &[K::Integer, K::Real, K::Text],
        Dialect::Postgres => &[K::Integer, K::Real, K::Text, K::Numeric],
        Dialect::MySql => &[K::Signed, K::Char],
    }
}

/// The signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sign {
    Open,
    Close,
    Comma,
    Dot,
    Star,
    Equal,
    NotEqual,
    /// `<>`, the same as `!=`.
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Slash,
}

/// The comparisons.
pub(super) const COMPARISONS: [Sign; 7] =
    [Sign::Equal, Sign::NotEqual, Sign::Unequal, Sign::Less, Sign::LessOrEqual, Sign::Greater, Sign::GreaterOrEqual];

impl Sign {
    pub(super) const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// The sign that one byte spells, if it spells one by itself.
    pub(super) const fn of_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            b'(' => Self::Open,
            b')' => Self::Close,
            b',' => Self::Comma,
            b'.' => Self::Dot,
            b'*' => Self::Star,
            b'=' => Self::Equal,
            b'<' => Self::Less,
            b'>' => Self::Greater,
            b'+' => Self::Plus,
            b'-' => Self::Minus,
            b'/' => Self::Slash,
            _ => return None,
        })
    }

    /// The sign that two bytes spell.
    pub(super) const fn of_pair(first: u8, second: u8) -> Option<Self> {
        Some(match (first, second) {
            (b'!', b'=') => Self::NotEqual,
            (b'<', b'>') => Self::Unequal,
            (b'<', b'=') => Self::LessOrEqual,
            (b'>', b'=') => Self::GreaterOrEqual,
            _ => return None,
        })
    }
}
