//! What is known of a cut besides its words: its kind, place and length, and how much of it is said elsewhere.
//!
//! All numbers lie between 0 and 1.

use super::article::Article;
use super::deletions::Deletion;
use super::features::{LONG, is_content, names, share};
use super::recogniser::Recogniser;
use super::words::{word_count, words};
use std::collections::{HashMap, HashSet};

/// What describes a cut besides its kind, in order.
const OTHERS: [&str; 10] = [
    "share_of_sentence",
    "length",
    "sentence_length",
    "near_start",
    "opens_sentence",
    "ends_sentence",
    "said_elsewhere",
    "like_lead",
    "names",
    "digits",
];

/// The number of features of a cut.
pub const CUT_FEATURES: usize = Deletion::ALL.len() + OTHERS.len();

/// A cut of so many words counts as long.
const LONG_CUT: f32 = 24.0;

/// Sentences that tell what an article is about.
const LEAD: usize = 2;

/// The features' names, in order: a flag for each kind, then the others.
pub fn cut_feature_names() -> Vec<&'static str> {
    Deletion::ALL.map(Deletion::name).into_iter().chain(OTHERS).collect()
}

/// The features of cuts of one article.
#[derive(Debug)]
pub struct CutFeatures<'a> {
    article: &'a Article,
    /// In how many sentences each word stands.
    counts: HashMap<String, usize>,
    lead: HashSet<String>,
}

impl<'a> CutFeatures<'a> {
    /// Reads the article once.
    pub fn new(article: &'a Article) -> Self {
        let (mut counts, mut lead) = (HashMap::new(), HashSet::new());
        for index in 0..article.sentences().len() {
            let distinct: HashSet<String> =
                words(article.sentence(index)).into_iter().filter(|word| is_content(word)).collect();
            distinct.iter().for_each(|word| *counts.entry(word.clone()).or_insert(0) += 1);
            if index < LEAD {
                lead.extend(distinct);
            }
        }
        Self { article, counts, lead }
    }

    /// The `[CUT_FEATURES]` of a sentence's cut, by its place among [`Recogniser::cuts`].
    pub fn of(&self, recogniser: &Recogniser<'_>, sentence: usize, cut: usize) -> Vec<f32> {
        let Some(cut) = recogniser.cuts(sentence).get(cut) else { return vec![0.0; CUT_FEATURES] };
        let whole = self.article.sentence(sentence);
        let bytes = recogniser.bytes(sentence, &cut.units);
        let text = &whole[bytes.clone()];
        let content = words(text);
        let (length, all) = (word_count(text) as f32, word_count(whole) as f32);
        let flag = |holds: bool| f32::from(u8::from(holds));
        let elsewhere = |word: &str| self.counts.get(word).is_some_and(|&count| count > 1);
        let mut features: Vec<f32> = Deletion::ALL.iter().map(|&kind| flag(kind == cut.kind)).collect();
        features.extend([
            length / all.max(1.0),
            (length / LONG_CUT).min(1.0),
            (all / LONG).min(1.0),
            1.0 / (1.0 + sentence as f32),
            flag(bytes.start == 0),
            flag(!whole[bytes.end..].contains(char::is_alphanumeric)),
            share(&content, elsewhere),
            share(&content, |word| sentence >= LEAD && self.lead.contains(word)),
            names(text),
            flag(text.contains(|letter: char| letter.is_ascii_digit())),
        ]);
        features
    }
}
