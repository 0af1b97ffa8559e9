//! What one Spider question costs the network: 90 word pieces, 60 nodes, 4 beams, 12 steps, on random weights of full
//! size in the formats of the shipped file. `cargo bench --bench decoder`.
#![allow(clippy::unwrap_used, reason = "a bench may fail loudly")]

use argiope::model::{DeviceChoice, EncoderInput, Memory, NativeModel};
use criterion::{Criterion, criterion_group, criterion_main};
use safetensors::{Dtype, tensor::TensorView};
use sha2::{Digest, Sha256};
use std::{fs, path::PathBuf};

const WIDTH: usize = 384;
const KEYWORDS: usize = 70;
const RELATIONS: usize = 45;
const FEATURES: usize = 24;
const PIECES: usize = 90;
const NODES: usize = 60;
const BEAMS: usize = 4;
const STEPS: usize = 12;

/// A small generator of even noise; quality does not matter here.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end
    }
}

/// Tensors by name and shape.
type Shapes = Vec<(String, Vec<usize>)>;

/// Every tensor with its shape; matrices of the first list lie in 8 bits, all others in bf16.
fn shapes() -> (Shapes, Shapes) {
    let (mut eight, mut sixteen) = (Shapes::new(), Shapes::new());
    eight.push(("bert.word_embedding.weight".to_owned(), vec![30522, WIDTH]));
    for (name, rows) in [("position", 512), ("type", 2), ("start", 3)] {
        sixteen.push((format!("bert.{name}_embedding.weight"), vec![rows, WIDTH]));
    }
    let mut linear = |eight_bits: bool, name: String, outputs: usize, inputs: usize| {
        let list = if eight_bits { &mut eight } else { &mut sixteen };
        list.push((format!("{name}.weight"), vec![outputs, inputs]));
        sixteen.push((format!("{name}.bias"), vec![outputs]));
    };
    for (layers, prefix, inner) in [(6, "bert", 1536), (4, "relations", 1024), (4, "decoder", 1024)] {
        for layer in (0..layers).map(|i| format!("{prefix}.layers.{i}")) {
            let eight_bits = prefix == "bert";
            linear(eight_bits, format!("{layer}.qkv"), 3 * WIDTH, WIDTH);
            linear(eight_bits, format!("{layer}.out"), WIDTH, WIDTH);
            linear(eight_bits, format!("{layer}.up"), inner, WIDTH);
            linear(eight_bits, format!("{layer}.down"), WIDTH, inner);
            if prefix == "decoder" {
                linear(false, format!("{layer}.cross_query"), WIDTH, WIDTH);
                linear(false, format!("{layer}.cross_key_value"), 2 * WIDTH, WIDTH);
                linear(false, format!("{layer}.cross_out"), WIDTH, WIDTH);
            }
        }
    }
    for (name, outputs, inputs) in [
        ("nodes.pieces", WIDTH, WIDTH),
        ("nodes.features", WIDTH, FEATURES),
        ("decoder.node", WIDTH, WIDTH),
        ("output.keywords", KEYWORDS, WIDTH),
        ("output.query", 3 * WIDTH, WIDTH),
        ("output.key", 3 * WIDTH, WIDTH),
        ("used", 1, WIDTH),
    ] {
        linear(false, name.to_owned(), outputs, inputs);
    }
    sixteen.push(("decoder.keyword_embedding.weight".into(), vec![KEYWORDS, WIDTH]));
    sixteen.push(("decoder.position_embedding.weight".into(), vec![160, WIDTH]));
    for layer in (0..4).map(|i| format!("relations.layers.{i}")) {
        sixteen.push((format!("{layer}.relation_key"), vec![RELATIONS, 48]));
        sixteen.push((format!("{layer}.relation_value"), vec![RELATIONS, 48]));
        sixteen.push((format!("{layer}.relation_bias"), vec![8, RELATIONS]));
    }
    let norms = |prefix: &str, layers, norms| {
        (0..layers)
            .flat_map(move |i| (1..=norms).map(move |n| format!("{prefix}.layers.{i}.norm{n}")))
            .collect::<Vec<_>>()
    };
    let mut names = [norms("bert", 6, 2), norms("relations", 4, 2), norms("decoder", 4, 3)].concat();
    names.extend(["bert.norm", "nodes.norm", "relations.norm", "decoder.norm"].map(str::to_owned));
    for name in names {
        sixteen.push((format!("{name}.weight"), vec![WIDTH]));
        sixteen.push((format!("{name}.bias"), vec![WIDTH]));
    }
    (eight, sixteen)
}

