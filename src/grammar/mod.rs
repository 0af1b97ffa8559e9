//! SQL text over one schema as a recogniser of bytes, for models that write text.
//!
//! | file | what it owns |
//! |---|---|
//! | `keyword` | the words and signs of the language |
//! | `words`, `names`, `bits` | every word as a trie; what the schema's names are; sets |
//! | `state` | where a recogniser stands: goals, open selects |
//! | `lexer` | bytes → words, signs, constants |
//! | `offer` | what may follow |
//! | `step`, `step_value` | the place after one more lexeme |
//! | `scope`, `cover` | what names mean; which tables FROM can still bring |
//! | `cost` | the cheapest way to finish |
//!
//! SELECT comes before FROM: a select list may say columns of any tables that FROM can still bring, and FROM must then
//! bring them. What is accepted is one read-only statement that parses, resolves and prepares.
//!
//! Knows nothing about ids of a vocabulary, scores or how text is parsed elsewhere; laws hold it and `sql` together.

mod bits;
mod cost;
mod cover;
mod keyword;
mod lexer;
mod names;
mod offer;
mod scope;
mod state;
mod step;
mod step_value;
mod words;

use std::rc::Rc;

use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::tokens::trie::Recogniser;
use keyword::{COMPARISONS, Sign};
use names::Names;
use state::{Core, Goal, Kind, Lex, Scope, Stack};
use words::Words;

pub use state::State;

/// The language of queries over one schema in one dialect.
#[derive(Debug)]
pub struct Grammar {
    dialect: Dialect,
    words: Words,
    names: Names,
    /// The comparisons that can be spelled.
    signs: u16,
    /// Columns of the widest select that sources can give.
    widest: usize,
    /// Whether a text may stand in double quotes.
    double_texts: bool,
    longest_alias: u32,
    longest_name: u32,
    longest_planned: u32,
    longest_left: u32,
}

/// Characters that every text needs; without them nothing can be said.
const NEEDED: &str = "abcdefghijklmnopqrstuvwxyz01 (),.*='";

impl Grammar {
    /// Over a schema, for a vocabulary of which `spells` says what single characters it can write.
    ///
    /// # Errors
    /// [`Error::Input`] where the vocabulary cannot write SQL, [`Error::Schema`] where it can write no table's name.
    pub fn new(schema: &Schema, dialect: Dialect, spells: &dyn Fn(char) -> bool) -> Result<Self> {
        let either = |c: char| spells(c) || spells(c.to_ascii_uppercase());
        let lacks: String = NEEDED.chars().filter(|&c| !either(c)).collect();
        if !lacks.is_empty() {
            return Err(Error::input(format!("the model's vocabulary cannot write SQL: it lacks {lacks:?}")));
        }
        let mut words = Words::new();
        let names = Names::new(schema, dialect, spells, &mut words);
        if names.by_cost.iter().all(|&table| names.table(table).words.is_empty()) {
            let finding = "the model's vocabulary can write no table's name";
            return Err(Error::Schema { findings: vec![finding.to_owned()] });
        }
        Ok(Self::with(dialect, words, names, spells))
    }

    fn with(dialect: Dialect, words: Words, names: Names, spells: &dyn Fn(char) -> bool) -> Self {
        let length = |word: &u32| words.length(*word) as u32;
        let longest_alias = names.aliases.iter().map(length).max().unwrap_or(0);
        let longest_name = names.columns.iter().map(|name| u32::from(name.cost)).max().unwrap_or(0);
        let sayable = names.tables.iter().filter(|table| !table.words.is_empty());
        let longest_table = sayable.clone().map(|table| u32::from(table.cost)).max().unwrap_or(0);
        let mut widths: Vec<usize> = sayable.map(|table| usize::from(table.width)).collect();
        widths.sort_unstable_by(|a, b| b.cmp(a));
        let spelled = |sign: &Sign| match sign {
            Sign::NotEqual => spells('!'),
            Sign::Less | Sign::LessOrEqual => spells('<'),
            Sign::Unequal => spells('<') && spells('>'),
            Sign::Greater | Sign::GreaterOrEqual => spells('>'),
            _ => true,
        };
        Self {
            signs: COMPARISONS.iter().filter(|sign| spelled(sign)).fold(0, |signs, sign| signs | sign.bit()),
            widest: widths.iter().take(cover::MAX_SOURCES).sum::<usize>().max(1),
            double_texts: dialect != Dialect::Postgres && spells('"'),
            longest_alias,
            longest_name,
            longest_planned: longest_table + longest_alias + 6,
            longest_left: 2 * (3 + longest_table.max(longest_alias) + longest_name) + 1,
            dialect,
            words,
            names,
        }
    }

