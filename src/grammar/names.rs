//! The names of one schema as words: tables, columns by name, and the aliases that a text may give.
//!
//! A column is known by its name here, because a text says the name before it says the table. Names that the
//! vocabulary cannot spell are left out.

use std::collections::HashMap;

use super::bits::Bits;
use super::keyword::Keyword;
use super::words::{WordId, Words};
use crate::dialect::{Dialect, Place, needs_quotes, write_quoted};
use crate::schema::Schema;

/// Place in [`Names::columns`]: all columns of one name.
pub(super) type NameId = u16;
/// Place in [`Names::tables`].
pub(super) type TableIndex = u16;
/// Place in [`Names::aliases`].
pub(super) type AliasId = u8;

/// What the words of a schema stand for.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) tables: Vec<Table>,
    pub(super) columns: Vec<Name>,
    pub(super) aliases: Vec<WordId>,
    /// Tables by the length of their spelling, short ones first.
    pub(super) by_cost: Vec<TableIndex>,
    /// What each word may mean, by [`WordId`]; words past the end are keywords only.
    roles: HashMap<WordId, Roles>,
}

/// What a word may mean.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Roles {
    pub(super) column: Option<NameId>,
    /// As a source in FROM.
    pub(super) table: Option<TableIndex>,
    /// Before a dot.
    pub(super) qualifier: Option<Qualifier>,
    pub(super) alias: Option<AliasId>,
    pub(super) keyword: Option<Keyword>,
}

/// What stands before a dot: a table's own name or an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Qualifier {
    Table(TableIndex),
    Alias(AliasId),
}

/// A table that can be said.
#[derive(Debug)]
pub(super) struct Table {
    /// As a source.
    pub(super) words: Vec<WordId>,
    /// Before a dot.
    pub(super) qualifiers: Vec<WordId>,
    /// Its columns' names.
    pub(super) names: Bits,
    /// Its columns, those included that cannot be said.
    pub(super) width: u16,
    /// Bytes of the shortest spelling as a source.
    pub(super) cost: u16,
    /// Bytes of its column with the shortest name.
    pub(super) column_cost: u16,
}

/// The columns of one name.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) words: Vec<WordId>,
    /// Bytes of the shortest spelling.
    pub(super) cost: u16,
    /// The tables that have it.
    pub(super) tables: Vec<TableIndex>,
}

/// Adds words and what they mean.
struct Builder<'b> {
    schema: &'b Schema,
    dialect: Dialect,
    spells: &'b dyn Fn(char) -> bool,
    words: &'b mut Words,
    names: Names,
}

impl Names {
    /// Of a schema; adds the words. Keywords must be in already, with their ids.
    pub(super) fn new(schema: &Schema, dialect: Dialect, spells: &dyn Fn(char) -> bool, words: &mut Words) -> Self {
        let names = Self {
            tables: Vec::new(),
            columns: Vec::new(),
            aliases: Vec::new(),
            by_cost: Vec::new(),
            roles: HashMap::new(),
        };
        let mut builder = Builder { schema, dialect, spells, words, names };
        builder.keywords();
        builder.columns();
        builder.tables();
        builder.aliases();
        let mut names = builder.names;
        names.by_cost = (0..names.tables.len() as TableIndex).collect();
        names.by_cost.sort_by_key(|&table| names.tables[usize::from(table)].cost);
        names
    }

    /// What a word may mean.
    pub(super) fn roles(&self, word: WordId) -> Roles {
        self.roles.get(&word).copied().unwrap_or_default()
    }

    pub(super) fn table(&self, table: TableIndex) -> &Table {
        &self.tables[usize::from(table)]
    }

    pub(super) fn name(&self, name: NameId) -> &Name {
        &self.columns[usize::from(name)]
    }
}