/// Writes a folder as the trainer's export does, with noise for weights.
fn random_model() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("argiope-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut noise = Noise(9);
    let (eight, sixteen) = shapes();
    let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, shape) in eight {
        let steps = (0..shape.iter().product()).map(|_| noise.next() as u8).collect();
        let scale = (0..shape[0]).flat_map(|_| 0.0005f32.to_le_bytes()).collect();
        tensors.push((format!("{name}.scale"), Dtype::F32, vec![shape[0]], scale));
        tensors.push((format!("{name}.q8"), Dtype::I8, shape, steps));
    }
    for (name, shape) in sixteen {
        let number = |noise: &mut Noise| (noise.below(2000) as f32 / 1000.0 - 1.0) * 0.06;
        let one = if name.contains("norm") && name.ends_with("weight") { 1.0 } else { 0.0 };
        let values = (0..shape.iter().product::<usize>()).flat_map(|_| {
            let bits = (one + number(&mut noise)).to_bits() >> 16;
            (bits as u16).to_le_bytes()
        });
        let values = values.collect();
        tensors.push((name, Dtype::BF16, shape, values));
    }
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, data)| (name.as_str(), TensorView::new(*dtype, shape.clone(), data).unwrap()));
    let bytes = safetensors::serialize(views, None).unwrap();
    let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(folder.join("model.safetensors"), bytes).unwrap();
    let names = |count| (0..count).map(|i| format!("n{i}")).collect::<Vec<_>>();
    let config = serde_json::json!({
        "family": "argiope-native-sql", "version": 1, "name": "random",
        "sizes": {
            "keywords": KEYWORDS, "relations": RELATIONS, "features": FEATURES, "width": WIDTH, "bert_layers": 6,
            "bert_heads": 12, "bert_inner": 1536, "vocabulary": 30522, "positions": 512, "relation_layers": 4,
            "decoder_layers": 4, "heads": 8, "inner": 1024, "max_symbols": 160,
        },
        "keywords": names(KEYWORDS), "relations": names(RELATIONS), "features": names(FEATURES),
        "files": {"model.safetensors": sum},
    });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    folder
}

/// A question of usual size; four relations a pair.
fn question() -> EncoderInput {
    let mut noise = Noise(5);
    EncoderInput {
        piece_ids: (0..PIECES).map(|_| noise.below(30000) as u32 + 1).collect(),
        type_ids: (0..PIECES).map(|i| u32::from(i > 18)).collect(),
        starts: (0..PIECES).map(|i| u8::from(i > 18 && i % 2 == 0)).collect(),
        node_spans: (0..NODES as u32).map(|i| (1 + i, 2 + i)).collect(),
        node_kinds: (0..NODES).map(|i| if i < 15 { 0 } else { 1 + u8::from(i > 50) }).collect(),
        features: vec![0.5; NODES * FEATURES],
        relations: (0..NODES * NODES).map(|_| (0..4).fold(0, |mask, _| mask | 1 << noise.below(RELATIONS))).collect(),
    }
}

/// Twelve steps with beams that trade places.
fn decode(model: &NativeModel, memory: &Memory) -> f32 {
    let mut state = model.start(0, 1);
    let mut scores = model.step(memory, &mut state, &[0], &[0]).unwrap();
    for step in 1..STEPS {
        let beams = scores.len();
        let last: Vec<u32> = (0..BEAMS).map(|beam| ((beam * 31 + step * 17) % (KEYWORDS + NODES)) as u32).collect();
        let parents: Vec<usize> = (0..BEAMS).map(|beam| (beam + step) % beams).collect();
        scores = model.step(memory, &mut state, &last, &parents).unwrap();
    }
    scores[0][0]
}

fn benches(c: &mut Criterion) {
    let folder = random_model();
    let model = NativeModel::load(&folder, DeviceChoice::Cpu).unwrap();
    let input = [question()];
    let memory = model.encode(&input).unwrap();
    c.bench_function("load the weights", |b| b.iter(|| NativeModel::load(&folder, DeviceChoice::Cpu).unwrap()));
    c.bench_function("encode 90 pieces, 60 nodes", |b| b.iter(|| model.encode(&input).unwrap()));
    c.bench_function("12 decoder steps, 4 beams", |b| b.iter(|| decode(&model, &memory)));
    c.bench_function("a whole question", |b| b.iter(|| decode(&model, &model.encode(&input).unwrap())));
    fs::remove_dir_all(folder).unwrap();
}

criterion_group! {
    name = network;
    config = Criterion::default().sample_size(20);
    targets = benches
}
criterion_main!(network);
