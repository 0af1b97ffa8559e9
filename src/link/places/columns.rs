//! Which columns hold which place, the question's meetings with them, and the cell that a place's name means.
//!
//! A column counts where at least half of its cells are places, or codes of one family. Built once a schema.

use super::{Family, Form, LONGEST_PLACE, Meaning, PlaceId, Places, SMALL_WORDS};
use crate::link::prompt::{Link, LinkKind, LinkTarget};
use crate::link::question::{Question, Token};
use crate::link::text::{normal, stems};
use crate::schema::{Column, ColumnId, ColumnKind, Schema};
use std::collections::HashMap;

/// Cells of a column that decide what it holds.
const LOOKED_AT: usize = 200;
/// The fewest cells that are taken for codes where the column's name does not say of what.
const FEWEST_CODES: usize = 3;
/// The share of cells that must be places where a column's name says that they are, as (of, at least).
const SURE: (usize, usize) = (9, 10);
/// The longest cell that may be a place, in bytes.
const LONGEST_CELL: usize = 60;
/// Stems in the names of columns that hold codes of countries.
const COUNTRY_WORDS: &[&str] = &["citizenship", "countri", "nation"];
/// Stems in the names of columns that hold codes of states.
const STATE_WORDS: &[&str] = &["provinc", "state"];

/// The places that a schema's columns hold.
#[derive(Debug, Default)]
pub(in crate::link) struct PlaceColumns {
    /// Missing where no column has cells.
    places: Option<Places>,
    /// Columns with the place's name or adjective.
    named: HashMap<PlaceId, Vec<ColumnId>>,
    /// Columns with the place's code.
    coded: HashMap<PlaceId, Vec<ColumnId>>,
    /// Columns of codes.
    families: HashMap<ColumnId, Family>,
}

impl PlaceColumns {
    pub(in crate::link) fn new(schema: &Schema) -> Self {
        let holds_text = |column: &Column| column.kind == ColumnKind::Text && !column.samples.is_empty();
        if !schema.columns.iter().any(holds_text) {
            return Self::default();
        }
        let places = Places::new();
        let mut index = Self::default();
        for id in schema.column_ids().filter(|id| holds_text(schema.column(*id))) {
            index.add(&places, id, schema.column(id));
        }
        index.places = Some(places);
        index
    }

    fn add(&mut self, places: &Places, id: ColumnId, column: &Column) {
        let looked_at: Vec<String> = column
            .samples
            .iter()
            .filter(|cell| !cell.trim().is_empty())
            .take(LOOKED_AT)
            .map(|cell| short(cell))
            .collect();
        if let Some(family) = family(places, column, &looked_at) {
            self.families.insert(id, family);
            let coded = column.samples.iter().filter_map(|cell| places.coded(&short(cell), family));
            coded.for_each(|place| push(&mut self.coded, place, id));
        }
        let named = looked_at.iter().filter(|cell| !spelled_out(places, cell).is_empty()).count();
        if named > 0 && 2 * named >= looked_at.len() {
            for meaning in column.samples.iter().flat_map(|cell| spelled_out(places, &short(cell))) {
                push(&mut self.named, meaning.place, id);
            }
        }
    }

    /// Meetings of the question with places that are spelled in another way than in the cells; `is_cell` says what is a
    /// cell as it stands.
    pub(in crate::link) fn meet(&self, question: &Question, is_cell: impl Fn(&str) -> bool, links: &mut Vec<Link>) {
        let Some(places) = &self.places else { return };
        if self.named.is_empty() && self.coded.is_empty() {
            return;
        }
        for run in question.loose_runs(LONGEST_PLACE).filter(|run| is_tight(run)) {
            let written: Vec<&str> = run.iter().map(|token| question.words[token.word].text.as_str()).collect();
            let meanings = places.said(&written.join(" "));
            if meanings.is_empty() {
                continue;
            }
            let lower: Vec<&str> = run.iter().map(|token| token.lower.as_str()).collect();
            let is_cell = is_cell(&lower.join(" "));
            for meaning in meanings {
                self.link(places, meaning, is_cell, run, links);
            }
        }
    }

    /// Cells with the words of the question keep names and codes from meeting others; an adjective (`French`) may be
    /// a cell of its own, a language, and still mean a country, if less surely.
    fn link(&self, places: &Places, meaning: Meaning, is_cell: bool, run: &[Token], links: &mut Vec<Link>) {
        if is_cell && meaning.form != Form::Adjective {
            return;
        }
        let kinds: &[LinkKind] = if is_cell { &[LinkKind::CellStem] } else { &[LinkKind::Cell, LinkKind::CellStem] };
        for column in self.columns(places, meaning, is_cell) {
            for kind in kinds {
                let target = LinkTarget::Column(*column);
                links.push(Link { words: Question::words_of(run), kind: *kind, target });
            }
        }
    }

    /// Names and adjectives before those of the wider place, and those before codes.
    fn columns(&self, places: &Places, meaning: Meaning, is_cell: bool) -> &[ColumnId] {
        let named = self.named.get(&meaning.place);
        let wider = || places.wider(meaning.place).filter(|_| !is_cell).and_then(|place| self.named.get(&place));
        let coded = || self.coded.get(&meaning.place).filter(|_| !is_cell && meaning.form != Form::Code);
        named.or_else(wider).or_else(coded).map_or(&[], Vec::as_slice)
    }