    /// The state before the first byte.
    pub fn start(&self) -> State {
        let mut scope = Scope::new(Kind::Top, false);
        scope.plan = self.cover(&scope, None).unwrap_or_default();
        let stack = Stack { goals: vec![Goal::End, Goal::Select], scopes: vec![Rc::new(scope)] };
        State { core: Core::new(stack, None), lex: Lex::Gap { space: false, after_word: false } }
    }

    /// Whether the text may end here.
    pub fn is_complete(&self, state: &State) -> bool {
        self.may_end(state)
    }

    /// Bytes to the end at least: an upper bound that some continuation meets, each of its bytes a step down.
    pub fn cost(&self, state: &State) -> usize {
        self.state_cost(state) as usize
    }

    /// [`Grammar::cost`] at most after any more text of the class that [`Grammar::free`] names, from where it names one.
    pub fn cost_in_text(&self, state: &State) -> usize {
        match state.lex {
            Lex::Double { .. } => self.double_text_cost(&state.core) as usize,
            _ => self.cost(state),
        }
    }

    /// An upper bound of [`Grammar::cost`] that takes no time.
    pub fn cost_bound(&self, state: &State) -> usize {
        self.core_cost(&state.core) as usize + self.largest_step(state)
    }

    /// Bytes that a single word or sign can add to the cheapest way to finish.
    pub fn largest_step(&self, state: &State) -> usize {
        let scopes = &state.core.stack.scopes;
        let widest = scopes.iter().map(|scope| self.width(scope).max(scope.need.unwrap_or(0))).max().unwrap_or(0);
        // Another name may turn the whole plan over, and a derived table must put out all that was said.
        let said = scopes.iter().map(|scope| scope.demands.len() + scope.bindings.len()).max().unwrap_or(0);
        let names = scopes.iter().flat_map(|scope| &scope.bindings).map(|binding| binding.names.len()).sum::<usize>();
        let tables = self.longest_planned as usize * (said + 2).min(cover::MAX_SOURCES);
        let derived = (2 + self.longest_name as usize) * (said + names + 1);
        80 + tables + derived + self.longest_left as usize + 3 * usize::from(widest)
    }

    /// The class of text that may stand here in any amount, as an index for [`Grammar::in_class`].
    pub fn free(&self, state: &State) -> Option<usize> {
        use state::Utf8::Done;
        match state.lex {
            Lex::Text { utf8: Done, closed: false } => Some(0),
            Lex::Double { utf8: Done, .. } if self.double_texts && self.offer(&state.core).text => Some(1),
            _ => None,
        }
    }

    /// Whether a byte belongs to a class of free text: 0 for single quotes, 1 for double ones.
    pub fn in_class(dialect: Dialect, class: usize, byte: u8) -> bool {
        let quote = if class == 0 { b'\'' } else { b'"' };
        let escape = byte == b'\\' && lexer::escapes(dialect);
        matches!(byte, b' '..=b'~' | 0x80..) && byte != quote && !escape
    }
}

impl Recogniser for Grammar {
    type State = State;

    fn advance(&self, state: &State, byte: u8) -> Option<State> {
        self.read(state, byte)
    }
}
