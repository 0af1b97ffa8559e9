//! The language of summaries: which word may follow a prefix.
//!
//! A summary is lines; a line is one sentence of the article, from its first word to its last mark, less runs that
//! [`super::cuts`] allows; no sentence gives two lines. Symbols are the words and marks of the article by number, so
//! that what is written can be traced. Every prefix has a way to its end.

use super::article::{Article, SentenceKind};
use super::deletions::{Cut, Deletion, FEWEST_WORDS, cuts};
use super::lexicon::is_verb;
use super::units::{Unit, join, units};
use std::collections::HashMap;
use std::ops::{Add, Range};

/// A sentence as the recogniser sees it.
#[derive(Debug, Clone)]
struct Shape {
    /// The number of its first unit.
    first: u32,
    units: Vec<Unit>,
    cuts: Vec<Cut>,
    /// What stands from each unit to the end; one more entry, of nothing.
    left: Vec<Kept>,
}

/// What a line holds so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Kept {
    words: usize,
    verbs: usize,
}

/// The best way to the end of a sentence: what it is worth, the unit that comes next on it.
type Ways = HashMap<(usize, Kept), (f32, usize)>;

/// What may be written about an article.
#[derive(Debug, Clone)]
pub struct Recogniser<'a> {
    article: &'a Article,
    shapes: Vec<Shape>,
    most_lines: usize,
}

/// A place in a summary.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineState {
    /// Sentences that have their line, or have it begun; in the order of writing.
    used: Vec<usize>,
    /// Inside a line: the unit of the last of `used` that comes next, and what is kept so far.
    open: Option<(usize, Kept)>,
}

/// A line of a summary: what it keeps of which sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The sentence, by its index.
    pub sentence: usize,
    /// The units of the sentence that are kept.
    pub kept: Vec<usize>,
    /// As it is read.
    pub text: String,
}

impl<'a> Recogniser<'a> {
    /// Over all sentences of an article, for at most so many lines, with deletions of these kinds.
    pub fn new(article: &'a Article, kinds: &[Deletion], most_lines: usize) -> Self {
        let mut first = 0;
        let shapes = (0..article.sentences().len()).map(|index| {
            let sentence = article.sentence(index);
            let units = units(sentence);
            // Headings and captions stay as they are.
            let is_prose = article.sentences()[index].kind == SentenceKind::Prose;
            let cuts = if is_prose { cuts(sentence, &units, kinds) } else { Vec::new() };
            let mut left = vec![Kept::default(); units.len() + 1];
            for place in (0..units.len()).rev() {
                left[place] = left[place + 1] + Kept::of(sentence, &units[place]);
            }
            let shape = Shape { first, cuts, left, units };
            first += shape.units.len() as u32;
            shape
        });
        Self { shapes: shapes.collect(), article, most_lines }
    }

    /// The number of symbols: every word and mark of the article.
    pub fn symbols(&self) -> u32 {
        self.shapes.last().map_or(0, |shape| shape.first + shape.units.len() as u32)
    }

    /// The place before the first line.
    pub fn start(&self) -> LineState {
        LineState::default()
    }

    /// Whether the summary may end here: behind a whole line.
    pub fn may_end(&self, state: &LineState) -> bool {
        state.open.is_none() && !state.used.is_empty()
    }

    /// The symbols that may follow.
    pub fn next(&self, state: &LineState) -> Vec<u32> {
        if let (Some((place, kept)), Some(&sentence)) = (state.open, state.used.last()) {
            let shape = &self.shapes[sentence];
            return shape.places(place, kept).into_iter().map(|place| shape.first + place as u32).collect();
        }
        if state.used.len() >= self.most_lines {
            return Vec::new();
        }
        let free = (0..self.shapes.len()).filter(|index| !state.used.contains(index));
        let shapes = free.map(|index| &self.shapes[index]);
        shapes
            .flat_map(|shape| shape.places(0, Kept::default()).into_iter().map(|place| shape.first + place as u32))
            .collect()
    }

