//! Which sentences make the summary, given a score for each.

use super::article::{Article, SentenceKind};
use super::quotes::lacks_speaker;
use super::words::{word_count, words};
use std::collections::HashSet;

/// Words of a sentence that may stand alone, where there are others.
const FEWEST: usize = 5;

/// The share of a sentence's words that earlier lines may hold.
const MOST_SHARED: f64 = 0.75;

/// How sentences are chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Lines at most; as many as the words allow where it is missing.
    pub lines: Option<usize>,
    /// Words at most, over all lines.
    pub max_words: Option<usize>,
    /// Whether a sentence that repeats three words in a row of another is passed over. Captions of the Daily Mail
    /// repeat its text.
    pub no_repeats: bool,
    /// Whether a piece of a quotation that does not say who speaks is passed over, where there are others.
    pub speakers: bool,
}

/// The chosen sentences in the article's order, best first taken; `lengths` are the words of the lines they would
/// give. Sentences without a score are chosen only where none has one.
pub fn choose(article: &Article, scores: &[f32], lengths: &[usize], choice: &Choice) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    let (mut triples, mut seen) = (HashSet::new(), HashSet::new());
    let mut left = choice.max_words.unwrap_or(usize::MAX);
    for index in ranked(article, scores, choice.speakers) {
        if choice.lines.is_some_and(|lines| chosen.len() >= lines) || left == 0 {
            break;
        }
        let length = lengths.get(index).copied().unwrap_or(0);
        let words = words(article.sentence(index));
        if length > left || repeats(&words, &triples, &seen, choice.no_repeats) {
            continue;
        }
        left -= length;
        triples.extend(words.windows(3).map(<[String]>::to_vec));
        seen.extend(words);
        chosen.push(index);
    }
    chosen.sort_unstable();
    chosen
}

/// The sentences that may be chosen, best first; of equals the earlier.
fn ranked(article: &Article, scores: &[f32], speakers: bool) -> Vec<usize> {
    let all = 0..article.sentences().len();
    let is_prose = |index: &usize| {
        article.sentences()[*index].kind == SentenceKind::Prose && word_count(article.sentence(*index)) >= FEWEST
    };
    let score = |index: usize| scores.get(index).copied().filter(|score| !score.is_nan()).unwrap_or(f32::NEG_INFINITY);
    let mut ranked: Vec<usize> = all.clone().filter(is_prose).collect();
    if ranked.is_empty() {
        ranked = all.collect();
    }
    // A line out of the middle of a quotation would be nobody's.
    let is_fit = |&index: &usize| !speakers || !lacks_speaker(article.sentence(index));
    if ranked.iter().any(is_fit) {
        ranked.retain(is_fit);
    }
    let scored = ranked.iter().any(|&index| score(index) > f32::NEG_INFINITY);
    ranked.retain(|&index| !scored || score(index) > f32::NEG_INFINITY);
    ranked.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
    ranked
}

fn repeats(words: &[String], triples: &HashSet<Vec<String>>, seen: &HashSet<String>, no_repeats: bool) -> bool {
    let shared = words.iter().filter(|word| seen.contains(*word)).count();
    let same = words.len() > 3 && shared as f64 > MOST_SHARED * words.len() as f64;
    same || (no_repeats && words.windows(3).any(|triple| triples.contains(triple)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The old bridge fell into the river. A heading\nNobody was hurt in the town. The old bridge fell on \
                        Monday. Trains will run again in May.";

    fn check(scores: &[f32], choice: &Choice, expected: &[usize]) {
        let article = Article::new(TEXT);
        let lengths: Vec<usize> =
            (0..article.sentences().len()).map(|index| word_count(article.sentence(index))).collect();
        assert_eq!(choose(&article, scores, &lengths, choice), expected);
    }

    #[test]
    fn the_best_in_the_articles_order() {
        let two = Choice { lines: Some(2), max_words: None, no_repeats: true, speakers: true };
        check(&[0.5, 9.0, 0.1, 0.2, 0.9], &two, &[0, 4]);
        // The fourth repeats the first.
        check(&[0.9, 9.0, 0.1, 0.8, 0.0], &two, &[0, 2]);
        check(&[0.9, 9.0, 0.1, 0.8, 0.0], &Choice { no_repeats: false, ..two.clone() }, &[0, 3]);
        check(&[f32::NAN, f32::NAN, f32::NAN, 0.1, f32::NEG_INFINITY], &two, &[3]);
        check(&[], &two, &[0, 2]);
    }

    #[test]
    fn words_are_a_limit() {
        let words = |max_words| Choice { lines: None, max_words: Some(max_words), no_repeats: true, speakers: true };
        check(&[0.5, 0.0, 0.4, 0.0, 0.3], &words(13), &[0, 2]);
        check(&[0.5, 0.0, 0.4, 0.0, 0.3], &words(6), &[2]);
        check(&[0.5, 0.0, 0.4, 0.0, 0.3], &words(1), &[]);
    }
}
