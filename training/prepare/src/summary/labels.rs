//! Which sentences the network is asked to choose: the greedy oracle on ROUGE-1 + ROUGE-2.
//!
//! Counted as `spider-eval rouge` counts, without stems; good enough to choose by, never to report.

use std::collections::HashMap;

use argiope::summary::{Article, Sentence, SentenceKind, words};

use super::rows::Row;

/// An oracle never has more sentences.
const MOST: usize = 6;

/// A bag of words and word pairs of the reference; others only count in the lengths.
#[derive(Debug, Clone, Default)]
struct Bag {
    /// By id, single words and pairs alike.
    counts: HashMap<usize, usize>,
    words: usize,
    pairs: usize,
}

/// A reference summary, ready to be compared with.
#[derive(Debug)]
pub(super) struct Reference {
    words: HashMap<String, usize>,
    pairs: HashMap<(usize, usize), usize>,
    bag: Bag,
}

/// What the oracle says of an article's sentences.
#[derive(Debug, PartialEq)]
pub(crate) struct Labels {
    /// 1 for the chosen, 0 for others.
    pub(crate) labels: Vec<f32>,
    /// The mean of ROUGE-1 F1 and ROUGE-2 F1 of each sentence alone.
    pub(crate) gains: Vec<f32>,
}

impl Labels {
    /// Of an article's first `read` sentences; only prose may be chosen.
    pub(crate) fn new(row: &Row, article: &Article, read: usize) -> Self {
        let lines: Vec<Vec<String>> = row.lines().map(words).collect();
        let sentences: Vec<Vec<String>> = (0..read).map(|index| words(article.sentence(index))).collect();
        let is_prose = |sentence: &Sentence| sentence.kind == SentenceKind::Prose;
        let may: Vec<bool> = article.sentences()[..read].iter().map(is_prose).collect();
        Reference::new(&lines).labels(&sentences, &may)
    }
}

impl Reference {
    /// The mean of ROUGE-1 F1 and ROUGE-2 F1 of a summary of such lines, as words.
    pub(super) fn rouge(&self, lines: &[Vec<String>]) -> f64 {
        let mut all = Bag::default();
        lines.iter().for_each(|line| all.add(&self.bag_of(line)));
        self.score(&all) / 2.0
    }

    /// Of the reference's lines, as words.
    pub(super) fn new(lines: &[Vec<String>]) -> Self {
        let mut reference = Self { words: HashMap::new(), pairs: HashMap::new(), bag: Bag::default() };
        for word in lines.iter().flatten() {
            let next = reference.words.len();
            reference.words.entry(word.clone()).or_insert(next);
        }
        let first_pair = reference.words.len();
        for pair in lines.iter().flat_map(|line| line.windows(2)) {
            let key = (reference.words[&pair[0]], reference.words[&pair[1]]);
            let next = first_pair + reference.pairs.len();
            reference.pairs.entry(key).or_insert(next);
        }
        for line in lines {
            let bag = reference.bag_of(line);
            reference.bag.add(&bag);
        }
        reference
    }

    fn bag_of(&self, sentence: &[String]) -> Bag {
        let ids: Vec<Option<usize>> = sentence.iter().map(|word| self.words.get(word).copied()).collect();
        let mut bag = Bag { words: ids.len(), pairs: ids.len().saturating_sub(1), ..Bag::default() };
        let pairs = ids.windows(2).filter_map(|pair| self.pairs.get(&(pair[0]?, pair[1]?)).copied());
        let pairs: Vec<usize> = pairs.collect();
        for id in ids.into_iter().flatten().chain(pairs) {
            *bag.counts.entry(id).or_insert(0) += 1;
        }
        bag
    }

    /// ROUGE-1 F1 + ROUGE-2 F1 of a summary with these counts.
    fn score(&self, bag: &Bag) -> f64 {
        let (mut words, mut pairs) = (0, 0);
        for (&id, &count) in &bag.counts {
            let matched = count.min(self.bag.counts.get(&id).copied().unwrap_or(0));
            if id < self.words.len() { words += matched } else { pairs += matched }
        }
        f1(words, bag.words + self.bag.words) + f1(pairs, bag.pairs + self.bag.pairs)
    }

    /// Adds, as long as one helps, the sentence that helps most; only those marked may be chosen.
    fn labels(&self, sentences: &[Vec<String>], may: &[bool]) -> Labels {
        let bags: Vec<Bag> = sentences.iter().map(|sentence| self.bag_of(sentence)).collect();
        let gains = bags.iter().map(|bag| (self.score(bag) / 2.0) as f32).collect();
        let mut labels = vec![0.0; sentences.len()];
        let (mut chosen, mut best) = (Bag::default(), 0.0);
        for _ in 0..MOST {
            let free = (0..bags.len()).filter(|&index| may[index] && labels[index] == 0.0);
            let scored = free.map(|index| (self.score(&chosen.with(&bags[index])), index));
            // Of equals the earlier.
            let Some((score, index)) = scored.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))) else { break };
            if score <= best + 1e-9 {
                break;
            }
            best = score;
            labels[index] = 1.0;
            chosen.add(&bags[index]);
        }
        Labels { labels, gains }
    }
}

impl Bag {
    fn add(&mut self, other: &Self) {
        for (&id, &count) in &other.counts {
            *self.counts.entry(id).or_insert(0) += count;
        }
        self.words += other.words;
        self.pairs += other.pairs;
    }

    fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.add(other);
        both
    }
}

fn f1(matched: usize, both: usize) -> f64 {
    2.0 * matched as f64 / both.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(reference: &[&str], sentences: &[&str]) -> Labels {
        let split = |texts: &[&str]| texts.iter().map(|text| words(text)).collect::<Vec<_>>();
        Reference::new(&split(reference)).labels(&split(sentences), &vec![true; sentences.len()])
    }

    #[test]
    fn the_oracle_takes_what_helps() {
        let found = labels(&["the dam broke", "ten died"], &["It rained.", "The dam broke.", "Ten died.", "The dam."]);
        assert_eq!(found.labels, [0.0, 1.0, 1.0, 0.0]);
        assert_eq!(found.gains[0], 0.0);
        assert!(found.gains[1] > found.gains[2]);
    }
}