impl Builder<'_> {
    fn keywords(&mut self) {
        for &keyword in Keyword::ALL {
            let id = self.words.add(keyword.text(), keyword.is_exact());
            self.role(id).keyword = Some(keyword);
        }
    }

    fn role(&mut self, word: WordId) -> &mut Roles {
        self.names.roles.entry(word).or_default()
    }

    /// The words that spell a name: bare where that can be read, and in quotes.
    fn spellings(&mut self, name: &str, bare: bool) -> Vec<WordId> {
        let mut found = Vec::new();
        let spells = self.spells;
        let either = |c: char| spells(c) || spells(c.to_ascii_lowercase()) || spells(c.to_ascii_uppercase());
        let structural = Keyword::ALL.iter().any(|key| key.is_structural() && key.text().eq_ignore_ascii_case(name));
        if bare && !structural && name.chars().all(either) {
            found.push(self.words.add(name, false));
        }
        let mut quoted = String::new();
        write_quoted(&mut quoted, name, self.dialect);
        let exact = self.dialect == Dialect::Postgres;
        let letters = quoted.chars().all(|c| if exact { spells(c) } else { either(c) });
        if letters && !name.is_empty() && name.chars().all(|c| !c.is_control()) {
            found.push(self.words.add(&quoted, exact));
        }
        found
    }

    fn bare(&self, name: &str, place: Place) -> bool {
        !needs_quotes(name, self.dialect, place)
    }

    /// Distinct column names, without their tables.
    fn columns(&mut self) {
        let mut known: HashMap<String, NameId> = HashMap::new();
        for column in &self.schema.columns {
            if known.contains_key(&folded(&column.name)) || known.len() >= usize::from(NameId::MAX) {
                continue;
            }
            let words = self.spellings(&column.name, self.bare(&column.name, Place::Column));
            let Some(cost) = words.iter().map(|&word| self.words.length(word) as u16).min() else { continue };
            let id = self.names.columns.len() as NameId;
            words.iter().for_each(|&word| self.role(word).column = Some(id));
            self.names.columns.push(Name { words, cost, tables: Vec::new() });
            known.insert(folded(&column.name), id);
        }
        self.tables_of(&known);
    }

    /// Which columns each table has.
    fn tables_of(&mut self, known: &HashMap<String, NameId>) {
        for id in self.schema.table_ids().take(usize::from(TableIndex::MAX)) {
            let mut names = Bits::new(self.names.columns.len());
            let found = self.schema.columns_of(id).filter_map(|column| {
                let name = &self.schema.column(column).name;
                let id = *known.get(&folded(name))?;
                Some(usize::from(id))
            });
            for name in found {
                names.insert(name);
            }
            let column_cost = names.iter().map(|name| self.names.columns[name].cost).min().unwrap_or(0);
            let width = self.schema.table(id).columns.len() as u16;
            self.names.tables.push(Table {
                words: Vec::new(),
                qualifiers: Vec::new(),
                names,
                width,
                cost: u16::MAX,
                column_cost,
            });
        }
    }

    /// The words of tables. One without a column that can be said is not said either.
    fn tables(&mut self) {
        for (index, id) in self.schema.table_ids().enumerate().take(self.names.tables.len()) {
            if self.names.tables[index].names.is_empty() {
                continue;
            }
            let name = &self.schema.table(id).name;
            let as_table = self.bare(name, Place::Table);
            let words = self.spellings(name, as_table);
            let Some(cost) = words.iter().map(|&word| self.words.length(word) as u16).min() else { continue };
            let qualifies = as_table && self.bare(name, Place::Column);
            let index = index as TableIndex;
            words.iter().for_each(|&word| self.role(word).table = Some(index));
            // In quotes only where it must be: a text in double quotes may be a constant.
            let quoted = |word: WordId| self.words.length(word) > name.len();
            let qualifiers: Vec<WordId> = words.iter().copied().filter(|&word| quoted(word) != qualifies).collect();
            for &word in &qualifiers {
                self.role(word).qualifier = Some(Qualifier::Table(index));
            }
            let table = &mut self.names.tables[usize::from(index)];
            (table.words, table.qualifiers, table.cost) = (words, qualifiers, cost);
            for name in table.names.iter() {
                self.names.columns[name].tables.push(index);
            }
        }
    }

    /// `T1` to `T15` and single letters, but those that are a table's name.
    fn aliases(&mut self) {
        let numbered = (1..=15).map(|number| format!("t{number}"));
        let letters = ('a'..='z').map(|letter| letter.to_string());
        for alias in numbered.chain(letters) {
            let taken = self.schema.table_named(&alias).is_some();
            let spelled = alias.chars().all(|c| (self.spells)(c) || (self.spells)(c.to_ascii_uppercase()));
            if taken || !spelled || needs_quotes(&alias, self.dialect, Place::Table) {
                continue;
            }
            let word = self.words.add(&alias, false);
            let id = self.names.aliases.len() as AliasId;
            self.names.aliases.push(word);
            let role = self.role(word);
            (role.alias, role.qualifier) = (Some(id), Some(Qualifier::Alias(id)));
        }
    }
}

/// How names are compared in a text: letters beyond ASCII count as they are.
fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}
