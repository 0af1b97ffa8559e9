//! What the network knows of each cut of its best sentences, and what leaving the cut out does to ROUGE.
//!
//! Blobs of N cuts: `told [N, 2 width]`, `features [N, F]`, `change [N]` (the mean of ROUGE-1 F1 and ROUGE-2 F1 without the
//! cut less that with it, in a summary of three lines), `article [N]`.

use std::io::Write;

use anyhow::{Context, Result};
use argiope::model::{DeviceChoice, Selector};
use argiope::pipeline::{ReadCut, Reading};
use argiope::summary::{Article, CUT_FEATURES, Choice, Deletion, Publisher, Recogniser, choose, words};
use rayon::prelude::*;

use super::Feed;
use super::labels::Reference;
use super::rows::Row;
use crate::arrays::{Arrays, write_blob};
use crate::random::Random;

/// Sentences of an article whose cuts are tried: those that may be lines, and the next best.
const TRIED: usize = 5;

/// Lines of the summary around a cut.
const LINES: usize = 3;

/// Articles of a blob.
const TOGETHER: usize = 64;

/// The cuts of one article.
#[derive(Debug, Default)]
struct Cuts {
    told: Vec<f32>,
    features: Vec<f32>,
    change: Vec<f32>,
}

/// Writes the cuts of each article of the file once, in its order, of CNN's a share of `--cnn`.
///
/// # Errors
/// When a row cannot be read, the model fails, or the output cannot be written.
pub(super) fn dump(feed: &Feed<'_>, out: &mut impl Write) -> Result<()> {
    let folder = feed.options.model.as_deref().context("--model says whose lines are shortened")?;
    let selector = Selector::load(folder, DeviceChoice::Cpu)?;
    let wanted = |index: usize| {
        let share = if feed.rows.entries[index].is_cnn { feed.options.cnn } else { 1.0 };
        Random::of(&[feed.options.seed, index as u64]).chance(share)
    };
    let all: Vec<usize> = (0..feed.rows.entries.len()).filter(|&index| wanted(index)).collect();
    for together in all.chunks(TOGETHER) {
        let cuts = together.par_iter().map(|&index| of_article(feed, &feed.rows.read(index)?, index, &selector));
        let cuts: Vec<Cuts> = cuts.collect::<Result<_>>()?;
        let count = cuts.iter().map(|cuts| cuts.change.len()).sum();
        if count == 0 {
            continue;
        }
        let join = |part: fn(&Cuts) -> &Vec<f32>| cuts.iter().flat_map(part).copied().collect::<Vec<f32>>();
        let articles = together.iter().zip(&cuts).flat_map(|(&index, cuts)| vec![index as i64; cuts.change.len()]);
        let mut arrays = Arrays::default();
        arrays.floats("told", &[count, 2 * selector.config().sizes.width], join(|cuts| &cuts.told));
        arrays.floats("features", &[count, CUT_FEATURES], join(|cuts| &cuts.features));
        arrays.floats("change", &[count], join(|cuts| &cuts.change));
        arrays.integers("article", &[count], articles.collect());
        write_blob(out, &arrays.blob()?)?;
    }
    Ok(())
}

fn of_article(feed: &Feed<'_>, row: &Row, index: usize, selector: &Selector) -> Result<Cuts> {
    let article = Article::new(row.article.as_str());
    let recogniser = Recogniser::new(&article, &Deletion::ALL, usize::MAX);
    let hidden = Random::of(&[feed.options.seed, index as u64, 1]).chance(feed.options.unknown);
    let publisher = if hidden { Publisher::Unknown } else { row.publisher() };
    let reading = Reading::new(&article, &recogniser, publisher, feed.tokenizer);
    if reading.cuts.is_empty() {
        return Ok(Cuts::default());
    }
    let (scores, told) = selector.describe_cuts(&reading.input())?;
    let best = |lines: usize| {
        let choice = Choice { lines: Some(lines), max_words: None, no_repeats: true, speakers: true };
        choose(&article, &scores, &[], &choice)
    };
    let mut chosen = best(LINES);
    chosen.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let (tried, width) = (best(TRIED), told.len() / reading.cuts.len());
    let lines: Vec<Vec<String>> = row.lines().map(words).collect();
    let reference = Reference::new(&lines);
    let mut cuts = Cuts::default();
    for (place, cut) in reading.cuts.iter().enumerate().filter(|(_, cut)| tried.contains(&cut.sentence)) {
        let others = chosen.iter().filter(|&&other| other != cut.sentence).take(LINES - 1);
        let others: Vec<Vec<String>> = others.map(|&other| words(article.sentence(other))).collect();
        cuts.told.extend(&told[place * width..(place + 1) * width]);
        cuts.features.extend(&reading.cut_features[place * CUT_FEATURES..(place + 1) * CUT_FEATURES]);
        cuts.change.push(change(&recogniser, cut, &others, &reference) as f32);
    }
    Ok(cuts)
}

fn change(recogniser: &Recogniser<'_>, cut: &ReadCut, others: &[Vec<String>], reference: &Reference) -> f64 {
    let mut worth = vec![0.0; recogniser.cuts(cut.sentence).len()];
    let mut rouge = |value: f32| {
        worth[cut.place] = value;
        let line = words(&recogniser.compressed(cut.sentence, &worth).text);
        reference.rouge(&[others, &[line]].concat())
    };
    let whole = rouge(0.0);
    rouge(1.0) - whole
}
