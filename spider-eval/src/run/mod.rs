//! A run: every question put to a model, the answers kept as they come, then scored. A run that was cut off goes on
//! where it stopped.
//!
//! The run folder holds `run.json` (the stamp), `answers.jsonl`, `gold.sql`, `predictions.sql`, `scores.json` and
//! `report.html`. Knows the model only as a function from question and database to an answer.

mod stamp;
pub mod subset;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use stamp::{Settings, Stamp};

use crate::error::{Error, Result};
use crate::exact::{self, Hardness};
use crate::files::Gold;
use crate::tables::AllTables;

/// One question with its gold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its place in the data.
    pub index: usize,
    /// The question.
    pub text: String,
    /// The gold query and its database.
    pub gold: Gold,
}

/// A model's answer to one question.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Default)]
pub struct Answer {
    /// The place of the question in the data.
    pub index: usize,
    /// The query; empty where there is none.
    pub sql: String,
    /// How sure the model is, between 0 and 1.
    pub confidence: f64,
    /// How long it took, in milliseconds.
    pub total_ms: f64,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

/// One entry of `dev.json`; other fields are passed over.
#[derive(Deserialize)]
struct Entry {
    db_id: String,
    question: String,
}

/// Reads questions and their gold from a data folder (`dev.json`, `dev_gold.sql`).
///
/// # Errors
/// A file cannot be read or is not of its form, or the two do not fit.
pub fn read_questions(data: &Path) -> Result<Vec<Question>> {
    let path = data.join("dev.json");
    let text = std::fs::read_to_string(&path).map_err(|source| Error::io("reading", &path, source))?;
    let entries: Vec<Entry> =
        serde_json::from_str(&text).map_err(|error| Error::input(format!("{}: {error}", path.display())))?;
    let gold = crate::files::read_gold(&data.join("dev_gold.sql"))?;
    let fits = entries.len() == gold.len() && entries.iter().zip(&gold).all(|(entry, gold)| entry.db_id == gold.db_id);
    if !fits {
        return Err(Error::input(format!(
            "{}: dev.json and dev_gold.sql are not of the same examples",
            data.display()
        )));
    }
    let questions = entries.into_iter().zip(gold).enumerate();
    Ok(questions.map(|(index, (entry, gold))| Question { index, text: entry.question, gold }).collect())
}

/// The questions that the settings ask for.
pub fn chosen(questions: Vec<Question>, tables: &AllTables, settings: Settings) -> Vec<Question> {
    let hardness = |question: &Question| {
        let verdict = tables.get(&question.gold.db_id).map(|tables| exact::judge(&question.gold.sql, "", tables));
        verdict.and_then(std::result::Result::ok).map_or(Hardness::Extra, |verdict| verdict.hardness)
    };
    let all: Vec<Hardness> = questions.iter().map(hardness).collect();
    let places = if settings.fast { subset::fixed(&all) } else { (0..questions.len()).collect() };
    let limit = settings.limit.unwrap_or(usize::MAX);
    let mut kept = questions.into_iter().enumerate().filter(|(place, _)| places.binary_search(place).is_ok());
    kept.by_ref().take(limit).map(|(_, question)| question).collect()
}

/// Asks all questions that the run folder has no answer to, and returns all answers, in the order of the questions.
///
/// `told` is called before each question with how many are done.
///
/// # Errors
/// The folder belongs to another run or cannot be written. A question that has no answer is no error.
pub fn ask(
    folder: &Path,
    stamp: &Stamp,
    questions: &[Question],
    mut model: impl FnMut(&Question) -> Answer,
    mut told: impl FnMut(usize),
) -> Result<Vec<Answer>> {
    std::fs::create_dir_all(folder).map_err(|source| Error::io("making", folder, source))?;
    stamp.settle(folder)?;
    let path = folder.join("answers.jsonl");
    let mut answers = kept_answers(&path)?;
    let open = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    let mut file = open.map_err(|source| Error::io("opening", &path, source))?;
    for (done, question) in questions.iter().enumerate() {
        told(done);
        if answers.contains_key(&question.index) {
            continue;
        }
        let answer = Answer { index: question.index, ..model(question) };
        let line = serde_json::to_string(&answer).map_err(|error| Error::input(error.to_string()))?;
        writeln!(file, "{line}").map_err(|source| Error::io("writing", &path, source))?;
        answers.insert(question.index, answer);
    }
    told(questions.len());
    Ok(questions.iter().filter_map(|question| answers.remove(&question.index)).collect())
}

/// The answers of an earlier, cut-off run. A last line that was cut is taken out of the file.
fn kept_answers(path: &Path) -> Result<BTreeMap<usize, Answer>> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let text = text.get(..whole).unwrap_or_default();
    if path.exists() {
        std::fs::write(path, text).map_err(|source| Error::io("writing", path, source))?;
    }
    let read = |(number, line): (usize, &str)| {
        let answer = serde_json::from_str::<Answer>(line);
        let answer = answer.map_err(|error| Error::input(format!("{}:{number}: {error}", path.display())))?;
        Ok((answer.index, answer))
    };
    (1..).zip(text.lines()).map(read).collect()
}

/// Writes gold and predictions beside the answers, in the forms that `score` reads.
///
/// # Errors
/// The folder cannot be written.
pub fn write_files(folder: &Path, questions: &[Question], answers: &[Answer]) -> Result<()> {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ") + "\n";
    let gold: String = questions.iter().map(|one| format!("{}\t{}\n", one.gold.sql, one.gold.db_id)).collect();
    let predictions: String = answers.iter().map(|one| line(&one.sql)).collect();
    for (name, text) in [("gold.sql", gold), ("predictions.sql", predictions)] {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|source| Error::io("writing", &path, source))?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn stamp(beam_width: usize) -> Stamp {
        let settings = Settings {
            beam_width,
            use_values: true,
            ddl_only: false,
            guided: false,
            curated_names: true,
            fast: false,
            limit: None,
        };
        Stamp::new("test", &[], &[], settings).unwrap()
    }

    #[test]
    fn a_cut_run_goes_on() {
        let folder = std::env::temp_dir().join(format!("run-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let gold = Gold { sql: "SELECT 1".into(), db_id: "zoo".into() };
        let questions: Vec<Question> =
            (0..3).map(|index| Question { index, text: format!("q{index}"), gold: gold.clone() }).collect();
        let answer = |question: &Question| Answer { sql: question.text.clone(), ..Answer::default() };
        ask(&folder, &stamp(1), &questions[..2], answer, |_| {}).unwrap();
        let path = folder.join("answers.jsonl");
        let cut = std::fs::read_to_string(&path).unwrap() + "{\"index\":2,\"sq";
        std::fs::write(&path, cut).unwrap();
        let mut asked = Vec::new();
        let all = ask(
            &folder,
            &stamp(1),
            &questions,
            |question| {
                asked.push(question.index);
                answer(question)
            },
            |_| {},
        )
        .unwrap();
        assert_eq!((asked, all.len()), (vec![2], 3));
        assert!(ask(&folder, &stamp(2), &questions, answer, |_| {}).unwrap_err().to_string().contains("settings"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
