//! What each kind of deletion does to ROUGE: lines as they stand against the same, shortened.
//!
//! The lines are those that a model chooses. Each cut is tried alone, so that its kind can be told from what stands there.

use std::io::Write;

use anyhow::Result;
use argiope::pipeline::{Summariser, SummaryMethod, SummaryRequest};
use argiope::summary::rouge::score;
use argiope::summary::{Article, Cut, Deletion, Line, Recogniser};
use rayon::prelude::*;

use super::rows::{Row, Rows};

/// A cut of a chosen line, and what leaving it out does to the summary's ROUGE-1, -2 and -Lsum.
#[derive(Debug, Clone)]
struct Tried {
    sentence: usize,
    cut: Cut,
    change: [f64; 3],
}

/// Cuts of one kind.
#[derive(Debug, Clone, Copy, Default)]
struct Effect {
    cuts: usize,
    helpful: usize,
    always: [f64; 3],
    /// Where the mean of the three rises.
    chosen: [f64; 3],
}

/// Prints a line a kind; with `list` each cut instead.
///
/// # Errors
/// When a row cannot be read, the model fails, or the report cannot be written.
pub(crate) fn report(rows: &Rows, model: &Summariser, list: bool, out: &mut impl Write) -> Result<()> {
    let tried: Result<Vec<Vec<(Tried, String)>>> = (0..rows.entries.len())
        .into_par_iter()
        .map(|index| {
            let row = rows.read(index)?;
            let article = Article::new(row.article.as_str());
            let recogniser = Recogniser::new(&article, &Deletion::ALL, usize::MAX);
            let tried = cuts(&row, &article, &recogniser, model)?.into_iter();
            Ok(tried.map(|tried| (tried.clone(), shown(&article, &recogniser, &tried))).collect())
        })
        .collect();
    let tried = tried?;
    if list {
        for (tried, shown) in tried.iter().flatten() {
            writeln!(out, "{:<16}{:+.3} {shown}", tried.cut.kind.name(), 100.0 * mean(&tried.change))?;
        }
        return Ok(());
    }
    writeln!(
        out,
        "{} articles; ROUGE-1/-2/-Lsum (F1, points): each left out; only where that helps; cuts",
        tried.len()
    )?;
    for kind in Deletion::ALL {
        let mut effect = Effect::default();
        tried.iter().flatten().filter(|(tried, _)| tried.cut.kind == kind).for_each(|(tried, _)| effect.add(tried));
        let points = |sums: [f64; 3]| {
            let [one, two, long] = sums.map(|sum| 100.0 * sum / tried.len().max(1) as f64);
            format!("{one:+.3} {two:+.3} {long:+.3}")
        };
        let (always, chosen) = (points(effect.always), points(effect.chosen));
        writeln!(out, "{:<16} {always}   {chosen}   {} of {}", kind.name(), effect.helpful, effect.cuts)?;
    }
    Ok(())
}

/// Every cut of the lines that the model chooses, tried alone.
fn cuts(row: &Row, article: &Article, recogniser: &Recogniser<'_>, model: &Summariser) -> Result<Vec<Tried>> {
    if article.sentences().is_empty() {
        return Ok(Vec::new());
    }
    let request =
        SummaryRequest { publisher: row.publisher(), method: SummaryMethod::Extract, ..SummaryRequest::new(article) };
    let chosen: Vec<usize> = model.summarise(&request)?.lines.iter().map(|line| line.sentence).collect();
    let whole: Vec<Line> = chosen.iter().map(|&sentence| recogniser.whole(sentence)).collect();
    let before = rouge(row, &whole);
    let mut tried = Vec::new();
    for (place, &sentence) in chosen.iter().enumerate() {
        for (index, cut) in recogniser.cuts(sentence).iter().enumerate() {
            let mut worth = vec![0.0; recogniser.cuts(sentence).len()];
            worth[index] = 1.0;
            let mut lines = whole.clone();
            lines[place] = recogniser.compressed(sentence, &worth);
            let after = rouge(row, &lines);
            let change = [0, 1, 2].map(|kind| after[kind] - before[kind]);
            tried.push(Tried { sentence, cut: cut.clone(), change });
        }
    }
    Ok(tried)
}

fn mean(change: &[f64; 3]) -> f64 {
    change.iter().sum::<f64>() / 3.0
}

/// The sentence with the cut in brackets.
fn shown(article: &Article, recogniser: &Recogniser<'_>, tried: &Tried) -> String {
    let (sentence, bytes) = (article.sentence(tried.sentence), recogniser.bytes(tried.sentence, &tried.cut.units));
    format!("{}[[{}]]{}", &sentence[..bytes.start], &sentence[bytes.clone()], &sentence[bytes.end..])
}

impl Effect {
    fn add(&mut self, tried: &Tried) {
        let helps = mean(&tried.change) > 0.0;
        self.cuts += 1;
        self.helpful += usize::from(helps);
        for (kind, change) in tried.change.iter().enumerate() {
            self.always[kind] += change;
            self.chosen[kind] += if helps { *change } else { 0.0 };
        }
    }
}

fn rouge(row: &Row, lines: &[Line]) -> [f64; 3] {
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let [one, two, _, long] = score(&row.highlights, &texts.join("\n"), true);
    [one.f1, two.f1, long.f1]
}
