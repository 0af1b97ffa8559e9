//! Places by their names, adjectives and codes: that `France`, `French` and `FR` mean one country.
//!
//! The table is `places.txt`, which says how its lines are read; [`columns`] knows which columns hold which place. This
//! file knows nothing about schemas.

pub(super) mod columns;

use super::text::normal;
use std::borrow::Cow;
use std::collections::HashMap;

const TABLE: &str = include_str!("places.txt");

/// The longest run of words that is searched as a place.
pub(super) const LONGEST_PLACE: usize = 6;
/// Words of a place's name that people leave out.
const SMALL_WORDS: &[&str] = &["and", "the"];
/// Spellings that are other words too where they have no capital.
const NEEDS_CAPITAL: &[&str] = &["jersey", "kiwi", "kiwis", "pole", "poles", "polish"];

/// A line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PlaceId(u16);

/// What a place is, by the table's headings; codes of different families are not to be mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Country,
    Region,
    State,
}

/// How a place is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `France`.
    Name,
    /// `French`, `Frenchwomen`.
    Adjective,
    /// `FR`.
    Code,
}

/// What a text may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) place: PlaceId,
    pub(super) form: Form,
}

#[derive(Debug)]
struct Place {
    family: Family,
    /// The usual one.
    name: &'static str,
    /// The usual one; empty where there is none.
    adjective: &'static str,
    codes: Vec<&'static str>,
    /// The name of the wider place that may stand for it; empty where there is none.
    wider: &'static str,
}

/// The table, ready to be searched.
#[derive(Debug)]
pub(super) struct Places {
    places: Vec<Place>,
    meanings: HashMap<String, Vec<Meaning>>,
}

impl Places {
    pub(super) fn new() -> Self {
        let mut table = Self { places: Vec::new(), meanings: HashMap::new() };
        let mut family = Family::Country;
        for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line {
                "[countries]" => family = Family::Country,
                "[regions]" => family = Family::Region,
                "[states]" => family = Family::State,
                _ => table.add(line, family),
            }
        }
        table
    }

    fn add(&mut self, line: &'static str, family: Family) {
        let place = PlaceId(self.places.len() as u16);
        let mut fields = line.split('|').map(str::trim);
        let mut field = || fields.next().unwrap_or_default();
        let (names, adjectives, codes, wider) = (list(field()), list(field()), field(), field());
        let codes: Vec<&str> = codes.split_whitespace().collect();
        for (spellings, form) in [(&names, Form::Name), (&adjectives, Form::Adjective), (&codes, Form::Code)] {
            for spelling in spellings {
                let meanings = self.meanings.entry(key(&normal(spelling)).into_owned()).or_default();
                if meanings.iter().all(|meaning| meaning.place != place) {
                    meanings.push(Meaning { place, form });
                }
            }
        }
        let first = |spellings: &[&'static str]| spellings.first().copied().unwrap_or_default();
        let (name, adjective) = (first(&names), first(&adjectives));
        self.places.push(Place { family, name, adjective, codes, wider });
    }

    /// What a normalised text means as it stands in the table, the likeliest first.
    pub(super) fn meanings(&self, normal: &str) -> &[Meaning] {
        self.meanings.get(&*key(normal)).map_or(&[], Vec::as_slice)
    }

    /// What words may mean where people write them: plurals as well, codes in capitals only.
    pub(super) fn said(&self, written: &str) -> Vec<Meaning> {
        let lower = normal(written);
        let is_loud = written.chars().any(char::is_uppercase) && !written.chars().any(char::is_lowercase);
        if (lower == "us" && !is_loud) || (NEEDS_CAPITAL.contains(&&*lower) && !written.starts_with(char::is_uppercase))
        {
            return Vec::new();
        }
        let found = self.meanings(&lower);
        if found.is_empty() {
            return self.plural(&lower);
        }
        found.iter().copied().filter(|meaning| is_loud || meaning.form != Form::Code).collect()
    }

    /// `germans`, `frenchmen`, `dutchwoman`.
    fn plural(&self, lower: &str) -> Vec<Meaning> {
        let singular = match lower.strip_suffix('s') {
            Some(singular) => singular.to_owned(),
            None => match ["women", "woman", "men"].iter().find_map(|ending| lower.strip_suffix(ending)) {
                Some(stem) => format!("{stem}man"),
                None => return Vec::new(),
            },
        };
        let people = |meaning: &&Meaning| meaning.form == Form::Adjective;
        self.meanings(&singular).iter().filter(people).copied().collect()
    }

    pub(super) fn wider(&self, place: PlaceId) -> Option<PlaceId> {
        let wider = self.place(place).wider;
        (!wider.is_empty()).then(|| self.meanings(&normal(wider)).first().map(|meaning| meaning.place)).flatten()
    }

    /// The place that a code of this family stands for.
    pub(super) fn coded(&self, normal: &str, family: Family) -> Option<PlaceId> {
        let codes = |place: &PlaceId| {
            let place = self.place(*place);
            place.family == family && place.codes.iter().any(|code| code.eq_ignore_ascii_case(normal))
        };
        self.meanings(normal).iter().map(|meaning| meaning.place).find(codes)
    }

    /// The usual spelling of a place; a code is as long as `like`.
    pub(super) fn spelled(&self, place: PlaceId, form: Form, like: &str) -> Option<&'static str> {
        let place = self.place(place);
        let spelled = match form {
            Form::Name => place.name,
            Form::Adjective => place.adjective,
            Form::Code => place.codes.iter().find(|code| code.len() == like.trim().len())?,
        };
        (!spelled.is_empty()).then_some(spelled)
    }

    fn place(&self, id: PlaceId) -> &Place {
        &self.places[usize::from(id.0)]
    }
}

