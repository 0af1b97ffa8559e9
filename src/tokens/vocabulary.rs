//! The pieces of a `tokenizer.json` as the bytes that they stand for in a text.
//!
//! Reads the three ways in which the Hub's tokenizers spell bytes: `▁` for a space (SentencePiece), `<0x41>` for a
//! byte of its own (byte fallback), and printable stand-ins for all 256 bytes (byte-level BPE).

use crate::error::{Error, Result};
use serde_json::Value;
use std::collections::HashMap;

/// What the pieces of a vocabulary spell.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// By id; `None` for special pieces, which spell nothing.
    pieces: Vec<Option<Vec<u8>>>,
}

impl Vocabulary {
    /// From the bytes of each piece, by id.
    pub fn new(pieces: Vec<Option<Vec<u8>>>) -> Self {
        Self { pieces }
    }

    /// Reads the content of a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Weights`] where it is no tokenizer, or one whose pieces are not joined to a text by their bytes
    /// (WordPiece).
    pub fn from_json(content: &[u8], path: &str) -> Result<Self> {
        let wrong = |message: &str| Error::weights(path, message);
        let tree: Value = serde_json::from_slice(content).map_err(|error| wrong(&error.to_string()))?;
        let spelling = spelling_of(&tree).ok_or_else(|| wrong("pieces of a kind that is not read here"))?;
        let mut pieces: Vec<Option<Vec<u8>>> = Vec::new();
        for (piece, id) in model_pieces(&tree["model"]["vocab"]) {
            put(&mut pieces, id, bytes_of(&piece, spelling));
        }
        if pieces.is_empty() {
            return Err(wrong("no vocabulary"));
        }
        for added in tree["added_tokens"].as_array().into_iter().flatten() {
            let (Some(id), Some(content)) = (added["id"].as_u64(), added["content"].as_str()) else { continue };
            let special = added["special"].as_bool().unwrap_or(false);
            put(&mut pieces, id as usize, (!special).then(|| content.as_bytes().to_vec()));
        }
        let unknown = tree["model"]["unk_id"].as_u64().map(|id| id as usize);
        if let Some(piece) = unknown.and_then(|id| pieces.get_mut(id)) {
            *piece = None;
        }
        Ok(Self { pieces })
    }

    /// Every piece that spells something, with its id.
    pub fn pieces(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.pieces.iter().enumerate().filter_map(|(id, piece)| Some((id as u32, piece.as_deref()?)))
    }

    /// What an id spells; nothing for special ids.
    pub fn bytes(&self, id: u32) -> &[u8] {
        self.pieces.get(id as usize).and_then(Option::as_deref).unwrap_or_default()
    }

    /// The bytes of a sequence of ids as a text; what is not UTF-8 is replaced.
    pub fn text(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|&id| self.bytes(id)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Which characters can be spelled with pieces that hold nothing else: one by itself, or its bytes one by one.
    pub fn characters(&self) -> Characters {
        let single: Vec<&[u8]> =
            self.pieces().map(|(_, bytes)| bytes).filter(|bytes| bytes.len() <= char::MAX_LEN_UTF8).collect();
        let mut bytes = [false; 256];
        for piece in single.iter().filter(|piece| piece.len() == 1) {
            bytes[usize::from(piece[0])] = true;
        }
        let whole = |piece: &&[u8]| {
            let mut characters = std::str::from_utf8(piece).ok()?.chars();
            characters.next().filter(|_| characters.next().is_none())
        };
        let mut characters: Vec<char> = single.iter().filter_map(whole).collect();
        characters.sort_unstable();
        characters.dedup();
        Characters { bytes, characters }
    }
}

/// The characters that a vocabulary can spell one at a time.
#[derive(Debug, Clone)]
pub struct Characters {
    bytes: [bool; 256],
    characters: Vec<char>,
}

impl Characters {
    /// Whether this character can be spelled.
    pub fn spells(&self, character: char) -> bool {
        let by_bytes = || {
            let mut buffer = [0; char::MAX_LEN_UTF8];
            character.encode_utf8(&mut buffer).bytes().all(|byte| self.bytes[usize::from(byte)])
        };
        self.characters.binary_search(&character).is_ok() || by_bytes()
    }
}

/// How pieces spell bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// `▁` is a space, `<0x41>` a byte.
    Metaspace,
    /// Each byte has a printable character.
    ByteLevel,
}

