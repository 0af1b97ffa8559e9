//! What is known of each sentence besides its words: place, length, quotes, repetition, how central it is.
//!
//! All numbers lie between 0 and 1. Counted over the whole article in one pass and a half, linear in its length.

use super::article::{Article, SentenceKind};
use super::words::{word_count, words};
use std::collections::{HashMap, HashSet};

/// The features, in order.
pub const SENTENCE_FEATURE_NAMES: [&str; SENTENCE_FEATURES] = [
    "first",
    "among_first_three",
    "place",
    "near_start",
    "share_of_article",
    "article_length",
    "length",
    "short",
    "opens_paragraph",
    "quote",
    "opens_with_quote",
    "digits",
    "opens_with_pronoun",
    "opens_with_connective",
    "question",
    "heading",
    "caption",
    "repeats_earlier",
    "repeated_later",
    "central",
    "like_lead",
    "names",
];

/// The number of features of a sentence.
pub const SENTENCE_FEATURES: usize = 22;

/// Places are told apart up to this sentence.
const FAR: f32 = 40.0;

/// A sentence of so many words counts as long.
pub(super) const LONG: f32 = 50.0;

/// Words that need something before them.
const PRONOUNS: &[&str] =
    &["he", "she", "it", "they", "his", "her", "their", "its", "this", "these", "that", "those", "him", "them"];

/// Words that join a sentence to the one before.
const CONNECTIVES: &[&str] =
    &["but", "and", "however", "so", "also", "then", "yet", "or", "still", "meanwhile", "instead", "nevertheless"];

/// Words too common to say what a text is about.
const COMMON: &[&str] = &[
    "the", "a", "an", "of", "to", "in", "and", "on", "for", "at", "with", "was", "is", "that", "by", "it", "as", "he",
    "she", "his", "her", "from", "be", "has", "had", "have", "are", "were", "but", "not", "who", "they", "their",
    "its", "this", "after", "been", "which", "will", "said", "an", "or", "we", "i", "you", "him", "them", "when",
    "there", "would", "about", "up", "out", "one", "more", "into", "also", "s", "t", "than", "over", "if", "what",
    "all", "so",
];

/// `[sentences, SENTENCE_FEATURES]`, row after row.
pub fn sentence_features(article: &Article) -> Vec<f32> {
    let texts: Vec<&str> = (0..article.sentences().len()).map(|index| article.sentence(index)).collect();
    let content: Vec<Vec<String>> = texts.iter().map(|text| words(text)).collect();
    let counts = sentence_counts(&content);
    let (earlier, later) = repetition(&content);
    let lead: HashSet<&str> =
        content.iter().take(2).flatten().map(String::as_str).filter(|word| is_content(word)).collect();
    let all = texts.len() as f32;
    let mut features = Vec::with_capacity(texts.len() * SENTENCE_FEATURES);
    for (index, text) in texts.iter().enumerate() {
        let sentence = &article.sentences()[index];
        let place = index as f32;
        let length = word_count(text) as f32;
        let first = content[index].first().map_or("", String::as_str);
        let quote = |letter: char| matches!(letter, '"' | '“' | '”' | '‘');
        let flag = |holds: bool| f32::from(u8::from(holds));
        features.extend([
            flag(index == 0),
            flag(index < 3),
            (place / FAR).min(1.0),
            1.0 / (1.0 + place),
            place / all,
            (all / (2.0 * FAR)).min(1.0),
            (length / LONG).min(1.0),
            flag(length < 8.0),
            flag(sentence.opens_paragraph),
            flag(text.contains(quote) || text.contains(" '") || text.starts_with('\'')),
            flag(text.starts_with(|letter| quote(letter) || letter == '\'')),
            flag(text.contains(|letter: char| letter.is_ascii_digit())),
            flag(PRONOUNS.contains(&first)),
            flag(CONNECTIVES.contains(&first)),
            flag(text.trim_end_matches(['"', '\'', '”', '’']).ends_with('?')),
            flag(sentence.kind == SentenceKind::Heading),
            flag(sentence.kind == SentenceKind::Caption),
            earlier[index],
            later[index],
            central(&content[index], &counts),
            share(&content[index], |word| lead.contains(word)),
            names(text),
        ]);
    }
    features
}

pub(super) fn is_content(word: &str) -> bool {
    word.len() > 1 && !COMMON.contains(&word)
}