    /// Whether a text is a place, so that it is no misspelling of another.
    pub(in crate::link) fn is_place(&self, text: &str) -> bool {
        let spelled_out = |meaning: &Meaning| meaning.form != Form::Code;
        self.said(text).iter().any(spelled_out)
    }

    /// The places that words may mean.
    pub(in crate::link) fn said(&self, text: &str) -> Vec<Meaning> {
        self.places.as_ref().map(|places| places.said(text)).unwrap_or_default()
    }

    /// The cell of a column that means the same place as a text.
    pub(in crate::link) fn cell<'a>(&self, text: &str, cells: &'a [String], id: ColumnId) -> Option<&'a String> {
        let places = self.places.as_ref()?;
        let said = places.said(text);
        let exactly = said.iter().map(|meaning| meaning.place);
        let wider = said.iter().filter_map(|meaning| places.wider(meaning.place));
        exactly.chain(wider).find_map(|place| cells.iter().find(|cell| self.is_spelling(cell, place, id)))
    }

    /// Whether a cell of the column is a name, an adjective or, where such are held, the code of a place.
    pub(in crate::link) fn is_spelling(&self, cell: &str, place: PlaceId, id: ColumnId) -> bool {
        let Some(places) = &self.places else { return false };
        let cell = short(cell);
        spelled_out(places, &cell).iter().any(|meaning| meaning.place == place)
            || self.families.get(&id).is_some_and(|family| places.coded(&cell, *family) == Some(place))
    }

    /// How the column would spell a place that none of its cells is: `France` for `French` beside `Spain` and `Italy`.
    pub(in crate::link) fn spelled_alike(&self, text: &str, cells: &[String], id: ColumnId) -> Option<&'static str> {
        let places = self.places.as_ref()?;
        let [Meaning { place, form: Form::Name | Form::Adjective }] = places.said(text)[..] else { return None };
        let family = self.families.get(&id);
        let form = |cell: &String| match spelled_out(places, cell).first() {
            Some(meaning) => Some(meaning.form),
            None => family.and_then(|family| places.coded(cell, *family)).map(|_| Form::Code),
        };
        let forms: Vec<(String, Option<Form>)> = cells
            .iter()
            .take(LOOKED_AT)
            .map(|cell| short(cell))
            .map(|cell| {
                let form = form(&cell);
                (cell, form)
            })
            .collect();
        // Two cells of one form, and half of all, show how the column spells places.
        [Form::Name, Form::Adjective, Form::Code].into_iter().find_map(|usual| {
            let alike = forms.iter().filter(|(_, form)| *form == Some(usual)).count();
            let like = forms.iter().find(|(_, form)| *form == Some(usual)).map(|(cell, _)| cell.as_str())?;
            (alike >= 2 && 2 * alike >= forms.len()).then(|| places.spelled(place, usual, like)).flatten()
        })
    }
}

/// A cell in normal form; empty where it is too long for a place.
fn short(cell: &str) -> String {
    if cell.len() > LONGEST_CELL || cell.bytes().any(|c| c.is_ascii_digit()) { String::new() } else { normal(cell) }
}

/// What a cell means as a name or adjective.
fn spelled_out(places: &Places, cell: &str) -> Vec<Meaning> {
    places.meanings(cell).iter().copied().filter(|meaning| meaning.form != Form::Code).collect()
}

/// The family of which a column holds codes, names beside them where its own name says so, which also decides where two
/// families would do.
fn family(places: &Places, column: &Column, cells: &[String]) -> Option<Family> {
    let stems = stems(&normal(&column.label));
    let says = |words: &[&str]| stems.iter().any(|stem| words.contains(&stem.as_str()));
    let codes = |family: Family| cells.iter().filter(|cell| places.coded(cell, family).is_some()).count();
    let mixed = |family: Family| {
        let is_place = |cell: &&String| !spelled_out(places, cell).is_empty() || places.coded(cell, family).is_some();
        let count = cells.iter().filter(is_place).count();
        codes(family) > 0 && SURE.0 * cells.len() <= SURE.1 * count
    };
    let is_loud = || column.samples.iter().all(|cell| !cell.chars().any(char::is_lowercase));
    match (says(COUNTRY_WORDS), says(STATE_WORDS)) {
        (true, _) if mixed(Family::Country) => Some(Family::Country),
        (_, true) if mixed(Family::State) => Some(Family::State),
        (false, false) if cells.len() >= FEWEST_CODES && is_loud() => {
            match (codes(Family::Country) == cells.len(), codes(Family::State) == cells.len()) {
                (true, false) => Some(Family::Country),
                (false, true) => Some(Family::State),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a run neither begins nor ends with a word that a place's name may lack.
fn is_tight(run: &[Token]) -> bool {
    let is_small = |token: Option<&Token>| token.is_none_or(|token| SMALL_WORDS.contains(&token.lower.as_str()));
    !is_small(run.first()) && !is_small(run.last())
}

fn push(columns: &mut HashMap<PlaceId, Vec<ColumnId>>, place: PlaceId, id: ColumnId) {
    let columns = columns.entry(place).or_default();
    if columns.last() != Some(&id) {
        columns.push(id);
    }
}