    /// The place after one more symbol; `None` where it may not follow.
    pub fn advance(&self, state: &LineState, symbol: u32) -> Option<LineState> {
        let sentence = self.shapes.partition_point(|shape| shape.first <= symbol).checked_sub(1)?;
        let shape = &self.shapes[sentence];
        let unit = (symbol - shape.first) as usize;
        let (from, kept, begins) = match state.open {
            Some((place, kept)) if state.used.last() == Some(&sentence) => (place, kept, false),
            Some(_) => return None,
            None if state.used.contains(&sentence) || state.used.len() >= self.most_lines => return None,
            None => (0, Kept::default(), true),
        };
        if !shape.places(from, kept).contains(&unit) {
            return None;
        }
        let mut used = state.used.clone();
        if begins {
            used.push(sentence);
        }
        let next = unit + 1;
        let kept = kept + shape.between(unit, unit + 1);
        Some(LineState { used, open: (next < shape.units.len()).then_some((next, kept)) })
    }

    /// The lines that a sequence of symbols spells; `None` where it is no summary.
    pub fn read(&self, symbols: &[u32]) -> Option<Vec<Line>> {
        let mut state = self.start();
        let mut lines: Vec<(usize, Vec<usize>)> = Vec::new();
        for &symbol in symbols {
            let begins = state.open.is_none();
            state = self.advance(&state, symbol)?;
            let sentence = *state.used.last()?;
            if begins {
                lines.push((sentence, Vec::new()));
            }
            lines.last_mut()?.1.push((symbol - self.shapes[sentence].first) as usize);
        }
        let lines = lines.into_iter().map(|(sentence, kept)| self.line(sentence, kept));
        self.may_end(&state).then(|| lines.collect())
    }

    /// What may be left out of a sentence.
    pub fn cuts(&self, sentence: usize) -> &[Cut] {
        self.shapes.get(sentence).map_or(&[], |shape| &shape.cuts)
    }

    /// The line without those cuts of a sentence that are worth most together, by what each of
    /// [`Recogniser::cuts`] is worth; a cut without worth, or worth nothing, stays. Of equals, the line that keeps more.
    pub fn compressed(&self, sentence: usize, worth: &[f32]) -> Line {
        let kept = self.shapes.get(sentence).map(|shape| shape.compressed(worth)).unwrap_or_default();
        self.line(sentence, kept)
    }

    /// A sentence as it stands.
    pub fn whole(&self, sentence: usize) -> Line {
        let kept = self.shapes.get(sentence).map(|shape| (0..shape.units.len()).collect()).unwrap_or_default();
        self.line(sentence, kept)
    }

    /// Where units of a sentence stand in it, in bytes.
    pub fn bytes(&self, sentence: usize, range: &Range<usize>) -> Range<usize> {
        let units = self.shapes.get(sentence).and_then(|shape| shape.units.get(range.clone())).unwrap_or_default();
        match units {
            [first, .., last] => first.range.start..last.range.end,
            [only] => only.range.clone(),
            [] => 0..0,
        }
    }

    /// The symbols that spell a line.
    pub fn spell(&self, line: &Line) -> Vec<u32> {
        let first = self.shapes.get(line.sentence).map_or(0, |shape| shape.first);
        line.kept.iter().map(|&unit| first + unit as u32).collect()
    }

    /// Where the kept words of a line stand in the article's text, in bytes; neighbours as one.
    pub fn places(&self, line: &Line) -> Vec<Range<usize>> {
        let (Some(shape), Some(sentence)) =
            (self.shapes.get(line.sentence), self.article.sentences().get(line.sentence))
        else {
            return Vec::new();
        };
        let mut places: Vec<Range<usize>> = Vec::new();
        let mut last = None;
        for &index in &line.kept {
            let Some(unit) = shape.units.get(index) else { continue };
            let range = sentence.range.start + unit.range.start..sentence.range.start + unit.range.end;
            match places.last_mut() {
                Some(place) if last.is_some_and(|last| last + 1 == index) => place.end = range.end,
                _ => places.push(range),
            }
            last = Some(index);
        }
        places
    }

    fn line(&self, sentence: usize, kept: Vec<usize>) -> Line {
        let units = self.shapes.get(sentence).map_or(&[][..], |shape| &shape.units);
        let text = join(self.article.sentence(sentence), units, &kept);
        Line { sentence, kept, text }
    }
}

