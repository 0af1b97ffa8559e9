//! SQL text as a constraint of the search: the grammar over bytes met with a vocabulary's trie, and SQL's last word at
//! the end.
//!
//! A budget in ids: the grammar counts bytes, and as every byte it needs can be spelled by a piece of its own, what can
//! be finished in so many bytes can be finished in so many ids.

use crate::decode::Constraint;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::grammar::{Grammar, State};
use crate::schema::Schema;
use crate::sql;
use crate::tokens::Vocabulary;
use crate::tokens::trie::{Recogniser, Slice, Trie};

/// A vocabulary made ready for one dialect.
#[derive(Debug)]
pub struct TextVocabulary {
    vocabulary: Vocabulary,
    /// The id that ends a sequence.
    end: u32,
    dialect: Dialect,
    trie: Trie,
    /// Apart by each class of free text.
    slices: [Slice; 2],
}

impl TextVocabulary {
    /// With the id that ends a sequence.
    pub fn new(vocabulary: Vocabulary, end: u32, dialect: Dialect) -> Self {
        let class = |class: usize| Trie::slice(vocabulary.pieces(), |byte| Grammar::in_class(dialect, class, byte));
        let (trie, slices) = (Trie::new(vocabulary.pieces()), [class(0), class(1)]);
        Self { vocabulary, end, dialect, trie, slices }
    }

    /// The language of queries over a schema that this vocabulary can write.
    ///
    /// # Errors
    /// As [`Grammar::new`].
    pub fn grammar(&self, schema: &Schema) -> Result<Grammar> {
        let characters = self.vocabulary.characters();
        Grammar::new(schema, self.dialect, &|character| characters.spells(character))
    }

    /// What ids spell, without the spaces around it.
    pub fn text(&self, ids: &[u32]) -> String {
        self.vocabulary.text(ids).trim().to_owned()
    }

    /// Whether every character of a text has a piece.
    pub fn spells(&self, text: &str) -> bool {
        let characters = self.vocabulary.characters();
        text.chars().all(|character| characters.spells(character))
    }
}

/// Which texts may be written about one schema.
pub struct TextConstraint<'a> {
    schema: &'a Schema,
    grammar: &'a Grammar,
    vocabulary: &'a TextVocabulary,
    /// What stands before the SQL, such as `concert_singer |`.
    prefix: String,
    limit: usize,
}

/// The place after a prefix, and ids so far.
#[derive(Debug, Clone)]
pub struct TextState {
    place: Place,
    used: usize,
}

/// The place in a text.
#[derive(Debug, Clone)]
pub enum Place {
    /// After so many bytes of what stands before the SQL.
    Before(usize),
    /// In the SQL.
    Sql(State),
}

impl TextState {
    /// The place in the text.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

impl<'a> TextConstraint<'a> {
    /// At most `limit` ids, but never fewer than the shortest text needs.
    pub fn new(schema: &'a Schema, grammar: &'a Grammar, vocabulary: &'a TextVocabulary, limit: usize) -> Self {
        let constraint = Self { schema, grammar, vocabulary, prefix: String::new(), limit };
        constraint.with_prefix("")
    }

    /// The same with a text that must stand before the SQL, for models that were taught to write one.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.to_lowercase();
        self.limit = self.limit.max(self.cost(&self.first()));
        self
    }

    /// Ids of an answer at most, without the end.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The SQL that ids spell.
    pub fn sql(&self, ids: &[u32]) -> String {
        let text = self.vocabulary.text(ids);
        text.get(self.prefix.len()..).unwrap_or(&text).trim().to_owned()
    }

    fn first(&self) -> Place {
        if self.prefix.is_empty() { Place::Sql(self.grammar.start()) } else { Place::Before(0) }
    }

    fn cost(&self, place: &Place) -> usize {
        match place {
            Place::Before(read) => self.prefix.len() - read + self.grammar.cost(&self.grammar.start()),
            Place::Sql(state) => self.grammar.cost(state),
        }
    }

