//! The network against its PyTorch twin: a tiny random checkpoint and reference values made by training/fixtures.py.

use crate::root;
use argiope::{
    Error,
    model::{DeviceChoice, EncoderInput, NativeModel},
};
use safetensors::{Dtype, SafeTensors};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Most difference from PyTorch in any score.
const TOLERANCE: f32 = 1e-4;
/// The same for a model of full size, whose sums are longer.
const REAL_TOLERANCE: f32 = 1e-3;

fn folder() -> PathBuf {
    root().join("tests/data/model_tiny")
}

fn fast() -> NativeModel {
    NativeModel::load(folder(), DeviceChoice::Cpu).unwrap()
}

/// One example of `reference.safetensors`.
struct Reference {
    input: EncoderInput,
    ids: Vec<u32>,
    scores: Vec<Vec<f32>>,
    used: Vec<f32>,
}

fn references() -> Vec<Reference> {
    references_in(&folder().join("reference.safetensors"))
}

fn references_in(path: &Path) -> Vec<Reference> {
    let bytes = fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let count = tensors.names().iter().filter(|name| name.ends_with(".ids")).count();
    (0..count).map(|index| reference(&tensors, index)).collect()
}

fn data<'a>(tensors: &SafeTensors<'a>, name: &str, dtype: Dtype) -> &'a [u8] {
    let view = tensors.tensor(name).unwrap();
    assert_eq!(view.dtype(), dtype);
    view.data()
}

/// A tensor of whole numbers.
pub(crate) fn whole(tensors: &SafeTensors<'_>, name: &str) -> Vec<u32> {
    data(tensors, name, Dtype::I32).as_chunks().0.iter().map(|four| u32::from_le_bytes(*four)).collect()
}

/// A tensor of real numbers.
pub(crate) fn real(tensors: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    data(tensors, name, Dtype::F32).as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

fn reference(tensors: &SafeTensors<'_>, index: usize) -> Reference {
    let whole = |name: &str| whole(tensors, &format!("{index}.{name}"));
    let real = |name: &str| real(tensors, &format!("{index}.{name}"));
    let masks = data(tensors, &format!("{index}.relations"), Dtype::I64);
    let (spans, ids, scores) = (whole("spans"), whole("ids"), real("scores"));
    let small = |name: &str| whole(name).into_iter().map(|number| number as u8).collect();
    let input = EncoderInput {
        piece_ids: whole("piece_ids"),
        type_ids: whole("type_ids"),
        starts: small("starts"),
        node_spans: spans.chunks(2).map(|pair| (pair[0], pair[1])).collect(),
        node_kinds: small("kinds"),
        features: real("features"),
        relations: masks.as_chunks().0.iter().map(|x| u64::from_le_bytes(*x)).collect(),
    };
    let scores = scores.chunks(scores.len() / ids.len()).map(<[f32]>::to_vec).collect();
    Reference { input, ids, scores, used: real("used") }
}

/// The largest difference between two tables of scores.
fn difference(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).flat_map(|(a, b)| row_differences(a, b)).fold(0.0, f32::max)
}

/// The differences between two rows of scores; none can be infinite unnoticed.
pub(crate) fn row_differences(a: &[f32], b: &[f32]) -> Vec<f32> {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| if a.is_nan() || b.is_nan() { f32::INFINITY } else { (a - b).abs() }).collect()
}

/// One beam, symbol by symbol.
fn stepped(model: &NativeModel, memory: &argiope::model::Memory, example: usize, ids: &[u32]) -> Vec<Vec<f32>> {
    let mut state = model.start(example, 1);
    ids.iter().map(|id| model.step(memory, &mut state, &[*id], &[0]).unwrap().remove(0)).collect()
}

