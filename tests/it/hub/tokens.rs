//! Tokenizers against transformers: the same ids and the same text back on 1,000 lines.

use super::folder;
use crate::data;
use argiope::tokens::TextTokenizer;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, path::Path};

fn read<T: serde::de::DeserializeOwned>(file: &str) -> T {
    serde_json::from_slice(&fs::read(folder(file)).unwrap()).unwrap()
}

/// Six digits of the hash.
fn print(text: &str) -> String {
    Sha256::digest(text).iter().take(3).map(|byte| format!("{byte:02x}")).collect()
}

fn check(name: &str, tokenizer: &Path) {
    let tokenizer = TextTokenizer::from_file(tokenizer).unwrap();
    let lines: Vec<String> = read("lines.json");
    let prints: BTreeMap<String, Value> = read("tokens.json");
    let expected: Vec<&str> = prints[name].as_str().unwrap().split(' ').collect();
    assert_eq!((lines.len(), expected.len()), (1000, 1000));
    for (line, expected) in lines.iter().zip(expected) {
        let ids = tokenizer.encode(line, usize::MAX).unwrap().ids;
        let written: Vec<String> = ids.iter().map(u32::to_string).collect();
        let back = tokenizer.decode(&ids).unwrap();
        assert_eq!(print(&written.join(" ")) + &print(&back), expected, "{name}: {line:?} {ids:?} {back:?}");
    }
}

#[test]
fn bart_tokens_agree() {
    check("bart", &folder("bart/tokenizer.json"));
}

#[test]
fn pegasus_tokens_agree() {
    check("pegasus", &folder("pegasus/tokenizer.json"));
}

#[test]
fn t5_tokens_agree() {
    check("t5", &folder("t5/tokenizer.json"));
}

#[test]
fn published_t5_tokens_agree() {
    if let Some(file) = data("tokenizers/t5/tokenizer.json") {
        check("t5-published", &file);
    }
}

#[test]
fn a_cut_text_keeps_its_special_pieces() {
    let tokenizer = TextTokenizer::from_file(folder("bart/tokenizer.json")).unwrap();
    let whole = tokenizer.encode("How many singers are there?", 100).unwrap();
    let cut = tokenizer.encode("How many singers are there?", 6).unwrap();
    assert_eq!((whole.cut, cut.cut), (0, whole.ids.len() - 6));
    assert_eq!((&cut.ids[..5], cut.ids[5]), (&whole.ids[..5], 2));
    assert_eq!(
        tokenizer.encode_plain("How many").unwrap(),
        whole.ids[1..][..tokenizer.encode_plain("How many").unwrap().len()]
    );
    assert_eq!((tokenizer.piece(2).as_deref(), tokenizer.id_of("</s>")), (Some("</s>"), Some(2)));
    assert_eq!(tokenizer.size(), 340);
}