/// In how many sentences each content word stands.
fn sentence_counts(content: &[Vec<String>]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for sentence in content {
        let distinct: HashSet<&str> = sentence.iter().map(String::as_str).filter(|word| is_content(word)).collect();
        distinct.into_iter().for_each(|word| *counts.entry(word).or_insert(0) += 1);
    }
    counts
}

/// The share of a sentence's content words of which this holds.
pub(super) fn share(sentence: &[String], holds: impl Fn(&str) -> bool) -> f32 {
    let (mut all, mut held) = (0u32, 0u32);
    for word in sentence.iter().filter(|word| is_content(word)) {
        all += 1;
        held += u32::from(holds(word));
    }
    held as f32 / all.max(1) as f32
}

/// How often a sentence's words come back in other sentences: the mean over its content words, with little gained
/// from the fifth on.
fn central(sentence: &[String], counts: &HashMap<&str, usize>) -> f32 {
    let (mut sum, mut all) = (0.0, 0u32);
    for word in sentence.iter().filter(|word| is_content(word)) {
        all += 1;
        let others = counts.get(word.as_str()).map_or(0, |count| count - 1);
        sum += others.min(5) as f32 / 5.0;
    }
    sum / all.max(1) as f32
}

/// The share of each sentence's word triples that stand in an earlier, and in a later sentence.
fn repetition(content: &[Vec<String>]) -> (Vec<f32>, Vec<f32>) {
    let mut seen: HashMap<[&str; 3], (usize, usize)> = HashMap::new();
    for (index, sentence) in content.iter().enumerate() {
        for triple in triples(sentence) {
            seen.entry(triple).and_modify(|place| place.1 = index).or_insert((index, index));
        }
    }
    let share = |index: usize, holds: &dyn Fn((usize, usize)) -> bool| {
        let mut all = 0u32;
        let held = triples(&content[index]).filter(|triple| {
            all += 1;
            seen.get(triple).is_some_and(|&place| holds(place))
        });
        let held = held.count();
        held as f32 / all.max(1) as f32
    };
    let earlier = (0..content.len()).map(|index| share(index, &|place| place.0 < index)).collect();
    let later = (0..content.len()).map(|index| share(index, &|place| place.1 > index)).collect();
    (earlier, later)
}

/// Three words in a row.
fn triples(sentence: &[String]) -> impl Iterator<Item = [&str; 3]> {
    sentence.windows(3).map(|words| [words[0].as_str(), words[1].as_str(), words[2].as_str()])
}

/// The share of words with a capital that do not begin the sentence.
pub(super) fn names(text: &str) -> f32 {
    let (mut all, mut capital) = (0u32, 0u32);
    for word in text.split_whitespace().skip(1) {
        all += 1;
        capital += u32::from(word.trim_start_matches(['"', '\'', '(']).starts_with(char::is_uppercase));
    }
    capital as f32 / all.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(article: &Article, sentence: usize, name: &str) -> f32 {
        let column = SENTENCE_FEATURE_NAMES.iter().position(|other| *other == name).expect("a feature");
        sentence_features(article)[sentence * SENTENCE_FEATURES + column]
    }

    #[test]
    fn rows_say_what_they_should() {
        let article =
            Article::new("The old bridge fell on Monday. But nobody was hurt. The old bridge fell on Monday, he said.");
        assert_eq!(feature(&article, 0, "first"), 1.0);
        assert_eq!(feature(&article, 1, "opens_with_connective"), 1.0);
        assert_eq!(feature(&article, 0, "repeated_later"), 1.0);
        assert_eq!(feature(&article, 0, "repeats_earlier"), 0.0);
        assert!(feature(&article, 2, "repeats_earlier") > 0.5);
        assert!(feature(&article, 0, "central") > feature(&article, 1, "central"));
    }

    #[test]
    fn every_number_is_a_share() {
        let article = Article::new("(CNN) -- \"Why?\" he asked at 5 p.m.\nA heading\nAnn (left) sits.\n".repeat(50));
        let features = sentence_features(&article);
        assert_eq!(features.len(), article.sentences().len() * SENTENCE_FEATURES);
        assert!(features.iter().all(|value| (0.0..=1.0).contains(value)));
        assert!(sentence_features(&Article::new("")).is_empty());
    }
}
