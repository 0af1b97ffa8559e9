//! `generate` against transformers, the same token for token, through folders as a person would have them.

use super::{Copy, folder};
use argiope::pipeline::{GenerationSettings, Scorer, Step, TextModel, TextOptions};
use serde_json::{Map, Value};
use std::fs;

/// Most difference from transformers in a score.
const TOLERANCE: f64 = 1e-3;

fn load(copy: &Copy) -> TextModel {
    TextModel::load(copy.path(), TextOptions::default()).unwrap()
}

fn lists(value: &Value) -> Vec<Vec<u32>> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Every search of a family, over a batch of three sources, with the settings read from a file.
fn check_family(name: &str) {
    let copy = Copy::of(name, "generate");
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(folder(name).join("generations.json")).unwrap()).unwrap();
    let base = fs::read(folder(name).join("generation_config.json")).unwrap();
    for case in cases {
        let mut settings: Map<String, Value> = serde_json::from_slice(&base).unwrap();
        settings.extend(case["settings"].as_object().unwrap().clone());
        copy.write("generation_config.json", Value::Object(settings).to_string());
        let model = load(&copy);
        let sources = lists(&case["sources"]);
        let sources: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
        let found = model.generate_ids(&sources, model.settings()).unwrap();
        for (index, found) in found.iter().enumerate() {
            let ids: Vec<Vec<u32>> = found.iter().map(|generation| generation.ids.clone()).collect();
            assert_eq!(ids, lists(&case["texts"][index]), "{name}, source {index}: {}", case["settings"]);
            for (place, generation) in found.iter().enumerate() {
                if let Some(expected) = case["scores"][index][place].as_f64() {
                    let worst = (f64::from(generation.score) - expected).abs();
                    assert!(worst < TOLERANCE, "{name}, source {index}: {} is not {expected}", generation.score);
                }
            }
        }
    }
}

#[test]
fn t5_writes_the_same() {
    check_family("t5");
}

#[test]
fn flan_writes_the_same() {
    check_family("flan");
}

#[test]
fn bart_writes_the_same() {
    check_family("bart");
}

#[test]
fn pegasus_writes_the_same() {
    check_family("pegasus");
}

#[test]
fn mbart_writes_the_same() {
    check_family("mbart");
}

#[test]
fn marian_writes_the_same() {
    check_family("marian");
}

#[test]
fn a_batch_gives_what_each_text_gives_alone() {
    let model = load(&Copy::of("pegasus", "alone"));
    let settings = GenerationSettings { beam_width: 3, n_best: 2, no_repeat_ngram_size: 2, ..model.settings().clone() };
    let texts =
        ["How many singers are there?", "Show the names", "", "a b c d e f g h", "x", "Which", "and", "last", "of"];
    let together = model.generate(&texts, &settings).unwrap();
    assert_eq!(together.len(), texts.len());
    for (text, expected) in texts.iter().zip(&together) {
        let alone = model.generate(&[text], &settings).unwrap().remove(0);
        assert_eq!(&alone, expected);
        assert_eq!((alone.alternatives.len(), alone.note()), (1, None));
    }
    assert!(model.generate(&[], &settings).unwrap().is_empty());
}

#[test]
fn a_long_source_is_cut_and_says_so() {
    let model = load(&Copy::of("bart", "long"));
    let text = "How many singers are there in all? ".repeat(60);
    let settings = GenerationSettings { max_new_tokens: Some(2), ..model.settings().clone() };
    let answer = model.generate(&[&text], &settings).unwrap().remove(0);
    let note = answer.note().unwrap();
    assert!(answer.cut > 0 && note.contains(&answer.cut.to_string()), "{note}");
    assert!(model.read(&text, &settings).unwrap_err().to_string().contains("the model reads 640"));
    let cut = model.tokenizer().encode(&text, 640).unwrap();
    assert_eq!((cut.ids.len(), cut.ids[0], cut.ids[639]), (640, 0, 2), "special pieces stay");
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let model = load(&Copy::of("bart", "settings"));
    let check = |change: fn(&mut GenerationSettings), expected: &str| {
        let mut settings = model.settings().clone();
        change(&mut settings);
        let message = model.generate(&["x"], &settings).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    check(|s| s.beam_width = 0, "a beam of no hypotheses");
    check(|s| s.n_best = 2, "2 texts are wanted of a beam of 1");
    check(|s| s.max_new_tokens = Some(0), "a text of no pieces");
    check(|s| s.max_new_tokens = Some(641), "640 positions");
    check(|s| s.min_length = 99, "at least 99 pieces");
    check(|s| s.length_penalty = f64::NAN, "length_penalty");
}

#[test]
fn tasks_are_offered_with_their_settings() {
    let model = load(&Copy::of("t5", "tasks"));
    let task = &model.tasks()["summarization"];
    assert_eq!((task.prefix.as_str(), task.settings.beam_width, task.settings.longest()), ("summarize: ", 4, 30));
    assert_eq!(task.settings.eos_token_id, model.settings().eos_token_id);
    assert_eq!(model.settings().beam_width, 1);
}

/// What a search of its own sees is what `generate` sees.
#[test]
fn a_text_can_be_read_for_a_search_of_ones_own() {
    let model = load(&Copy::of("t5", "read"));
    let settings = GenerationSettings { max_new_tokens: Some(5), ..model.settings().clone() };
    let mut scorer = model.read("How many singers are there?", &settings).unwrap();
    let mut ids = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        let scores = scorer.step(&[Step { parent: 0, last }]).unwrap().remove(0);
        assert_eq!(scores.len(), model.network().config().vocabulary());
        let best = (0..scores.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap() as u32;
        ids.push(best);
        last = Some(best);
    }
    let source = model.tokenizer().encode("How many singers are there?", 600).unwrap().ids;
    let found = model.generate_ids(&[&source], &settings).unwrap().remove(0).remove(0);
    assert!(ids.starts_with(&found.ids), "{ids:?} {:?}", found.ids);
}
