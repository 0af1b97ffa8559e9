//! Hub networks against transformers: tiny random checkpoints and reference values made by training/fixtures_hub.py.
//! Scores here; what `generate` writes in `generate`, tokens in `tokens`, files that do not fit in `files`.

mod files;
mod generate;
mod tokens;

use crate::root;
use argiope::model::{DeviceChoice, HubModel, NumberFormat};
use safetensors::{Dtype, SafeTensors};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Most difference from transformers in any score.
const TOLERANCE: f32 = 1e-4;
/// Of the scores at position p those of ids = p modulo this are stored.
const KEPT: usize = 8;

fn folder(name: &str) -> PathBuf {
    root().join("tests/data/hub").join(name)
}

/// One source with decoder ids and a part of the scores after each.
struct Reference {
    source: Vec<u32>,
    target: Vec<u32>,
    /// `[position][kept ids]`.
    scores: Vec<Vec<f32>>,
}

fn references(name: &str) -> Vec<Reference> {
    let bytes = fs::read(folder(name).join("reference.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let data = |name: String, dtype| {
        let view = tensors.tensor(&name).unwrap();
        assert_eq!(view.dtype(), dtype);
        (view.data().to_vec(), view.shape().to_vec())
    };
    let ids = |name: String| -> Vec<u32> {
        data(name, Dtype::I32).0.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four)).collect()
    };
    let count = tensors.names().iter().filter(|name| name.ends_with(".source")).count();
    let one = |index: usize| {
        let (scores, shape) = data(format!("{index}.scores"), Dtype::F32);
        let scores: Vec<f32> = scores.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
        Reference {
            source: ids(format!("{index}.source")),
            target: ids(format!("{index}.target")),
            scores: scores.chunks_exact(shape[1]).map(<[f32]>::to_vec).collect(),
        }
    };
    (0..count).map(one).collect()
}

/// How far scores are from the reference's.
#[derive(Default)]
struct Differences {
    worst: f32,
    sum: f64,
    count: usize,
}

impl Differences {
    /// Adds a row of all scores, held against the stored part at this position.
    fn add(&mut self, position: usize, scores: &[f32], kept: &[f32]) {
        let ours = scores.iter().skip(position % KEPT).step_by(KEPT);
        for difference in ours.zip(kept).map(|(a, b)| (a - b).abs()) {
            self.worst = self.worst.max(difference);
            self.sum += f64::from(difference);
            self.count += 1;
        }
    }

    fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}

/// All sources in one batch, step by step and all positions at once, against the reference.
fn differences(name: &str, model: &HubModel) -> Differences {
    let references = references(name);
    let sources: Vec<&[u32]> = references.iter().map(|reference| &reference.source[..]).collect();
    let memory = model.encode(&sources).unwrap();
    let rows: Vec<usize> = (0..sources.len()).collect();
    let mut state = model.start(&rows, references[0].target.len(), 1).unwrap();
    let mut found = Differences::default();
    for position in 0..references[0].target.len() {
        let last: Vec<u32> = references.iter().map(|reference| reference.target[position]).collect();
        let scores = model.step(&memory, &mut state, &last, &rows).unwrap();
        for (scores, reference) in scores.iter().zip(&references) {
            found.add(position, scores, &reference.scores[position]);
        }
    }
    for (index, reference) in references.iter().enumerate() {
        let all = model.forced(&memory, index, &reference.target).unwrap();
        for (position, scores) in all.iter().enumerate() {
            found.add(position, scores, &reference.scores[position]);
        }
    }
    found
}

fn check_scores(name: &str, model: &HubModel) -> f32 {
    differences(name, model).worst
}

fn check_family(name: &str) {
    for model in [
        HubModel::load(folder(name), DeviceChoice::Cpu, NumberFormat::F32).unwrap(),
        HubModel::load_portable(folder(name), NumberFormat::F32).unwrap(),
    ] {
        let worst = check_scores(name, &model);
        println!("{name}: largest difference in any score {worst:e}");
        assert!(worst <= TOLERANCE, "{name}: {worst}");
    }
}

#[test]
fn t5_agrees() {
    check_family("t5");
}

#[test]
fn flan_agrees() {
    check_family("flan");
}

#[test]
fn bart_agrees() {
    check_family("bart");
}

#[test]
fn pegasus_agrees() {
    check_family("pegasus");
}

#[test]
fn mbart_agrees() {
    check_family("mbart");
}

#[test]
fn marian_agrees() {
    check_family("marian");
}

/// A copy of a checkpoint that a test may change; goes when it is dropped.
struct Copy(PathBuf);

