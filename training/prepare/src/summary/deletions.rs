//! What each kind of deletion does to ROUGE: the oracle's sentences as they stand against the same, shortened.

use std::io::Write;

use anyhow::Result;
use argiope::summary::rouge::score;
use argiope::summary::{Article, Deletion, Line, Recogniser};
use rayon::prelude::*;

use super::labels::Labels;
use super::rows::{Row, Rows};

/// Sentences that the oracle sees; the network's windows hold about as many.
const SEEN: usize = 24;

/// What one set of kinds did to an article, or to all: ROUGE-1, -2 and -Lsum, and lines.
#[derive(Debug, Clone, Copy, Default)]
struct Effect {
    change: [f64; 3],
    lines: usize,
    shortened: usize,
}

/// Prints a line a kind, one for all that are safe and one for the usual ones; or each line that these shorten.
///
/// # Errors
/// When a row cannot be read or the report not be written.
pub(crate) fn report(rows: &Rows, list: bool, out: &mut impl Write) -> Result<()> {
    if list {
        return lines(rows, out);
    }
    let sets: Vec<(&str, Vec<Deletion>)> = Deletion::ALL
        .iter()
        .map(|&kind| (kind.name(), vec![kind]))
        .chain([("all_safe", Deletion::SAFE.to_vec()), ("all_default", Deletion::DEFAULT.to_vec())])
        .collect();
    let effects: Result<Vec<Vec<Effect>>> = (0..rows.entries.len())
        .into_par_iter()
        .map(|index| {
            let row = rows.read(index)?;
            Ok(sets.iter().map(|(_, kinds)| effect(&row, kinds)).collect())
        })
        .collect();
    let effects = effects?;
    writeln!(out, "{} articles; changes in ROUGE-1, -2, -Lsum (F1, points), lines shortened of all", effects.len())?;
    for (place, (name, _)) in sets.iter().enumerate() {
        let mut sum = Effect::default();
        for effect in effects.iter().filter_map(|effects| effects.get(place)) {
            sum.lines += effect.lines;
            sum.shortened += effect.shortened;
            sum.change.iter_mut().zip(effect.change).for_each(|(sum, change)| *sum += change);
        }
        let [one, two, long] = sum.change.map(|change| 100.0 * change / effects.len().max(1) as f64);
        writeln!(out, "{name:<16} {one:+.3} {two:+.3} {long:+.3}   {} of {}", sum.shortened, sum.lines)?;
    }
    Ok(())
}

/// Every line of the oracle that is shortened by what is safe, behind its sentence.
fn lines(rows: &Rows, out: &mut impl Write) -> Result<()> {
    for index in 0..rows.entries.len() {
        let row = rows.read(index)?;
        let article = Article::new(row.article.as_str());
        let labels = Labels::new(&row, &article, article.sentences().len().min(SEEN)).labels;
        let recogniser = Recogniser::new(&article, &Deletion::SAFE, usize::MAX);
        for sentence in (0..labels.len()).filter(|&sentence| labels[sentence] > 0.0) {
            let (whole, short) = (recogniser.whole(sentence), recogniser.shortest(sentence));
            if whole != short {
                writeln!(out, "{}\n  {}", whole.text, short.text)?;
            }
        }
    }
    Ok(())
}

fn effect(row: &Row, kinds: &[Deletion]) -> Effect {
    let article = Article::new(row.article.as_str());
    let labels = Labels::new(row, &article, article.sentences().len().min(SEEN)).labels;
    let recogniser = Recogniser::new(&article, kinds, usize::MAX);
    let chosen = || labels.iter().enumerate().filter(|(_, label)| **label > 0.0).map(|(index, _)| index);
    let (whole, short): (Vec<Line>, Vec<Line>) =
        chosen().map(|index| (recogniser.whole(index), recogniser.shortest(index))).unzip();
    let shortened = whole.iter().zip(&short).filter(|(whole, short)| whole != short).count();
    let mut effect = Effect { lines: whole.len(), shortened, ..Effect::default() };
    if shortened > 0 {
        let [before, after] = [whole, short].map(|lines| rouge(row, &lines));
        effect.change = [0, 1, 2].map(|kind| after[kind] - before[kind]);
    }
    effect
}

fn rouge(row: &Row, lines: &[Line]) -> [f64; 3] {
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let [one, two, _, long] = score(&row.highlights, &texts.join("\n"), true);
    [one.f1, two.f1, long.f1]
}