    /// Fills `ids` with what keeps within `left` more ids.
    fn tight(&self, place: &Place, left: usize, ids: &mut Vec<u32>) {
        let vocabulary = self.vocabulary;
        // What stands inside a text is not walked piece by piece where any of it leaves room enough to finish.
        let inside = match place {
            Place::Sql(state) if self.grammar.cost_in_text(state) < left => self.grammar.free(state),
            _ => None,
        };
        let slice = inside.map(|class| &vocabulary.slices[class]);
        if let Some(slice) = slice {
            ids.extend_from_slice(&slice.inside);
        }
        let fitting = |found: &[u32], after: &Place| {
            if self.cost(after) < left {
                ids.extend_from_slice(found);
            }
        };
        slice.map_or(&vocabulary.trie, |slice| &slice.rest).walk(self, place, fitting);
    }
}

impl Recogniser for TextConstraint<'_> {
    type State = Place;

    fn advance(&self, place: &Place, byte: u8) -> Option<Place> {
        match place {
            Place::Sql(state) => self.grammar.advance(state, byte).map(Place::Sql),
            Place::Before(read) => {
                // A first piece begins with the space before its word.
                let spaced = *read == 0 && byte == b' ';
                if spaced {
                    return Some(Place::Before(0));
                }
                let expected = self.prefix.as_bytes().get(*read)?;
                let next = read + 1;
                let after =
                    if next == self.prefix.len() { Place::Sql(self.grammar.start()) } else { Place::Before(next) };
                byte.eq_ignore_ascii_case(expected).then_some(after)
            }
        }
    }
}

impl Constraint for TextConstraint<'_> {
    type State = TextState;

    fn start(&self) -> TextState {
        TextState { place: self.first(), used: 0 }
    }

    fn allowed(&self, state: &TextState, ids: &mut Vec<u32>) {
        let (place, left) = (&state.place, self.limit.saturating_sub(state.used));
        let Place::Sql(sql) = place else { return self.tight(place, left, ids) };
        let (grammar, vocabulary) = (self.grammar, self.vocabulary);
        if grammar.is_complete(sql) {
            ids.push(vocabulary.end);
        }
        if left < grammar.cost_bound(sql) + 2 * grammar.largest_step(sql) {
            return self.tight(place, left, ids);
        }
        let mut any = |found: &[u32], _: &State| ids.extend_from_slice(found);
        match grammar.free(sql) {
            Some(class) => {
                let slice = &vocabulary.slices[class];
                any(&slice.inside, sql);
                slice.rest.walk(grammar, sql, any);
            }
            None => vocabulary.trie.walk(grammar, sql, any),
        }
    }

    fn advance(&self, state: &TextState, id: u32) -> Option<TextState> {
        let bytes = self.vocabulary.vocabulary.bytes(id);
        let read = |place: Place, byte: &u8| Recogniser::advance(self, &place, *byte);
        let place = bytes.iter().try_fold(state.place.clone(), read)?;
        (!bytes.is_empty()).then_some(TextState { place, used: state.used + 1 })
    }

    fn accepts(&self, ids: &[u32]) -> bool {
        sql::check(&self.sql(ids), self.vocabulary.dialect, self.schema).is_ok()
    }

    fn end(&self) -> u32 {
        self.vocabulary.end
    }

    /// Goes the cheapest way from the start, which `grammar` knows byte by byte.
    fn shortest(&self) -> Option<Vec<u32>> {
        let (mut place, mut ids) = (self.first(), Vec::new());
        for _ in 0..=self.cost(&place) {
            if matches!(&place, Place::Sql(state) if self.grammar.is_complete(state)) && self.accepts(&ids) {
                return Some(ids);
            }
            let mut best: Option<(usize, u32, Place)> = None;
            self.vocabulary.trie.walk(self, &place, |found, after| {
                let cost = self.cost(after);
                if let Some(&id) = found.iter().min()
                    && best.as_ref().is_none_or(|(least, lowest, _)| (cost, id) < (*least, *lowest))
                {
                    best = Some((cost, id, after.clone()));
                }
            });
            let (_, id, after) = best?;
            ids.push(id);
            place = after;
        }
        None
    }
}
