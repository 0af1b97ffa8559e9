//! Hub networks against transformers: tiny random checkpoints and reference values made by training/fixtures_hub.py.

use crate::root;
use argiope::model::{DeviceChoice, HubModel, NumberFormat};
use safetensors::{Dtype, SafeTensors};
use std::{fs, path::PathBuf};

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

/// The largest difference of a row of all scores from the stored part at this position.
fn difference(position: usize, scores: &[f32], kept: &[f32]) -> f32 {
    let ours = scores.iter().skip(position % KEPT).step_by(KEPT);
    ours.zip(kept).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// All sources in one batch, step by step and all positions at once, against the reference.
fn check_scores(name: &str, model: &HubModel) -> f32 {
    let references = references(name);
    let sources: Vec<&[u32]> = references.iter().map(|reference| &reference.source[..]).collect();
    let memory = model.encode(&sources).unwrap();
    let rows: Vec<usize> = (0..sources.len()).collect();
    let mut state = model.start(&rows, references[0].target.len()).unwrap();
    let mut worst = 0f32;
    for position in 0..references[0].target.len() {
        let last: Vec<u32> = references.iter().map(|reference| reference.target[position]).collect();
        let scores = model.step(&memory, &mut state, &last, &rows).unwrap();
        for (scores, reference) in scores.iter().zip(&references) {
            worst = worst.max(difference(position, scores, &reference.scores[position]));
        }
    }
    for (index, reference) in references.iter().enumerate() {
        let all = model.forced(&memory, index, &reference.target).unwrap();
        for (position, scores) in all.iter().enumerate() {
            worst = worst.max(difference(position, scores, &reference.scores[position]));
        }
    }
    worst
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
