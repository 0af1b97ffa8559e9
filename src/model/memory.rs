//! What an encoded question leaves behind for the decoder, and how far the decoder's beams have come.
//!
//! Both are values: a memory is never changed after it is made, a state is cheap to clone (its tensors are shared)
//! and to reorder (only row numbers move).

use super::attention::Cross;
use candle_core::Tensor;
use std::sync::Arc;

/// Encoded questions.
#[derive(Debug, Clone)]
pub struct Memory {
    pub(super) examples: Vec<ExampleMemory>,
}

/// One encoded question.
#[derive(Debug, Clone)]
pub(super) struct ExampleMemory {
    /// Each node's kind.
    pub kinds: Vec<u8>,
    /// Input vectors of all symbols, `[keywords + nodes, d]`.
    pub symbols: Tensor,
    /// Each decoder layer's keys and values.
    pub cross: Vec<Cross>,
    /// What the pointers' queries are compared with, `[nodes, d]`.
    pub keys: Tensor,
    /// How likely each node is part of the answer.
    pub used: Vec<f32>,
}

impl Memory {
    /// The number of encoded questions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// The number of nodes of an example; none for an example that is not there.
    #[must_use]
    pub fn nodes(&self, example: usize) -> usize {
        self.examples.get(example).map_or(0, |memory| memory.kinds.len())
    }

    /// For each node of an example the probability that the answer uses it; trained on columns and tables only.
    #[must_use]
    pub fn used(&self, example: usize) -> &[f32] {
        self.examples.get(example).map_or(&[], |memory| &memory.used)
    }
}

/// The beams of one question on their way: all keys and values so far, and each beam's path through them.
#[derive(Debug, Clone)]
pub struct DecoderState {
    /// Which example of the memory it belongs to.
    pub(super) example: usize,
    /// For each step and layer `[beams then, 3 · d]`.
    pub(super) steps: Vec<Arc<[Tensor]>>,
    /// For each beam the row it takes in each step.
    pub(super) paths: Vec<Vec<u32>>,
}

impl DecoderState {
    pub(super) fn new(example: usize, beams: usize) -> Self {
        Self { example, steps: Vec::new(), paths: vec![Vec::new(); beams] }
    }

    /// Symbols taken in by each beam so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.steps.len()
    }

    /// The number of beams.
    #[must_use]
    pub fn beams(&self) -> usize {
        self.paths.len()
    }

    /// Makes beam i the continuation of what was beam `parents[i]`.
    pub(super) fn branch(&mut self, parents: &[usize]) {
        self.paths = parents
            .iter()
            .enumerate()
            .map(|(row, parent)| {
                let mut path = Vec::with_capacity(self.steps.len() + 1);
                path.extend_from_slice(&self.paths[*parent]);
                path.push(row as u32);
                path
            })
            .collect();
    }
}