impl Shape {
    /// What stands from one unit to before another.
    fn between(&self, start: usize, end: usize) -> Kept {
        let (with, without) = (self.left[start], self.left[end]);
        Kept { words: with.words - without.words, verbs: with.verbs - without.verbs }
    }

    /// Whether the rest from here on makes a sentence with what is kept, whatever else of it is kept.
    fn suffices(&self, kept: Kept, end: usize) -> bool {
        let all = kept + self.left[end];
        all.words >= FEWEST_WORDS && all.verbs > 0
    }

    /// The units that may come next, standing before `place` with so much kept.
    fn places(&self, place: usize, kept: Kept) -> Vec<usize> {
        let mut found = Vec::new();
        let mut open = vec![place];
        while let Some(place) = open.pop() {
            if found.contains(&place) || place >= self.units.len() {
                continue;
            }
            found.push(place);
            let cuts = self.cuts.iter().filter(|cut| cut.units.start == place);
            open.extend(cuts.map(|cut| cut.units.end).filter(|&end| self.suffices(kept, end)));
        }
        found
    }

    fn compressed(&self, worth: &[f32]) -> Vec<usize> {
        let mut ways = Ways::new();
        self.best(0, Kept::default(), worth, &mut ways);
        let (mut kept, mut had, mut place) = (Vec::new(), Kept::default(), 0);
        while let Some(start) = self.next_cut(place, worth) {
            had = had + self.between(place, start);
            kept.extend(place..start);
            place = ways.get(&(start, had)).map_or(start, |way| way.1);
            if place == start {
                had = had + self.between(start, start + 1);
                kept.push(start);
                place = start + 1;
            }
        }
        kept.extend(place..self.units.len());
        kept
    }

    /// The most that can be gained from here to the end.
    fn best(&self, place: usize, kept: Kept, worth: &[f32], ways: &mut Ways) -> f32 {
        let Some(start) = self.next_cut(place, worth) else { return 0.0 };
        let kept = kept + self.between(place, start);
        if let Some(&(gain, _)) = ways.get(&(start, kept)) {
            return gain;
        }
        let mut way = (self.best(start + 1, kept + self.between(start, start + 1), worth, ways), start);
        for (cut, &worth_of_cut) in self.cuts.iter().zip(worth) {
            if cut.units.start == start && worth_of_cut > 0.0 && self.suffices(kept, cut.units.end) {
                let gain = worth_of_cut + self.best(cut.units.end, kept, worth, ways);
                if gain > way.0 {
                    way = (gain, cut.units.end);
                }
            }
        }
        ways.insert((start, kept), way);
        way.0
    }

    /// Where the next cut that is worth something starts.
    fn next_cut(&self, place: usize, worth: &[f32]) -> Option<usize> {
        let worthy = self.cuts.iter().zip(worth).filter(|(_, worth)| **worth > 0.0);
        worthy.map(|(cut, _)| cut.units.start).filter(|&start| start >= place).min()
    }
}

impl Kept {
    fn of(sentence: &str, unit: &Unit) -> Self {
        let verbs = usize::from(is_verb(&sentence[unit.range.clone()].to_lowercase()));
        Self { words: usize::from(unit.is_word), verbs }
    }
}

impl Add for Kept {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { words: self.words + other.words, verbs: self.verbs + other.verbs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a sentence when all cuts of these kinds are worth the same.
    fn check(kinds: &[Deletion], sentence: &str, expected: &str) {
        let article = Article::new(sentence);
        let recogniser = Recogniser::new(&article, kinds, 3);
        let line = recogniser.compressed(0, &vec![1.0; recogniser.cuts(0).len()]);
        assert_eq!(line.text, expected);
        assert_eq!(recogniser.read(&recogniser.spell(&line)), Some(vec![line]));
    }

