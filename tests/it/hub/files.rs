//! Checkpoints that do not fit, and weights in shards: each refused with all reasons, or loaded.

use super::{Copy, TOLERANCE, check_scores, folder};
use argiope::{
    Error,
    model::{DeviceChoice, HubModel, NumberFormat},
    pipeline::{TextModel, TextOptions},
};
use safetensors::{SafeTensors, tensor::TensorView};
use std::fs;

/// Loads `name` after `spoil` and expects an error of weights whose message holds all of `expected`.
fn check_refused(name: &str, purpose: &str, expected: &[&str], spoil: impl Fn(&Copy)) {
    let copy = Copy::of(name, purpose);
    spoil(&copy);
    let error = TextModel::load(copy.path(), TextOptions::default()).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::Weights { .. }), "{message}");
    for part in expected {
        assert!(message.contains(part), "{message}");
    }
}

fn change(copy: &Copy, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(copy.path().join(file)).unwrap();
    assert!(text.contains(from), "{text}");
    copy.write(file, text.replace(from, to));
}

fn remove(copy: &Copy, file: &str) {
    fs::remove_file(copy.path().join(file)).unwrap();
}

/// Writes the tensors of `model.safetensors` again, each as `change` names it; `None` leaves it out.
fn rename(copy: &Copy, file: &str, change: impl Fn(&str) -> Option<String>) {
    let bytes = fs::read(copy.path().join("model.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let views: Vec<(String, TensorView<'_>)> =
        tensors.tensors().into_iter().filter_map(|(name, view)| Some((change(&name)?, view))).collect();
    copy.write(file, safetensors::serialize(views, None).unwrap());
}

#[test]
fn files_that_do_not_fit_are_refused_with_all_reasons() {
    check_refused("t5", "no-config", &["config.json"], |copy| remove(copy, "config.json"));
    check_refused("t5", "no-weights", &["no weights: none of model.safetensors", "tf_model.h5 is another"], |copy| {
        remove(copy, "model.safetensors");
        copy.write("tf_model.h5", "");
    });
    check_refused("t5", "cut", &["model.safetensors: cannot be read"], |copy| {
        let bytes = fs::read(copy.path().join("model.safetensors")).unwrap();
        copy.write("model.safetensors", &bytes[..5000]);
    });
    check_refused("bart", "old", &["pytorch_model.bin: cannot be read"], |copy| {
        copy.write("pytorch_model.bin", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.");
    });
    check_refused("t5", "family", &["model_type is llama"], |copy| change(copy, "config.json", "\"t5\"", "\"llama\""));
    check_refused("t5", "unknown", &["rotary_base (10000) is not known"], |copy| {
        change(copy, "config.json", "\"d_kv\": 8", "\"d_kv\": 8, \"rotary_base\": 10000");
    });
    check_refused("t5", "sampling", &["do_sample is true", "num_beam_groups is 2"], |copy| {
        change(copy, "generation_config.json", "{", "{\"do_sample\": true, \"num_beam_groups\": 2,");
    });
    check_refused("t5", "sentencepiece", &["tokenizer.json is missing; spiece.model must be converted"], |copy| {
        remove(copy, "tokenizer.json");
        copy.write("spiece.model", "");
    });
    check_refused("t5", "no-tokenizer", &["tokenizer.json is missing"], |copy| remove(copy, "tokenizer.json"));
    check_refused("t5", "other-tokenizer", &["the tokenizer has 340 pieces, the network 203"], |copy| {
        fs::copy(folder("bart/tokenizer.json"), copy.path().join("tokenizer.json")).unwrap();
    });
}

#[test]
fn tensors_that_do_not_fit_are_named_at_once() {
    let expected = [
        "decoder.block.1.layer.2.DenseReluDense.wo.weight [32, 48] is missing",
        "extra.weight is not part of the network",
        "shared.weight is [203, 32], not [204, 32]",
    ];
    check_refused("t5", "tensors", &expected, |copy| {
        change(copy, "config.json", "\"vocab_size\": 203", "\"vocab_size\": 204");
        let lost = "decoder.block.1.layer.2.DenseReluDense.wo.weight";
        rename(copy, "model.safetensors", |name| Some(if name == lost { "extra.weight".into() } else { name.into() }));
    });
}

#[test]
fn shards_are_put_together() {
    let copy = Copy::of("t5", "shards");
    for (file, first) in [("one.safetensors", true), ("two.safetensors", false)] {
        rename(&copy, file, |name| (name.starts_with("decoder") == first).then(|| name.to_owned()));
    }
    remove(&copy, "model.safetensors");
    let index =
        r#"{"metadata": {}, "weight_map": {"shared.weight": "two.safetensors", "decoder.x": "one.safetensors"}}"#;
    copy.write("model.safetensors.index.json", index);
    let model = HubModel::load(copy.path(), DeviceChoice::Cpu, NumberFormat::F32).unwrap();
    let worst = check_scores("t5", &model);
    assert!(worst <= TOLERANCE, "{worst}");
    remove(&copy, "one.safetensors");
    let message = HubModel::load(copy.path(), DeviceChoice::Cpu, NumberFormat::F32).unwrap_err().to_string();
    assert!(message.contains("missing: one.safetensors"), "{message}");
}

/// Files name the shared table by any of its names, and BART's may lack what stands before them.
#[test]
fn names_of_older_files_are_understood() {
    let copy = Copy::of("pegasus", "names");
    rename(&copy, "model.safetensors", |name| match name {
        "model.shared.weight" => Some("decoder.embed_tokens.weight".to_owned()),
        "final_logits_bias" | "lm_head.weight" => Some(name.to_owned()),
        other => other.strip_prefix("model.").map(str::to_owned),
    });
    let model = HubModel::load(copy.path(), DeviceChoice::Cpu, NumberFormat::F32).unwrap();
    let worst = check_scores("pegasus", &model);
    assert!(worst <= TOLERANCE, "{worst}");
}

#[test]
fn scores_that_are_no_numbers_are_an_error() {
    let copy = Copy::of("t5", "infinite");
    let bytes = fs::read(copy.path().join("model.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let huge: Vec<u8> = (0..32).flat_map(|_| 0x7f00u16.to_le_bytes()).collect(); // 1.7e38 in bf16
    let views: Vec<(String, TensorView<'_>)> = tensors
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let spoilt = name == "decoder.final_layer_norm.weight";
            let data = if spoilt { &huge } else { view.data() };
            let view = TensorView::new(view.dtype(), view.shape().to_vec(), data).unwrap();
            (name, view)
        })
        .collect();
    copy.write("model.safetensors", safetensors::serialize(views, None).unwrap());
    let model = TextModel::load(copy.path(), TextOptions::default()).unwrap();
    let message = model.generate(&["x"], model.settings()).unwrap_err().to_string();
    assert!(message.contains("not finite"), "{message}");
}
