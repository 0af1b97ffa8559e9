//! Agreement with the official scripts, example by example, on every verdict file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use spider_eval::exact;
use spider_eval::exec::batch::{self, Options, Pair};
use spider_eval::exec::{Limits, Outcome};
use spider_eval::tables::AllTables;
use spider_eval::{files, score};

use crate::data;

struct System {
    name: String,
    predictions: Vec<String>,
    verdict: Value,
}

fn systems(folder: &Path) -> Vec<System> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let sql = paths.iter().filter(|path| path.extension().is_some_and(|found| found == "sql"));
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    sql.map(|path| System {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        predictions: read(path).lines().map(str::to_owned).collect(),
        verdict: serde_json::from_str(&read(&path.with_extension("json"))).unwrap(),
    })
    .collect()
}

fn gold(path: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter_map(|line| line.split_once('\t')).map(|(sql, id)| (sql.to_owned(), id.to_owned())).collect()
}

#[test]
fn exact_match_agrees_on_every_example() {
    let Some(root) = data::find("spider") else { return };
    let tables = AllTables::read(&root.join("tables.json")).unwrap();
    let gold = gold(&root.join("dev_gold.sql"));
    let mut differing = Vec::new();
    let mut judged = 0;
    for system in systems(&root.join("verdicts")) {
        let examples = system.verdict["examples"].as_array().unwrap();
        assert_eq!(examples.len(), gold.len());
        for ((example, (sql, id)), predicted) in examples.iter().zip(&gold).zip(&system.predictions) {
            let verdict = exact::judge(sql, predicted, tables.get(id).unwrap()).unwrap();
            let official = (
                example["hardness"].as_str().unwrap(),
                example["exact"].as_i64().unwrap() == 1,
                example.get("parse_ok").is_none_or(|ok| ok.as_bool().unwrap()),
            );
            judged += 1;
            if official != (verdict.hardness.name(), verdict.exact, verdict.parsed) {
                differing.push(format!(
                    "{} {}: {official:?} {verdict:?}\n  {sql}\n  {predicted}",
                    system.name, example["i"]
                ));
            }
        }
    }
    assert!(differing.is_empty(), "{} of {judged} differ:\n{}", differing.len(), differing.join("\n"));
    assert!(judged >= 10 * 1034);
}

#[test]
fn execution_agrees_on_every_example() {
    let Some(root) = data::find("spider") else { return };
    let gold = gold(&root.join("dev_gold.sql"));
    let systems = systems(&root.join("verdicts"));
    let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
    let options = Options { databases: root.join("database"), cache: None, limits };
    let examples: Vec<_> = systems
        .iter()
        .flat_map(|system| {
            system.predictions.iter().zip(&gold).enumerate().map(move |(index, pair)| (system, index, pair))
        })
        .collect();
    let pairs: Vec<Pair<'_>> = examples
        .iter()
        .map(|(_, _, (predicted, (sql, id)))| Pair { db_id: id, gold: sql, predicted: predicted.as_str() })
        .collect();
    let mut differing = Vec::new();
    for ((system, index, (predicted, (sql, id))), executed) in
        examples.iter().zip(batch::run(&pairs, &options).unwrap())
    {
        let example = &system.verdict["examples"][index];
        if (executed.official == Outcome::Same) != (example["exec"].as_i64().unwrap() == 1) {
            differing.push(format!("{} {index} {id}: {:?}\n  {sql}\n  {predicted}", system.name, executed.official));
        }
    }
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
    assert!(examples.len() >= 10 * gold.len());
}

/// The rows of a printed table by section and name, without the white space between cells.
fn table_rows(text: &str) -> Vec<(String, Vec<String>)> {
    let mut section = "";
    let mut rows = Vec::new();
    for line in text.lines() {
        let lower = line.to_lowercase();
        section = ["accuracy", "recall", "f1"]
            .into_iter()
            .find(|name| lower.contains("partial") && lower.contains(name))
            .unwrap_or(section);
        let (name, cells) = line.split_at_checked(21).unwrap_or((line, ""));
        let cells: Vec<String> = cells.split_whitespace().map(str::to_owned).collect();
        let is_score = |cell: &String| cell.parse::<f64>().is_ok();
        if cells.len() == 5 && cells.iter().all(is_score) {
            rows.push((format!("{section} {}", name.trim()), cells));
        }
    }
    rows
}

#[test]
fn printed_scores_agree_with_the_official_tables() {
    let Some(root) = data::find("spider") else { return };
    let tables = AllTables::read(&root.join("tables.json")).unwrap();
    let gold = files::read_gold(&root.join("dev_gold.sql")).unwrap();
    for system in systems(&root.join("verdicts")) {
        let examples = score::score(&gold, &system.predictions, &tables, None).unwrap();
        let ours = table_rows(&score::table::render(&examples));
        let official = table_rows(system.verdict["summary_spider"].as_str().unwrap());
        assert_eq!(official.len(), 32, "{official:?}");
        for row in official {
            assert!(ours.contains(&row), "{}: {row:?}", system.name);
        }
    }
}
