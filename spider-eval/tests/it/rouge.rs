//! ROUGE against values of the `rouge-score` package: our own texts (tests/data/rouge.json), and systems' outputs where they
//! are at hand.

use serde_json::Value;
use spider_eval::rouge::{self, NAMES};

use crate::data;

const TOLERANCE: f64 = 1e-6;

fn check(reference: &str, prediction: &str, expected: &Value) {
    for (mode, stemmed) in [("stem", true), ("plain", false)] {
        let ours = rouge::score(reference, prediction, stemmed);
        for (name, score) in NAMES.iter().zip(ours) {
            let wanted: Vec<f64> = serde_json::from_value(expected[mode][name].clone()).unwrap();
            for (ours, wanted) in [score.precision, score.recall, score.f1].iter().zip(&wanted) {
                assert!(
                    (ours - wanted).abs() < TOLERANCE,
                    "{mode} {name}: {ours} {wanted}\n{reference}\n--\n{prediction}"
                );
            }
        }
    }
}

#[test]
fn scores_agree_with_rouge_score() {
    let fixture: Value = serde_json::from_str(include_str!("../data/rouge.json")).unwrap();
    for pair in fixture["pairs"].as_array().unwrap() {
        check(pair["reference"].as_str().unwrap(), pair["prediction"].as_str().unwrap(), &pair["scores"]);
    }
}

#[test]
fn stems_agree_with_nltk() {
    let fixture: Value = serde_json::from_str(include_str!("../data/rouge.json")).unwrap();
    for (word, stem) in fixture["stems"].as_object().unwrap() {
        assert_eq!(rouge::stemmed(word), stem.as_str().unwrap(), "{word}");
    }
}

#[test]
fn scores_of_published_systems_agree() {
    let Some(path) = data::find("cnndm/systems_sample.jsonl") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.lines().count(), 300);
    for line in text.lines() {
        let one: Value = serde_json::from_str(line).unwrap();
        check(one["reference"].as_str().unwrap(), one["summary"].as_str().unwrap(), &one["scores"]);
    }
}
