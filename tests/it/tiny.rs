//! A model folder with random weights and the true vocabulary of symbols, made on the fly: what the binary is
//! tested with where no trained weights may be assumed.

use crate::fake;
use argiope::form::Keyword;
use argiope::link::{FEATURE_NAMES, Relation};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

const WIDTH: usize = 32;
const INNER: usize = 48;
const HEADS: usize = 4;
const BERT_LAYERS: usize = 4;
const LAYERS: usize = 2;
const POSITIONS: usize = 512;
const SYMBOLS: usize = 160;

/// Writes the folder `NAME` below `weights`.
pub(crate) fn write(weights: &Path, name: &str) {
    let folder = weights.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("tokenizer.json"), fake::tokenizer_json()).unwrap();
    let bytes = safetensors();
    std::fs::write(folder.join("model.safetensors"), &bytes).unwrap();
    let sizes = serde_json::json!({
        "keywords": Keyword::ALL.len(), "relations": Relation::ALL.len(), "features": FEATURE_NAMES.len(),
        "width": WIDTH, "bert_layers": BERT_LAYERS, "bert_heads": 2, "bert_inner": INNER,
        "vocabulary": fake::VOCABULARY, "positions": POSITIONS, "relation_layers": LAYERS,
        "decoder_layers": LAYERS, "heads": HEADS, "inner": INNER, "max_symbols": SYMBOLS,
    });
    let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let config = serde_json::json!({
        "family": "argiope-native-sql", "version": 1, "name": name, "sizes": sizes,
        "keywords": Keyword::ALL.iter().map(|keyword| keyword.name()).collect::<Vec<_>>(),
        "relations": Relation::ALL.iter().map(|relation| relation.name()).collect::<Vec<_>>(),
        "features": FEATURE_NAMES, "files": {"model.safetensors": sum},
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

/// Every tensor with its shape.
fn shapes() -> BTreeMap<String, Vec<usize>> {
    let mut shapes = BTreeMap::new();
    let mut add = |name: &str, shape: &[usize]| drop(shapes.insert(name.to_owned(), shape.to_vec()));
    let mut both = |name: &str, out: usize, into: usize| {
        add(&format!("{name}.weight"), &[out, into]);
        add(&format!("{name}.bias"), &[out]);
    };
    let mut norms = Vec::new();
    for (part, layers) in [("bert", BERT_LAYERS), ("relations", LAYERS), ("decoder", LAYERS)] {
        norms.push(format!("{part}.norm"));
        for layer in 0..layers {
            let layer = format!("{part}.layers.{layer}");
            both(&format!("{layer}.qkv"), 3 * WIDTH, WIDTH);
            both(&format!("{layer}.out"), WIDTH, WIDTH);
            both(&format!("{layer}.up"), INNER, WIDTH);
            both(&format!("{layer}.down"), WIDTH, INNER);
            norms.extend([format!("{layer}.norm1"), format!("{layer}.norm2")]);
            if part == "decoder" {
                both(&format!("{layer}.cross_query"), WIDTH, WIDTH);
                both(&format!("{layer}.cross_key_value"), 2 * WIDTH, WIDTH);
                both(&format!("{layer}.cross_out"), WIDTH, WIDTH);
                norms.push(format!("{layer}.norm3"));
            }
        }
    }
    both("decoder.node", WIDTH, WIDTH);
    both("nodes.pieces", WIDTH, WIDTH);
    both("nodes.features", WIDTH, FEATURE_NAMES.len());
    both("output.key", 3 * WIDTH, WIDTH);
    both("output.query", 3 * WIDTH, WIDTH);
    both("output.keywords", Keyword::ALL.len(), WIDTH);
    both("used", 1, WIDTH);
    norms.push("nodes.norm".to_owned());
    for name in norms {
        add(&format!("{name}.weight"), &[WIDTH]);
        add(&format!("{name}.bias"), &[WIDTH]);
    }
    for layer in 0..LAYERS {
        add(&format!("relations.layers.{layer}.relation_bias"), &[HEADS, Relation::ALL.len()]);
        add(&format!("relations.layers.{layer}.relation_key"), &[Relation::ALL.len(), WIDTH / HEADS]);
        add(&format!("relations.layers.{layer}.relation_value"), &[Relation::ALL.len(), WIDTH / HEADS]);
    }
    add("bert.word_embedding.weight", &[fake::VOCABULARY, WIDTH]);
    add("bert.position_embedding.weight", &[POSITIONS, WIDTH]);
    add("bert.type_embedding.weight", &[2, WIDTH]);
    add("bert.start_embedding.weight", &[3, WIDTH]);
    add("decoder.keyword_embedding.weight", &[Keyword::ALL.len(), WIDTH]);
    add("decoder.position_embedding.weight", &[SYMBOLS, WIDTH]);
    shapes
}

/// The file: norms are ones, all else is small and looks random.
fn safetensors() -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape) in shapes() {
        let start = data.len();
        let is_norm = name.contains("norm") && name.ends_with("weight");
        for _ in 0..shape.iter().product::<usize>() {
            data.extend_from_slice(&if is_norm { 1.0f32 } else { next() * 0.5 }.to_le_bytes());
        }
        header.insert(name, serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]}));
    }
    let mut header = serde_json::Value::Object(header).to_string();
    header.push_str(&" ".repeat((8 - header.len() % 8) % 8));
    [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes(), &data].concat()
}
