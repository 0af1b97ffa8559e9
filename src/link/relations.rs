//! The relations between prompt nodes, as bits of one `u64` a pair, with the names the training side prints.
//!
//! The order is part of every trained model: bits are only ever added at the end.

macro_rules! relations {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What one node (row) is to another (column of the relation matrix).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Relation {
            $($(#[$doc])* $variant,)*
        }

        impl Relation {
            /// All relations; the place of each is its bit.
            pub const ALL: &'static [Relation] = &[$(Relation::$variant,)*];

            /// The stable name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Relation::$variant => $name,)*
                }
            }
        }
    };
}

relations! {
    /// A word and itself.
    WordSame = "word_same",
    /// The second word stands one to the left.
    WordLeft1 = "word_left_1",
    /// The second word stands one to the right.
    WordRight1 = "word_right_1",
    /// The second word stands two to the left.
    WordLeft2 = "word_left_2",
    /// The second word stands two to the right.
    WordRight2 = "word_right_2",
    /// The second word stands further left.
    WordLeft = "word_left",
    /// The second word stands further right.
    WordRight = "word_right",
    /// A word and any column.
    WordColumn = "word_column",
    /// A word and any table.
    WordTable = "word_table",
    /// A column and any word.
    ColumnWord = "column_word",
    /// A table and any word.
    TableWord = "table_word",
    /// A column and any column.
    ColumnColumn = "column_column",
    /// A column and any table.
    ColumnTable = "column_table",
    /// A table and any column.
    TableColumn = "table_column",
    /// A table and any table.
    TableTable = "table_table",
    /// The word is part of the column's whole name.
    WordColumnExact = "word_column_exact",
    /// The word is one of the column's words.
    WordColumnPartial = "word_column_partial",
    /// The word and a word of the column abbreviate one another, or share a joined name.
    WordColumnAbbreviation = "word_column_abbreviation",
    /// The word is part of a whole cell of the column.
    WordColumnCell = "word_column_cell",
    /// As above, by stems.
    WordColumnCellStem = "word_column_cell_stem",
    /// The word stands in some cell of the column.
    WordColumnCellWord = "word_column_cell_word",
    /// The word is a number and the column holds numbers.
    WordColumnNumber = "word_column_number",
    /// The word is a year, month or day and the column holds times.
    WordColumnTime = "word_column_time",
    /// [`Relation::WordColumnExact`] from the other side.
    ColumnWordExact = "column_word_exact",
    /// [`Relation::WordColumnPartial`] from the other side.
    ColumnWordPartial = "column_word_partial",
    /// [`Relation::WordColumnAbbreviation`] from the other side.
    ColumnWordAbbreviation = "column_word_abbreviation",
    /// [`Relation::WordColumnCell`] from the other side.
    ColumnWordCell = "column_word_cell",
    /// [`Relation::WordColumnCellStem`] from the other side.
    ColumnWordCellStem = "column_word_cell_stem",
    /// [`Relation::WordColumnCellWord`] from the other side.
    ColumnWordCellWord = "column_word_cell_word",
    /// [`Relation::WordColumnNumber`] from the other side.
    ColumnWordNumber = "column_word_number",
    /// [`Relation::WordColumnTime`] from the other side.
    ColumnWordTime = "column_word_time",
    /// The word is part of the table's whole name.
    WordTableExact = "word_table_exact",
    /// The word is one of the table's words.
    WordTablePartial = "word_table_partial",
    /// The word and a word of the table abbreviate one another, or share a joined name.
    WordTableAbbreviation = "word_table_abbreviation",
    /// [`Relation::WordTableExact`] from the other side.
    TableWordExact = "table_word_exact",
    /// [`Relation::WordTablePartial`] from the other side.
    TableWordPartial = "table_word_partial",
    /// [`Relation::WordTableAbbreviation`] from the other side.
    TableWordAbbreviation = "table_word_abbreviation",
    /// A column and itself.
    ColumnSame = "column_same",
    /// Two columns of one table.
    SameTable = "same_table",
    /// The first column references the second.
    ForeignKey = "foreign_key",
    /// The second column references the first.
    ForeignKeyBack = "foreign_key_back",
    /// Two columns with the same words.
    SameName = "same_name",
    /// The column belongs to the table.
    ColumnOfTable = "column_of_table",
    /// The column is in the table's primary key.
    PrimaryKeyOfTable = "primary_key_of_table",
    /// The column's words name another table.
    ColumnNamesTable = "column_names_table",
    /// The table owns the column.
    TableOfColumn = "table_of_column",
    /// The table has the column in its primary key.
    TableOfPrimaryKey = "table_of_primary_key",
    /// Another table's column names this table.
    TableNamedByColumn = "table_named_by_column",
    /// A table and itself.
    TableSame = "table_same",
    /// A key of the first table references the second.
    TableReferences = "table_references",
    /// A key of the second table references the first.
    TableReferenced = "table_referenced",
}

/// How many relations there are; a mask has no bit from here on.
pub const RELATIONS: usize = Relation::ALL.len();
const _: () = assert!(RELATIONS <= 64, "a mask has 64 bits");

impl Relation {
    /// The mask with this relation alone.
    pub const fn bit(self) -> u64 {
        1 << self as u8
    }
}

/// What each place of a node's feature row says; its length is [`NODE_FEATURES`].
pub const FEATURE_NAMES: [&str; NODE_FEATURES] = [
    "is_word",
    "is_column",
    "is_table",
    "kind_text",
    "kind_number",
    "kind_time",
    "kind_boolean",
    "kind_other",
    "primary_key",
    "foreign_key",
    "column_exact",
    "column_partial",
    "column_abbreviation",
    "column_cell",
    "column_cell_stem",
    "column_cell_word",
    "column_number",
    "column_time",
    "table_exact",
    "table_partial",
    "table_abbreviation",
    "all_words_met",
    "own_table_met",
    "has_cells",
    "word_is_common",
    "word_is_number",
    "word_is_capital",
    "word_is_quoted",
];

/// The number of input features of each node.
pub const NODE_FEATURES: usize = 28;
