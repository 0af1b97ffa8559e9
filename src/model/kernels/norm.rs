//! Normalisation of rows.

use super::{Arch, Kernel, LANES};

/// `(x - mean) / sqrt(variance + eps) · weight + bias` for each row.
pub(in crate::model) struct LayerNorm<'a> {
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub bias: &'a [f32],
    pub eps: f32,
    pub out: &'a mut [f32],
}

impl Kernel for LayerNorm<'_> {
    #[inline(always)]
    fn run<A: Arch>(self) {
        let width = self.weight.len();
        for (x, out) in self.x.chunks_exact(width).zip(self.out.chunks_exact_mut(width)) {
            let mean = sum(x, |v| v) / width as f32;
            let variance = sum(x, |v| (v - mean) * (v - mean)) / width as f32;
            let scale = 1.0 / (variance + self.eps).sqrt();
            for (((o, x), w), b) in out.iter_mut().zip(x).zip(self.weight).zip(self.bias) {
                *o = A::mul_add((x - mean) * scale, *w, *b);
            }
        }
    }
}

/// `x / sqrt(mean(x²) + eps) · weight` for each row.
pub(in crate::model) struct RmsNorm<'a> {
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub eps: f32,
    pub out: &'a mut [f32],
}

impl Kernel for RmsNorm<'_> {
    #[inline(always)]
    fn run<A: Arch>(self) {
        let width = self.weight.len();
        for (x, out) in self.x.chunks_exact(width).zip(self.out.chunks_exact_mut(width)) {
            let scale = 1.0 / (sum(x, |v| v * v) / width as f32 + self.eps).sqrt();
            for ((o, x), w) in out.iter_mut().zip(x).zip(self.weight) {
                *o = x * scale * *w;
            }
        }
    }
}

/// The sum of `f` over a row, sixteen partial sums at a time.
#[inline(always)]
fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut sums = [0f32; LANES];
    for block in blocks {
        for (s, x) in sums.iter_mut().zip(block) {
            *s += f(*x);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|x| f(*x)).sum::<f32>()
}
