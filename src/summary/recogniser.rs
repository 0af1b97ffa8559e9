//! The language of summaries: which word may follow a prefix.
//!
//! A summary is lines; a line is one sentence of the article, from its first word to its last mark, less runs that
//! [`super::cuts`] allows; no sentence gives two lines. Symbols are the words and marks of the article by number, so
//! that what is written can be traced. Every prefix has a way to its end.

use super::article::{Article, SentenceKind};
use super::deletions::{Cut, Deletion, FEWEST_WORDS, cuts};
use super::units::{Unit, join, units};
use std::ops::Range;

/// A sentence as the recogniser sees it.
#[derive(Debug, Clone)]
struct Shape {
    /// The number of its first unit.
    first: u32,
    units: Vec<Unit>,
    cuts: Vec<Cut>,
    /// Words from each unit to the end; one more entry, 0.
    words_left: Vec<usize>,
}

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
    /// Inside a line: the unit of the last of `used` that comes next, and the words kept so far.
    open: Option<(usize, usize)>,
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
            let mut words_left = vec![0; units.len() + 1];
            for place in (0..units.len()).rev() {
                words_left[place] = words_left[place + 1] + usize::from(units[place].is_word);
            }
            let shape = Shape { first, cuts, words_left, units };
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
        shapes.flat_map(|shape| shape.places(0, 0).into_iter().map(|place| shape.first + place as u32)).collect()
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
            None => (0, 0, true),
        };
        if !shape.places(from, kept).contains(&unit) {
            return None;
        }
        let mut used = state.used.clone();
        if begins {
            used.push(sentence);
        }
        let next = unit + 1;
        let kept = kept + usize::from(shape.units[unit].is_word);
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

    /// The shortest line of a sentence that cutting from left to right gives.
    pub fn shortest(&self, sentence: usize) -> Line {
        let kept = self.shapes.get(sentence).map(Shape::shortest).unwrap_or_default();
        self.line(sentence, kept)
    }

    /// A sentence as it stands.
    pub fn whole(&self, sentence: usize) -> Line {
        let kept = self.shapes.get(sentence).map(|shape| (0..shape.units.len()).collect()).unwrap_or_default();
        self.line(sentence, kept)
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
    /// The units that may come next, standing before `place` with so many words kept.
    fn places(&self, place: usize, kept: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut open = vec![place];
        while let Some(place) = open.pop() {
            if found.contains(&place) || place >= self.units.len() {
                continue;
            }
            found.push(place);
            let cuts = self.cuts.iter().filter(|cut| cut.units.start == place);
            // The words that are left must make a sentence, whatever else is kept.
            open.extend(cuts.map(|cut| cut.units.end).filter(|&end| kept + self.words_left[end] >= FEWEST_WORDS));
        }
        found
    }

    fn shortest(&self) -> Vec<usize> {
        let (mut kept, mut words, mut place) = (Vec::new(), 0, 0);
        while let Some(next) = self.places(place, words).into_iter().max() {
            kept.push(next);
            words += usize::from(self.units[next].is_word);
            place = next + 1;
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the rules leave of a sentence.
    fn check(sentence: &str, expected: &str) {
        let article = Article::new(sentence);
        let recogniser = Recogniser::new(&article, &Deletion::SAFE, 3);
        let line = recogniser.shortest(0);
        assert_eq!(line.text, expected);
        assert_eq!(recogniser.read(&recogniser.spell(&line)), Some(vec![line]));
    }

    #[test]
    fn what_goes() {
        check("But the old bridge (pictured) fell into the river.", "The old bridge fell into the river.");
        check("However, the mayor of Leeds was not there.", "The mayor of Leeds was not there.");
        check("Ann Lee, 32, was found near the river.", "Ann Lee was found near the river.");
        check("Ann Lee, 32, who ran there, said it was old.", "Ann Lee, who ran there, said it was old.");
        check("The mayor, however, was also hurt in the fall.", "The mayor was hurt in the fall.");
        check("Speaking on Friday, Ann Lee said the bridge was old.", "Ann Lee said the bridge was old.");
        check("The club -- founded in 1880 -- was sold to a bank.", "The club was sold to a bank.");
        check("Ann Lee, the mayor of Leeds, was found near the river.", "Ann Lee was found near the river.");
        check("Ann Lee, who moved here in June, was found near the river.", "Ann Lee was found near the river.");
        check(
            "Police arrested two men near the bridge, which fell on Monday.",
            "Police arrested two men near the bridge.",
        );
        check(
            "The old bridge fell on Monday morning, leaving three people hurt.",
            "The old bridge fell on Monday morning.",
        );
    }

    #[test]
    fn what_stays() {
        for sentence in [
            "The bridge (not the old one) fell on Monday.",
            "\"The bridge (the old one) fell,\" said Ann Lee on Monday.",
            "Ann Lee, who never was mayor, was found near the river.",
            "The man police arrested on Monday, who moved to Leeds, was charged there.",
            "He met Ann Lee, the mayor, and Bob Ray, the judge.",
            "The old bridge fell on Monday, he said.",
            "And then the bridge fell on Monday.",
            "But it fell.",
        ] {
            check(sentence, sentence);
        }
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
