//! What is known of each cut of a model's best sentences, and what leaving the cut out does to ROUGE.
//!
//! Blobs of N cuts: `features [N, F]`, `change [N]` (the mean of ROUGE-1 F1 and ROUGE-2 F1 without the cut less that with
//! it, in a summary of three lines), `article [N]`.

use std::io::Write;

use anyhow::{Context, Result};
use argiope::pipeline::{DeviceChoice, Summariser, SummaryMethod, SummaryRequest};
use argiope::summary::{Article, CUT_FEATURES, CutFeatures, Deletion, Recogniser, words};
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
    features: Vec<f32>,
    change: Vec<f32>,
}

/// Writes the cuts of each article of the file once, in its order, of CNN's a share of `--cnn`.
///
/// # Errors
/// When a row cannot be read, the model fails, or the output cannot be written.
pub(super) fn dump(feed: &Feed<'_>, out: &mut impl Write) -> Result<()> {
    let folder = feed.options.model.as_deref().context("--model says whose lines are shortened")?;
    let model = Summariser::load(folder, DeviceChoice::Cpu)?;
    let wanted = |index: usize| {
        let share = if feed.rows.entries[index].is_cnn { feed.options.cnn } else { 1.0 };
        Random::of(&[feed.options.seed, index as u64]).chance(share)
    };
    let all: Vec<usize> = (0..feed.rows.entries.len()).filter(|&index| wanted(index)).collect();
    for together in all.chunks(TOGETHER) {
        let cuts = together.par_iter().map(|&index| of_article(&feed.rows.read(index)?, &model));
        let cuts: Vec<Cuts> = cuts.collect::<Result<_>>()?;
        let count = cuts.iter().map(|cuts| cuts.change.len()).sum();
        if count == 0 {
            continue;
        }
        let join = |part: fn(&Cuts) -> &Vec<f32>| cuts.iter().flat_map(part).copied().collect::<Vec<f32>>();
        let articles = together.iter().zip(&cuts).flat_map(|(&index, cuts)| vec![index as i64; cuts.change.len()]);
        let mut arrays = Arrays::default();
        arrays.floats("features", &[count, CUT_FEATURES], join(|cuts| &cuts.features));
        arrays.floats("change", &[count], join(|cuts| &cuts.change));
        arrays.integers("article", &[count], articles.collect());
        write_blob(out, &arrays.blob()?)?;
    }
    Ok(())
}

fn of_article(row: &Row, model: &Summariser) -> Result<Cuts> {
    let article = Article::new(row.article.as_str());
    let recogniser = Recogniser::new(&article, &Deletion::ALL, usize::MAX);
    let mut cuts = Cuts::default();
    if article.sentences().is_empty() {
        return Ok(cuts);
    }
    let request = SummaryRequest {
        publisher: row.publisher(),
        method: SummaryMethod::Extract,
        lines: Some(TRIED),
        ..SummaryRequest::new(&article)
    };
    let mut tried = model.summarise(&request)?.lines;
    tried.sort_by(|a, b| b.score.unwrap_or_default().total_cmp(&a.score.unwrap_or_default()));
    let lines: Vec<Vec<String>> = row.lines().map(words).collect();
    let (reference, known) = (Reference::new(&lines), CutFeatures::new(&article));
    for sentence in tried.iter().map(|line| line.sentence) {
        let others = tried.iter().filter(|other| other.sentence != sentence).take(LINES - 1);
        let others: Vec<Vec<String>> = others.map(|other| words(&other.source)).collect();
        for place in 0..recogniser.cuts(sentence).len() {
            cuts.features.extend(known.of(&recogniser, sentence, place));
            cuts.change.push(change(&recogniser, (sentence, place), &others, &reference) as f32);
        }
    }
    Ok(cuts)
}

fn change(
    recogniser: &Recogniser<'_>,
    (sentence, place): (usize, usize),
    others: &[Vec<String>],
    reference: &Reference,
) -> f64 {
    let mut worth = vec![0.0; recogniser.cuts(sentence).len()];
    let mut rouge = |value: f32| {
        worth[place] = value;
        let line = words(&recogniser.compressed(sentence, &worth).text);
        reference.rouge(&[others, &[line]].concat())
    };
    let whole = rouge(0.0);
    rouge(1.0) - whole
}