    #[test]
    fn what_goes() {
        use Deletion::*;
        for (kind, sentence, expected) in [
            (Brackets, "The old bridge (pictured) fell into the river.", "The old bridge fell into the river."),
            (Connective, "But the mayor of Leeds was not there.", "The mayor of Leeds was not there."),
            (Connective, "However, the mayor of Leeds was not there.", "The mayor of Leeds was not there."),
            (Age, "Ann Lee, 32, was found near the river.", "Ann Lee was found near the river."),
            (Age, "Ann Lee, 32, (an actor) was found near the river.", "Ann Lee (an actor) was found near the river."),
            (Age, "Ann Lee, 32, who ran there, said it was old.", "Ann Lee, who ran there, said it was old."),
            (Aside, "The mayor, however, was also hurt in the fall.", "The mayor was hurt in the fall."),
            (Occasion, "Speaking on Friday, Ann Lee said the bridge was old.", "Ann Lee said the bridge was old."),
            (Dashes, "The club -- founded in 1880 -- was sold to a bank.", "The club was sold to a bank."),
            (Apposition, "Ann Lee, the mayor of Leeds, was found near the river.", "Ann Lee was found near the river."),
            (
                Relative,
                "Ann Lee, who moved here in June, was found near the river.",
                "Ann Lee was found near the river.",
            ),
            (
                LastRelative,
                "Police arrested two men near it, which fell on Monday.",
                "Police arrested two men near it.",
            ),
            (
                LastParticiple,
                "The old bridge fell on Monday, leaving three people hurt.",
                "The old bridge fell on Monday.",
            ),
            (FirstClause, "After it had rained, the bridge fell into the river.", "The bridge fell into the river."),
            (LastClause, "The bridge fell into the river, although it was new.", "The bridge fell into the river."),
            (LastClause, "The bridge fell into the river after a storm.", "The bridge fell into the river."),
            (
                Coordinate,
                "The bridge fell into the river, and the town paid for it.",
                "The bridge fell into the river.",
            ),
            (
                LastApposition,
                "Police say that they arrested Ann Lee, the mayor.",
                "Police say that they arrested Ann Lee.",
            ),
            (LastDash, "The bridge fell into the river -- the second in June.", "The bridge fell into the river."),
        ] {
            check(&[kind], sentence, expected);
        }
    }

    #[test]
    fn what_stays() {
        for sentence in [
            "The bridge (not the old one) fell in May.",
            "\"The bridge (the old one) fell,\" said Ann Lee in May.",
            "Ann Lee, who never was mayor, was found near the river.",
            "The man police arrested in May, who moved to Leeds, was charged there.",
            "He met Ann Lee, the mayor, and Bob Ray, the judge.",
            "The old bridge fell into it, he said.",
            "And then the bridge fell in May.",
            "But it fell.",
            "Luckily, the baby, called Ann, was found there.",
            "The bridge did not fall because of the storm on Monday.",
            "It was the first bridge to be built after the war.",
            "The bridge will stay closed while it is being repaired.",
            "Ann Lee died two days after she was found.",
            "Ann, who has run there in June, as formed a club with Bob.",
            "He has first - and second-degree burns on his leg.",
            "The mayor, Ann, and the judge, Bob, were there.",
        ] {
            check(&Deletion::SAFE, sentence, sentence);
        }
    }

    #[test]
    fn the_best_cuts_together() {
        let article = Article::new("But Ann Lee, 32, was found near the river, which fell on Monday.");
        let recogniser = Recogniser::new(&article, &Deletion::SAFE, 3);
        let worth = |kind: Deletion| match kind {
            Deletion::Connective => -1.0,
            Deletion::LastRelative => 0.4,
            _ => 0.3,
        };
        let worth: Vec<f32> = recogniser.cuts(0).iter().map(|cut| worth(cut.kind)).collect();
        assert_eq!(recogniser.compressed(0, &worth).text, "But Ann Lee was found near the river.");
        assert_eq!(recogniser.compressed(0, &[]), recogniser.whole(0));
    }

    #[test]
    fn a_sentence_gives_one_line() {
        let article = Article::new("The old bridge fell on Monday. Nobody was hurt there at all.");
        let recogniser = Recogniser::new(&article, &Deletion::SAFE, 9);
        let first = recogniser.spell(&recogniser.whole(0));
        let twice = [first.clone(), first.clone()].concat();
        assert!(recogniser.read(&first).is_some());
        assert!(recogniser.read(&twice).is_none());
        assert!(recogniser.read(&first[..3]).is_none());
        assert!(recogniser.read(&[]).is_none());
    }
}