fn spelling_of(tree: &Value) -> Option<Spelling> {
    let text = tree["decoder"].to_string();
    let kind = tree["model"]["type"].as_str();
    match kind {
        _ if text.contains("\"ByteLevel\"") => Some(Spelling::ByteLevel),
        Some("Unigram" | "BPE") => Some(Spelling::Metaspace),
        _ => None,
    }
}

/// (piece, id) pairs of a model: a list of (piece, score) for Unigram, a map from piece to id for BPE.
fn model_pieces(vocabulary: &Value) -> Vec<(String, usize)> {
    match vocabulary {
        Value::Array(rows) => {
            let piece = |row: &Value| row.get(0).and_then(Value::as_str).unwrap_or_default().to_owned();
            rows.iter().enumerate().map(|(id, row)| (piece(row), id)).collect()
        }
        Value::Object(map) => {
            map.iter().filter_map(|(piece, id)| Some((piece.clone(), id.as_u64()? as usize))).collect()
        }
        _ => Vec::new(),
    }
}

fn put(pieces: &mut Vec<Option<Vec<u8>>>, id: usize, piece: Option<Vec<u8>>) {
    if pieces.len() <= id {
        pieces.resize(id + 1, None);
    }
    pieces[id] = piece;
}

fn bytes_of(piece: &str, spelling: Spelling) -> Option<Vec<u8>> {
    match spelling {
        Spelling::ByteLevel => {
            let stand_ins = byte_stand_ins();
            piece.chars().map(|character| stand_ins.get(&character).copied()).collect()
        }
        Spelling::Metaspace => match fallback_byte(piece) {
            Some(byte) => Some(vec![byte]),
            None => Some(piece.replace('▁', " ").into_bytes()),
        },
    }
}

/// `<0x41>` → 0x41.
fn fallback_byte(piece: &str) -> Option<u8> {
    let digits = piece.strip_prefix("<0x")?.strip_suffix('>')?;
    (digits.len() == 2).then(|| u8::from_str_radix(digits, 16).ok())?
}

/// GPT-2's printable characters for bytes: those that are printable stand for themselves, the others follow from 256.
fn byte_stand_ins() -> HashMap<char, u8> {
    let plain = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut next = 256;
    let mut stand_ins = HashMap::with_capacity(256);
    for byte in 0..=u8::MAX {
        let code = if plain(byte) {
            u32::from(byte)
        } else {
            next += 1;
            next - 1
        };
        stand_ins.extend(char::from_u32(code).map(|character| (character, byte)));
    }
    stand_ins
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn sentence_pieces_and_byte_fallback() {
        let json = r#"{"model": {"type": "Unigram", "unk_id": 1, "vocab": [["</s>", 0], ["<unk>", 0], ["▁select", -1],
            ["é", -2], ["<0xC3>", -3], ["a", -3]]}, "decoder": {"type": "Metaspace"}, "added_tokens": [
            {"id": 0, "content": "</s>", "special": true}, {"id": 6, "content": " <=", "special": false}]}"#;
        let vocabulary = Vocabulary::from_json(json.as_bytes(), "t").unwrap();
        assert_eq!(vocabulary.text(&[2, 3, 6, 0, 1]), " selecté <=");
        assert_eq!(vocabulary.bytes(4), [0xC3]);
        let characters = vocabulary.characters();
        assert_eq!(['a', 'é', 'b', 'ã'].map(|c| characters.spells(c)), [true, true, false, false]);
    }

    #[test]
    fn byte_level_pieces() {
        let json = r#"{"model": {"type": "BPE", "vocab": {"Ġselect": 0, "Ã": 1, "©": 2}},
            "decoder": {"type": "ByteLevel"}}"#;
        let vocabulary = Vocabulary::from_json(json.as_bytes(), "t").unwrap();
        assert_eq!(vocabulary.text(&[0, 1, 2]), " selecté");
        assert!(vocabulary.characters().spells('é'));
    }

    #[test]
    fn word_pieces_are_refused() {
        let json = r#"{"model": {"type": "WordPiece", "vocab": {"a": 0}}, "decoder": {"type": "WordPiece"}}"#;
        assert!(Vocabulary::from_json(json.as_bytes(), "t").is_err());
    }
}