impl Copy {
    /// Of the checkpoint `name`, with another family's tokenizer where it has none of its own.
    fn of(name: &str, purpose: &str) -> Self {
        let copy = std::env::temp_dir().join(format!("argiope-hub-{}-{name}-{purpose}", std::process::id()));
        fs::create_dir_all(&copy).unwrap();
        fs::copy(folder("pegasus").join("tokenizer.json"), copy.join("tokenizer.json")).unwrap();
        for entry in fs::read_dir(folder(name)).unwrap().flatten() {
            let file = entry.file_name();
            if !["reference.safetensors", "generations.json"].iter().any(|other| file == *other) {
                fs::copy(entry.path(), copy.join(file)).unwrap();
            }
        }
        Self(copy)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(file), content).unwrap();
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Two hypotheses that change places and split give what each text alone gives.
#[test]
fn reordered_hypotheses_keep_their_own_history() {
    for model in [
        HubModel::load(folder("t5"), DeviceChoice::Cpu, NumberFormat::F32).unwrap(),
        HubModel::load_portable(folder("mbart"), NumberFormat::F32).unwrap(),
    ] {
        let memory = model.encode(&[&[5, 6, 7, 8], &[9, 10]]).unwrap();
        let mut state = model.start(&[0, 1], 6, 2).unwrap();
        model.step(&memory, &mut state, &[0, 0], &[0, 1]).unwrap();
        model.step(&memory, &mut state, &[20, 21], &[1, 0]).unwrap(); // the second source, then the first
        let copy = state.clone();
        let found = model.step(&memory, &mut state, &[30, 31, 32], &[0, 1, 1]).unwrap();
        for (scores, (source, ids)) in found.iter().zip([(1, [0, 20, 30]), (0, [0, 21, 31]), (0, [0, 21, 32])]) {
            let expected = model.forced(&memory, source, &ids).unwrap().pop().unwrap();
            let worst = scores.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < TOLERANCE, "{worst}");
        }
        let mut copy = copy;
        let again = model.step(&memory, &mut copy, &[30, 31, 32], &[0, 1, 1]).unwrap();
        assert_eq!(again, found, "a clone keeps its own position");
    }
}

#[test]
fn smaller_numbers_stay_close() {
    for (format, worst, mean) in
        [(NumberFormat::Auto, 1e-4, 1e-5), (NumberFormat::Bf16, 1e-4, 1e-5), (NumberFormat::Int8, 2.5, 0.4)]
    {
        let found = differences("flan", &HubModel::load(folder("flan"), DeviceChoice::Cpu, format).unwrap());
        println!("flan in {format}: difference {:e} at most, {:e} in the mean", found.worst, found.mean());
        assert!(found.worst < worst && found.mean() < mean, "{format}: {} {}", found.worst, found.mean());
    }
}

/// The dense path in 16 bits runs; its scores are those of rounded numbers.
#[test]
fn the_dense_path_runs_in_sixteen_bits() {
    let full = HubModel::load_portable(folder("t5"), NumberFormat::F32).unwrap();
    let half = HubModel::load_portable(folder("t5"), NumberFormat::F16).unwrap();
    let of = |model: &HubModel| {
        let memory = model.encode(&[&[5, 6, 7, 8]]).unwrap();
        model.forced(&memory, 0, &[0, 9, 10]).unwrap().concat()
    };
    let worst = of(&full).iter().zip(of(&half)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst > 0.0 && worst < 0.2, "{worst}");
}

#[test]
fn bad_arguments_are_errors() {
    let model = HubModel::load(folder("bart"), DeviceChoice::Cpu, NumberFormat::F32).unwrap();
    let memory = model.encode(&[&[5, 6]]).unwrap();
    let mut state = model.start(&[0], 2, 1).unwrap();
    assert!(model.encode(&[]).unwrap().is_empty());
    assert!(model.encode(&[&[]]).is_err());
    assert!(model.encode(&[&[347]]).is_err());
    assert!(model.encode(&[&[3; 641]]).is_err());
    assert!(model.start(&[0], 641, 1).unwrap_err().to_string().contains("640 positions"));
    assert!(model.step(&memory, &mut state, &[347], &[0]).is_err());
    assert!(model.step(&memory, &mut state, &[2], &[1]).is_err());
    assert!(model.step(&memory, &mut model.start(&[1], 2, 1).unwrap(), &[2], &[0]).is_err());
    assert!(model.forced(&memory, 1, &[2]).is_err());
    model.step(&memory, &mut state, &[2], &[0]).unwrap();
    model.step(&memory, &mut state, &[2], &[0]).unwrap();
    assert!(model.step(&memory, &mut state, &[2], &[0]).unwrap_err().to_string().contains("is full"));
}