fn list(field: &'static str) -> Vec<&'static str> {
    field.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
}

/// A normalised text without small words, `st` written out.
fn key(normal: &str) -> Cow<'_, str> {
    let is_odd = |word: &str| SMALL_WORDS.contains(&word) || word == "st";
    if !normal.split(' ').any(is_odd) {
        return Cow::Borrowed(normal);
    }
    let words = normal.split(' ').filter(|word| !SMALL_WORDS.contains(word));
    Cow::Owned(words.map(|word| if word == "st" { "saint" } else { word }).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn check(written: &str, expected: &[(&str, Form)]) {
        let places = Places::new();
        let found: Vec<_> =
            places.said(written).iter().map(|meaning| (places.place(meaning.place).name, meaning.form)).collect();
        assert_eq!(found, expected, "{written}");
    }

    #[test]
    fn places_are_known_by_names_adjectives_and_codes() {
        check("France", &[("France", Form::Name)]);
        check("french", &[("France", Form::Adjective)]);
        check("Frenchwomen", &[("France", Form::Adjective)]);
        check("Germans", &[("Germany", Form::Adjective)]);
        check("Philippines", &[("Philippines", Form::Name)]);
        check("the Netherlands", &[("Netherlands", Form::Name)]);
        check("St. Kitts & Nevis", &[("Saint Kitts and Nevis", Form::Name)]);
        check("Cote d'Ivoire", &[("Ivory Coast", Form::Name)]);
        check("U.S.", &[("United States", Form::Name)]);
        check("US", &[("United States", Form::Name)]);
        check("Georgia", &[("Georgia", Form::Name), ("Georgia", Form::Name)]);
        check("Dominicans", &[("Dominican Republic", Form::Adjective), ("Dominica", Form::Adjective)]);
        check("European", &[("Europe", Form::Adjective)]);
        check("CA", &[("Canada", Form::Code), ("California", Form::Code)]);
    }

    #[test]
    fn other_words_are_no_places() {
        for word in ["us", "in", "no", "Ca", "polish", "jerseys", "women", "men", "s", "", "the", "and"] {
            check(word, &[]);
        }
    }

    #[test]
    fn the_table_is_sound() {
        let places = Places::new();
        let mut codes = HashSet::new();
        for place in &places.places {
            assert!(!place.name.is_empty());
            assert!(place.wider.is_empty() || !places.meanings(&normal(place.wider)).is_empty(), "{}", place.wider);
            for code in &place.codes {
                assert!(codes.insert((place.family as u8, *code)), "{code} stands twice");
                assert!((2..=3).contains(&code.len()) && code.bytes().all(|c| c.is_ascii_uppercase()), "{code}");
            }
        }
        for spelling in places.meanings.keys() {
            assert!(spelling.split(' ').count() <= LONGEST_PLACE + 2, "{spelling}");
        }
    }
}