fn agrees_with_pytorch(model: &NativeModel, references: Vec<Reference>, tolerance: f32) {
    let mut worst = (0.0f32, 0.0f32);
    for reference in references {
        let memory = model.encode(std::slice::from_ref(&reference.input)).unwrap();
        let forced = model.forced(&memory, 0, &reference.ids).unwrap();
        let cached = stepped(model, &memory, 0, &reference.ids);
        worst.0 = worst.0.max(difference(&forced, &reference.scores)).max(difference(&cached, &reference.scores));
        worst.1 = worst.1.max(row_differences(memory.used(0), &reference.used).into_iter().fold(0.0, f32::max));
    }
    eprintln!("largest difference from PyTorch: scores {:e}, used {:e}", worst.0, worst.1);
    assert!(worst.0 <= tolerance && worst.1 <= tolerance, "{worst:?}");
}

#[test]
fn every_score_agrees_with_pytorch() {
    let references = references();
    assert!(references.len() >= 64 && references.iter().any(|reference| reference.ids.len() >= 64));
    agrees_with_pytorch(&fast(), references, TOLERANCE);
}

/// The operations that a GPU runs, run on the processor.
#[test]
fn every_score_of_the_dense_path_agrees_with_pytorch() {
    agrees_with_pytorch(&NativeModel::load_portable(folder()).unwrap(), references(), TOLERANCE);
}

/// A model of full size: `ARGIOPE_MODEL` is its folder, `ARGIOPE_REFERENCE` the file that export.py wrote beside it.
#[test]
fn every_score_of_a_real_model_agrees_with_pytorch() {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let (Some(model), Some(reference)) = (variable("ARGIOPE_MODEL"), variable("ARGIOPE_REFERENCE")) else {
        eprintln!("SKIPPED: set ARGIOPE_MODEL and ARGIOPE_REFERENCE to compare a real model with PyTorch");
        return;
    };
    let model = NativeModel::load(model, DeviceChoice::Cpu).unwrap();
    agrees_with_pytorch(&model, references_in(&reference), REAL_TOLERANCE);
}

#[test]
fn batched_equals_single() {
    let references = references();
    let inputs: Vec<_> = references.iter().map(|reference| reference.input.clone()).collect();
    for (model, tolerance) in [(fast(), 0.0), (NativeModel::load_portable(folder()).unwrap(), 1e-5)] {
        let batch = model.encode(&inputs).unwrap();
        for (index, reference) in references.iter().enumerate() {
            let single = model.encode(std::slice::from_ref(&reference.input)).unwrap();
            let together = model.forced(&batch, index, &reference.ids).unwrap();
            let alone = model.forced(&single, 0, &reference.ids).unwrap();
            assert!(difference(&together, &alone) <= tolerance, "example {index}");
        }
    }
}

/// Beams that swap places, die and multiply keep each their own history.
#[test]
fn reordered_beams_score_like_their_own_forms() {
    for model in [fast(), NativeModel::load_portable(folder()).unwrap()] {
        let references = references();
        let memory = model.encode(&[references[40].input.clone()]).unwrap();
        let mut state = model.start(0, 1);
        model.step(&memory, &mut state, &[0], &[0]).unwrap();
        let mut forms: Vec<Vec<u32>> = vec![vec![0]];
        let moves: [&[(usize, u32)]; 5] = [
            &[(0, 3), (0, 5), (0, 14)],
            &[(2, 1), (0, 2), (0, 4), (1, 13)],
            &[(3, 6), (2, 15), (1, 7), (0, 8)],
            &[(1, 9), (1, 10)],
            &[(1, 2), (0, 3), (1, 4)],
        ];
        for step in moves {
            let (parents, last): (Vec<usize>, Vec<u32>) = step.iter().copied().unzip();
            forms = step.iter().map(|(parent, id)| [&forms[*parent][..], &[*id]].concat()).collect();
            let copy = state.clone();
            let scores = model.step(&memory, &mut state, &last, &parents).unwrap();
            for (form, scores) in forms.iter().zip(scores) {
                let forced = model.forced(&memory, 0, form).unwrap();
                assert!(difference(&forced[form.len() - 1..], &[scores]) < 1e-5);
            }
            assert_eq!(copy.position() + 1, state.position(), "a clone keeps its own position");
        }
    }
}

