//! The selector against its PyTorch twin: a tiny random checkpoint and reference values made by
//! training/summary_fixtures.py.

use crate::{
    model::{change_config, check_load_refused, real, row_differences, whole},
    root,
};
use argiope::model::{DeviceChoice, Selector, SelectorInput};
use safetensors::SafeTensors;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Most difference from PyTorch in any score.
const TOLERANCE: f32 = 1e-4;
/// The same for a model of full size, whose sums are longer.
const REAL_TOLERANCE: f32 = 1e-3;

fn folder() -> PathBuf {
    root().join("tests/data/selector_tiny")
}

fn fast() -> Selector {
    Selector::load(folder(), DeviceChoice::Cpu).unwrap()
}

/// The articles of a reference file with their scores.
fn references_in(path: &Path) -> Vec<(SelectorInput, Vec<f32>)> {
    let bytes = fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let count = tensors.names().iter().filter(|name| name.ends_with(".scores")).count();
    (0..count)
        .map(|index| {
            let name = |name: &str| format!("{index}.{name}");
            let spans = whole(&tensors, &name("spans"));
            let input = SelectorInput {
                piece_ids: whole(&tensors, &name("piece_ids")),
                spans: spans.chunks(2).map(|pair| (pair[0], pair[1])).collect(),
                features: real(&tensors, &name("features")),
                publisher: whole(&tensors, &name("publisher"))[0],
            };
            (input, real(&tensors, &name("scores")))
        })
        .collect()
}

fn references() -> Vec<(SelectorInput, Vec<f32>)> {
    references_in(&folder().join("reference.safetensors"))
}

fn agrees_with_pytorch(selector: &Selector, references: &[(SelectorInput, Vec<f32>)], tolerance: f32) {
    let worst = references.iter().flat_map(|(input, scores)| row_differences(&selector.score(input).unwrap(), scores));
    let worst = worst.fold(0.0, f32::max);
    eprintln!("largest difference from PyTorch: {worst:e}");
    assert!(!references.is_empty() && worst <= tolerance, "{worst:e}");
}

#[test]
fn every_score_agrees_with_pytorch() {
    agrees_with_pytorch(&fast(), &references(), TOLERANCE);
}

/// The operations that a GPU runs, run on the processor.
#[test]
fn every_score_of_the_dense_path_agrees_with_pytorch() {
    agrees_with_pytorch(&Selector::load_portable(folder()).unwrap(), &references(), TOLERANCE);
}

/// A selector of full size: `ARGIOPE_SELECTOR` is its folder, `ARGIOPE_SELECTOR_REFERENCE` the file that
/// summary_export.py wrote beside it.
#[test]
fn every_score_of_a_real_selector_agrees_with_pytorch() {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let (Some(model), Some(reference)) = (variable("ARGIOPE_SELECTOR"), variable("ARGIOPE_SELECTOR_REFERENCE")) else {
        eprintln!("SKIPPED: set ARGIOPE_SELECTOR and ARGIOPE_SELECTOR_REFERENCE to compare a real one with PyTorch");
        return;
    };
    let selector = Selector::load(model, DeviceChoice::Cpu).unwrap();
    agrees_with_pytorch(&selector, &references_in(&reference), REAL_TOLERANCE);
}

/// What fills a window up, and windows of nothing else, change no number.
#[test]
fn padding_changes_nothing() {
    let selector = fast();
    let window = selector.config().sizes.positions;
    for (input, _) in references().into_iter().filter(|(input, _)| input.piece_ids.len() < 3 * window) {
        let mut longer = input.clone();
        longer.piece_ids.resize(4 * window, 0);
        let mut shorter = input.clone();
        shorter.piece_ids.truncate(input.spans.iter().map(|(_, end)| *end as usize).max().unwrap());
        let scores = selector.score(&input).unwrap();
        assert_eq!(scores, selector.score(&longer).unwrap());
        if input.piece_ids[shorter.piece_ids.len()..].iter().all(|id| *id == 0) {
            assert_eq!(scores, selector.score(&shorter).unwrap());
        }
    }
}

/// A change that makes an input unfit, and a part of the message about it.
type Spoiled = (fn(&mut SelectorInput), &'static str);

#[test]
fn bad_arguments_are_errors() {
    let selector = fast();
    let whole = references().remove(3).0;
    let cases: [Spoiled; 7] = [
        (|input| *input = SelectorInput::default(), "no word piece or no sentence"),
        (|input| input.piece_ids.resize(97, 0), "97 pieces; the network takes 96"),
        (|input| input.features.truncate(74), "entries, 75 are wanted"),
        (|input| input.piece_ids[0] = 90, "outside the vocabulary of 90"),
        (|input| input.publisher = 3, "publisher 3 of 3"),
        (|input| input.piece_ids[0] = 0, "padding before a word piece"),
        (|input| input.spans[0] = (4, 200), "over padding or outside the pieces"),
    ];
    for (spoil, expected) in cases {
        let mut input = whole.clone();
        spoil(&mut input);
        let message = selector.score(&input).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

fn check_refused(name: &str, expected: &[&str], spoil: impl Fn(&Path)) {
    check_load_refused(&folder(), |copy| Selector::load(copy, DeviceChoice::Cpu), name, expected, spoil);
}

#[test]
fn files_that_do_not_fit_are_refused_with_all_reasons() {
    check_refused("no-config", &["config.json"], |folder| fs::remove_file(folder.join("config.json")).unwrap());
    check_refused("family", &["family argiope-selector is wanted, this one is of argiope-native-sql"], |folder| {
        change_config(folder, "argiope-selector", "argiope-native-sql");
    });
    check_refused("cut", &["cut or changed"], |folder| fs::write(folder.join("model.safetensors"), b"short").unwrap());
    let expected = ["no multiple of heads = 5", "2 scores a sentence", "but 3 publishers have names"];
    check_refused("sizes", &expected, |folder| {
        change_config(folder, "\"heads\": 4", "\"heads\": 5");
        change_config(folder, "\"scores\": 1", "\"scores\": 2");
        change_config(folder, "\"publishers\": 3", "\"publishers\": 4");
    });
    check_refused("more-layers", &["sentences.layers.2.norm1.weight [32] is missing"], |folder| {
        change_config(folder, "\"sentence_layers\": 2", "\"sentence_layers\": 3");
    });
}
