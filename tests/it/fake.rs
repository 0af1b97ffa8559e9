//! A network without weights and a tokenizer of single letters: what the doors are tested with.
//!
//! The scores look random and depend on the prompt and the prefix only. Some words of the question have effects:
//! `slow` takes a while, `panic` panics, `nan` scores with not-a-number.

use argiope::Result;
use argiope::pipeline::{Engine, Network, Prompt, Scorer, Step};
use argiope::tokens::Tokenizer;
use std::time::Duration;

/// What `slow` takes at every step.
pub(crate) const SLOW: Duration = Duration::from_millis(50);

/// An engine over the fake network.
pub(crate) fn engine() -> Engine {
    Engine::new(Box::new(Fake), tokenizer())
}

/// Pieces in [`tokenizer`].
pub(crate) const VOCABULARY: usize = 104 + 2 * 94;

/// Letters, digits and signs as pieces, with BERT's special ones in their places.
pub(crate) fn tokenizer() -> Tokenizer {
    Tokenizer::from_bytes(tokenizer_json().as_bytes()).unwrap()
}

/// [`tokenizer`] as a file.
pub(crate) fn tokenizer_json() -> String {
    let mut vocabulary: Vec<String> = (0..104).map(|place| format!("[unused{place}]")).collect();
    for (place, name) in [(0, "[PAD]"), (100, "[UNK]"), (101, "[CLS]"), (102, "[SEP]"), (103, "[MASK]")] {
        vocabulary[place] = name.to_owned();
    }
    for letter in '!'..='~' {
        vocabulary.extend([letter.to_string(), format!("##{letter}")]);
    }
    assert_eq!(vocabulary.len(), VOCABULARY);
    let ids: serde_json::Map<String, serde_json::Value> =
        vocabulary.into_iter().enumerate().map(|(id, piece)| (piece, id.into())).collect();
    let json = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null, "decoder": null,
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": ids,
        },
    });
    json.to_string()
}

struct Fake;

impl Network for Fake {
    fn name(&self) -> &str {
        "fake"
    }

    fn max_pieces(&self) -> usize {
        320
    }

    fn read<'a>(&'a self, prompt: &'a Prompt) -> Result<Box<dyn Scorer + 'a>> {
        let says = |word: &str| prompt.words.iter().any(|other| other.text == word);
        assert!(!says("panic"), "a panic that quotes the question");
        let seed = prompt.piece_ids.iter().fold(7, |seed, &id| mix(seed ^ u64::from(id)));
        let ids = argiope::form::Keyword::ALL.len() + prompt.nodes.len();
        Ok(Box::new(FakeScorer { rows: Vec::new(), seed, ids, slow: says("slow"), nan: says("nan") }))
    }
}

struct FakeScorer {
    rows: Vec<u64>,
    seed: u64,
    ids: usize,
    slow: bool,
    nan: bool,
}

impl Scorer for FakeScorer {
    fn step(&mut self, steps: &[Step]) -> Result<Vec<Vec<f32>>> {
        if self.slow {
            std::thread::sleep(SLOW);
        }
        let state = |step: &Step| match step.last {
            None => self.seed,
            Some(id) => mix(self.rows[step.parent] ^ u64::from(id + 1)),
        };
        self.rows = steps.iter().map(state).collect();
        Ok(self.rows.iter().map(|&row| self.scores(row)).collect())
    }
}

impl FakeScorer {
    fn scores(&self, row: u64) -> Vec<f32> {
        let mut state = row;
        let mut next = || {
            state = mix(state);
            if self.nan { f32::NAN } else { (state >> 40) as f32 / (1 << 22) as f32 }
        };
        (0..self.ids).map(|_| next()).collect()
    }
}

fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_add(0x1234_5678_9ABC_DEF1);
    state ^ (state >> 27)
}