#[test]
fn bad_arguments_are_errors() {
    let model = fast();
    let input = references().remove(0).input;
    let memory = model.encode(std::slice::from_ref(&input)).unwrap();
    let mut state = model.start(0, 1);
    assert!(model.step(&memory, &mut state, &[9999], &[0]).is_err());
    assert!(model.step(&memory, &mut state, &[0], &[1]).is_err());
    assert!(model.step(&memory, &mut state, &[], &[]).is_err());
    assert!(model.step(&memory, &mut model.start(1, 1), &[0], &[0]).is_err());
    assert!(model.forced(&memory, 0, &[0; 65]).is_err());
    assert!(model.forced(&memory, 0, &[]).unwrap().is_empty());
    assert!(model.encode(&[]).unwrap().is_empty());
    let mut cut = input.clone();
    cut.relations.pop();
    cut.piece_ids[0] = 90;
    let message = model.encode(&[cut]).unwrap_err().to_string();
    assert!(message.contains("relations has") && message.contains("outside the vocabulary of 90"), "{message}");
    assert!(model.encode(&[EncoderInput::default()]).is_err());
}

/// A copy of a fixture that a test may spoil.
fn copy_of_folder(folder: &Path, name: &str) -> PathBuf {
    let fixture = folder.file_name().unwrap().to_str().unwrap();
    let copy = std::env::temp_dir().join(format!("argiope-{fixture}-{}-{name}", std::process::id()));
    fs::create_dir_all(&copy).unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(folder.join(file), copy.join(file)).unwrap();
    }
    copy
}

/// Loads a fixture after `spoil` and expects an error of weights whose message holds all of `expected`.
pub(crate) fn check_load_refused<T>(
    folder: &Path,
    load: impl Fn(&Path) -> argiope::Result<T>,
    name: &str,
    expected: &[&str],
    spoil: impl Fn(&Path),
) {
    let copy = copy_of_folder(folder, name);
    spoil(&copy);
    let error = load(&copy).err().expect("refused");
    fs::remove_dir_all(&copy).unwrap();
    let message = error.to_string();
    assert!(matches!(error, Error::Weights { .. }), "{message}");
    for part in expected {
        assert!(message.contains(part), "{message}");
    }
}

fn check_refused(name: &str, expected: &[&str], spoil: impl Fn(&Path)) {
    check_load_refused(&folder(), |copy| NativeModel::load(copy, DeviceChoice::Cpu), name, expected, spoil);
}

pub(crate) fn change_config(folder: &Path, from: &str, to: &str) {
    let path = folder.join("config.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from));
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn files_that_do_not_fit_are_refused_with_all_reasons() {
    check_refused("no-config", &["config.json"], |folder| fs::remove_file(folder.join("config.json")).unwrap());
    check_refused("no-weights", &["model.safetensors"], |folder| {
        fs::remove_file(folder.join("model.safetensors")).unwrap();
    });
    check_refused("cut", &["cut or changed", "SHA-256 of its 1000 bytes"], |folder| {
        let path = folder.join("model.safetensors");
        let bytes = fs::read(&path).unwrap();
        fs::write(path, &bytes[..1000]).unwrap();
    });
    check_refused("other-file", &["tokenizer.json"], |folder| {
        change_config(folder, "\"files\": {", "\"files\": {\"tokenizer.json\": \"00\",");
    });
    check_refused("family", &["is of t5-large"], |folder| change_config(folder, "argiope-native-sql", "t5-large"));
    check_refused("heads", &["no multiple of heads = 5"], |folder| {
        change_config(folder, "\"heads\": 4", "\"heads\": 5");
    });
    check_refused("more-layers", &["decoder.layers.2.norm1.weight [32] is missing"], |folder| {
        change_config(folder, "\"decoder_layers\": 2", "\"decoder_layers\": 3");
    });
    let expected =
        ["relations.layers.1.qkv.bias is not part", "bert.word_embedding.weight.q8 is [90, 32], not [91, 32]"];
    check_refused("other-shapes", &expected, |folder| {
        change_config(folder, "\"relation_layers\": 2", "\"relation_layers\": 1");
        change_config(folder, "\"vocabulary\": 90", "\"vocabulary\": 91");
    });
}
