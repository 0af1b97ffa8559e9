//! Rows times packed weights: the product that everything else waits for.
//!
//! A weight matrix `[out, in]` lies in panels of sixteen outputs: `[out / 16][in][16]`, in the number format of its
//! file (f32, bf16, or i8 with a scale for each output). A tile of rows × panels stays in registers while it runs
//! over the inputs in order, so each output is one sum in one order whatever the tile's size.
//!
//! Many rows are shared out among the threads by rows, few rows (a decoder's step) by panels: each weight is then read
//! by one thread only.

use super::{Arch, Kernel, LANES, math};
use rayon::prelude::*;

/// Below this many multiplications a second thread costs more than it brings.
const PARALLEL_FROM: usize = 1 << 21;
/// Fewer rows are not shared out by rows: each thread would read all weights for next to nothing.
const PARALLEL_ROWS: usize = 16;
/// Few rows are shared out by panels from this many bytes of weights on; reading them is what takes the time.
const PARALLEL_BYTES: usize = 1 << 18;
/// Most rows in one tile where [`Arch::WIDE`]: 2 panels × 8 rows; from 9 rows on the compiler keeps sums in memory.
const WIDE_ROWS: usize = 8;
/// Most rows in one tile of 4 panels.
const FEW_ROWS: usize = 4;
/// Most rows in one tile elsewhere: 6 rows of two registers fill 12 of 16.
const NARROW_ROWS: usize = 6;

/// A number format of packed weights.
pub(in crate::model) trait Weight: Copy + Send + Sync + Default {
    /// The number.
    fn value(self) -> f32;
}

impl Weight for f32 {
    #[inline(always)]
    fn value(self) -> f32 {
        self
    }
}

/// The upper half of an f32: bf16.
impl Weight for u16 {
    #[inline(always)]
    fn value(self) -> f32 {
        f32::from_bits(u32::from(self) << 16)
    }
}

/// Whole steps of the output's scale.
impl Weight for i8 {
    #[inline(always)]
    fn value(self) -> f32 {
        f32::from(self)
    }
}

/// A matrix in panels.
#[derive(Debug, Clone)]
pub(in crate::model) struct Panels<T> {
    values: Vec<T>,
    inputs: usize,
    outputs: usize,
}

impl<T: Weight> Panels<T> {
    /// Packs a row-major `[outputs, inputs]` matrix.
    pub(in crate::model) fn pack(matrix: &[T], outputs: usize, inputs: usize) -> Self {
        let mut values = vec![T::default(); outputs.div_ceil(LANES) * LANES * inputs];
        let panels = values.par_chunks_mut((LANES * inputs).max(1));
        panels.zip(matrix[..outputs * inputs].par_chunks((LANES * inputs).max(1))).for_each(|(panel, rows)| {
            for (lane, row) in rows.chunks_exact(inputs).enumerate() {
                for (values, value) in panel.chunks_exact_mut(LANES).zip(row) {
                    values[lane] = *value;
                }
            }
        });
        Self { values, inputs, outputs }
    }

    /// The number of inputs.
    pub(in crate::model) fn inputs(&self) -> usize {
        self.inputs
    }

    /// The weights of one output, input by input.
    pub(in crate::model) fn row(&self, output: usize) -> impl Iterator<Item = T> {
        let start = output / LANES * LANES * self.inputs + output % LANES;
        self.values[start..].iter().step_by(LANES).take(self.inputs).copied()
    }
}

/// What is applied to each output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::model) enum Activation {
    /// Nothing.
    #[default]
    None,
    /// `max(x, 0)`.
    Relu,
    /// `x · Φ(x)`, exact.
    Gelu,
    /// GELU's approximation by tanh.
    GeluTanh,
    /// `x · sigmoid(x)`.
    Silu,
}

/// What happens to a sum before it is written: `activation(sum · scale + bias) + residual`.
#[derive(Clone, Copy)]
pub(in crate::model) struct Finish<'a> {
    /// One a output, where the weights are whole steps.
    pub scale: Option<&'a [f32]>,
    /// One an output.
    pub bias: &'a [f32],
    /// What comes next.
    pub activation: Activation,
    /// Rows like the output's.
    pub residual: Option<&'a [f32]>,
}

/// `out[rows, outputs] = finish(x[rows, inputs] · weights)`, on all threads when it is worth it.
pub(in crate::model) fn product<T: Weight>(x: &[f32], weights: &Panels<T>, finish: Finish<'_>, out: &mut [f32]) {
    let Panels { values, inputs, outputs } = weights;
    let rows = out.len() / outputs;
    let threads = rayon::current_num_threads();
    let whole = Product { x, values, inputs: *inputs, outputs: *outputs, finish, out };
    if rows >= PARALLEL_ROWS && rows * inputs * outputs >= PARALLEL_FROM {
        whole.by_rows(rows.div_ceil(threads));
    } else if threads > 1 && rayon::current_thread_index().is_some() && size_of_val(&values[..]) >= PARALLEL_BYTES {
        whole.by_panels(outputs.div_ceil(LANES).div_ceil(threads) * LANES);
    } else {
        super::dispatch(whole);
    }
}

struct Product<'a, T> {
    x: &'a [f32],
    values: &'a [T],
    inputs: usize,
    outputs: usize,
    finish: Finish<'a>,
    out: &'a mut [f32],
}

impl<T: Weight> Product<'_, T> {
    /// `part` rows a thread.
    fn by_rows(self, part: usize) {
        let Self { x, values, inputs, outputs, finish, out } = self;
        out.par_chunks_mut(part * outputs).enumerate().for_each(|(index, out)| {
            let first = index * part;
            let residual = finish.residual.map(|all| &all[first * outputs..first * outputs + out.len()]);
            let finish = Finish { residual, ..finish };
            super::dispatch(Product { x: &x[first * inputs..], values, inputs, outputs, finish, out });
        });
    }

    /// `part` outputs of each row a thread, in a buffer of its own: the parts of a row lie side by side in `out`.
    fn by_panels(self, part: usize) {
        let Self { x, values, inputs, outputs, finish, out } = self;
        let rows = out.len() / outputs;
        let parts: Vec<Vec<f32>> = values
            .par_chunks(part * inputs)
            .enumerate()
            .map(|(index, values)| {
                let first = index * part;
                let count = part.min(outputs - first);
                let mut out = vec![0.0; rows * count];
                let finish = Finish {
                    scale: finish.scale.map(|scale| &scale[first..first + count]),
                    bias: &finish.bias[first..first + count],
                    residual: None,
                    ..finish
                };
                super::dispatch(Product { x, values, inputs, outputs: count, finish, out: &mut out });
                out
            })
            .collect();
        for (row, out) in out.chunks_exact_mut(outputs).enumerate() {
            for (out, values) in out.chunks_mut(part).zip(&parts) {
                out.copy_from_slice(&values[row * out.len()..(row + 1) * out.len()]);
            }
        }
        if let Some(residual) = finish.residual {
            out.iter_mut().zip(residual).for_each(|(o, r)| *o += *r);
        }
    }
}

impl<T: Weight> Kernel for Product<'_, T> {
    #[inline(always)]
    fn run<A: Arch>(self) {
        let Self { x, values, inputs, outputs, finish, out } = self;
        let rows = out.len() / outputs;
        let x = Rows { values: x, stride: inputs, width: inputs };
        multiply::<A, T>(x, rows, values, out, Columns { stride: outputs, count: outputs });
        for (row, out) in out.chunks_exact_mut(outputs).enumerate() {
            finish_row::<A>(out, row * outputs, finish);
        }
    }
}

#[inline(always)]
fn finish_row<A: Arch>(out: &mut [f32], start: usize, finish: Finish<'_>) {
    match finish.scale {
        Some(scale) => {
            for ((o, s), b) in out.iter_mut().zip(scale).zip(finish.bias) {
                *o = A::mul_add(*o, *s, *b);
            }
        }
        None => {
            for (o, b) in out.iter_mut().zip(finish.bias) {
                *o += *b;
            }
        }
    }
    match finish.activation {
        Activation::None => {}
        Activation::Relu => out.iter_mut().for_each(|o| *o = o.max(0.0)),
        Activation::Gelu => out.iter_mut().for_each(|o| *o = math::gelu::<A>(*o)),
        Activation::GeluTanh => out.iter_mut().for_each(|o| *o = math::gelu_tanh::<A>(*o)),
        Activation::Silu => out.iter_mut().for_each(|o| *o = math::silu::<A>(*o)),
    }
    if let Some(residual) = finish.residual {
        for (o, r) in out.iter_mut().zip(&residual[start..]) {
            *o += *r;
        }
    }
}

/// Rows of input that stand `stride` numbers apart and are `width` long.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub values: &'a [f32],
    pub stride: usize,
    pub width: usize,
}

impl<'a> Rows<'a> {
    #[inline(always)]
    pub(super) fn row(self, index: usize) -> &'a [f32] {
        &self.values[index * self.stride..index * self.stride + self.width]
    }

    #[inline(always)]
    fn from(self, index: usize) -> Self {
        Self { values: &self.values[index * self.stride..], ..self }
    }
}

/// Where results go: `count` columns in rows that stand `stride` numbers apart.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub stride: usize,
    pub count: usize,
}

/// `out = x · panels`, tile by tile; `panels` as in [`Panels`], for `to.count` outputs.
#[inline(always)]
pub(super) fn multiply<A: Arch, T: Weight>(x: Rows<'_>, rows: usize, panels: &[T], out: &mut [f32], to: Columns) {
    let most = if !A::WIDE {
        NARROW_ROWS
    } else if rows <= FEW_ROWS {
        FEW_ROWS
    } else {
        WIDE_ROWS
    };
    let wide = if !A::WIDE {
        1
    } else if rows <= FEW_ROWS {
        4
    } else {
        2
    };
    let tiles = rows.div_ceil(most).max(1);
    let mut column = 0;
    while column < to.count {
        let panel = &panels[column * x.width..];
        let count = wide.min((to.count - column).div_ceil(LANES));
        let (mut first, mut left) = (0, tiles);
        while first < rows {
            // Tiles of nearly equal height: a single row at the end would run at a fraction of the speed.
            let height = (rows - first).div_ceil(left);
            let out = &mut out[first * to.stride + column..];
            let to = Columns { stride: to.stride, count: (to.count - column).min(count * LANES) };
            tile_of::<A, T>((count, height), x.from(first), panel, out, to);
            (first, left) = (first + height, left - 1);
        }
        column += count * LANES;
    }
}

/// Picks the tile compiled for this many panels and rows.
#[inline(always)]
fn tile_of<A: Arch, T: Weight>(size: (usize, usize), x: Rows<'_>, panels: &[T], out: &mut [f32], to: Columns) {
    macro_rules! pick {
        ($($panels:literal: $($rows:literal)*;)*) => {
            match size {
                $($(($panels, $rows) => A::call(Tile::<T, $panels, $rows> { x, panels, out, to }),)*)*
                // No other size occurs; one small tile after the other is right for all.
                (count, height) => {
                    for panel in 0..count {
                        for row in 0..height {
                            let done = panel * LANES;
                            let to = Columns { count: (to.count - done).min(LANES), ..to };
                            let out = &mut out[row * to.stride + done..];
                            let (x, panels) = (x.from(row), &panels[done * x.width..]);
                            A::call(Tile::<T, 1, 1> { x, panels, out, to });
                        }
                    }
                }
            }
        };
    }
    if A::WIDE {
        pick! { 4: 1 2 3 4; 3: 1 2 3 4; 2: 1 2 3 4 5 6 7 8; 1: 1 2 3 4 5 6 7 8; }
    } else {
        pick! { 1: 1 2 3 4 5 6; }
    }
}

/// `P` panels × `M` rows of results, summed in registers.
struct Tile<'a, T, const P: usize, const M: usize> {
    x: Rows<'a>,
    panels: &'a [T],
    out: &'a mut [f32],
    to: Columns,
}

impl<T: Weight, const P: usize, const M: usize> Kernel for Tile<'_, T, P, M> {
    #[inline(always)]
    fn run<A: Arch>(self) {
        let width = self.x.width;
        let rows: [&[f32]; M] = std::array::from_fn(|m| &self.x.row(m)[..width]);
        let panels: [&[[T; LANES]]; P] = std::array::from_fn(|p| {
            let panel = &self.panels[p * width * LANES..(p + 1) * width * LANES];
            &panel.as_chunks::<LANES>().0[..width]
        });
        let mut sums = [[[0f32; LANES]; M]; P];
        for i in 0..width {
            let mut weights = [[0f32; LANES]; P];
            for p in 0..P {
                for lane in 0..LANES {
                    weights[p][lane] = panels[p][i][lane].value();
                }
            }
            for m in 0..M {
                let factor = rows[m][i];
                for p in 0..P {
                    for lane in 0..LANES {
                        sums[p][m][lane] = A::mul_add(factor, weights[p][lane], sums[p][m][lane]);
                    }
                }
            }
        }
        for (p, block) in sums.into_iter().enumerate() {
            let count = self.to.count.saturating_sub(p * LANES).min(LANES);
            for (m, row) in block.into_iter().enumerate() {
                store(row, count, &mut self.out[m * self.to.stride + p * LANES..]);
            }
        }
    }
}

/// Writes the first `count` numbers. Takes them by value: a borrowed part of `sums` would keep all sums in memory.
#[inline(always)]
fn store(row: [f32; LANES], count: usize, out: &mut [f32]) {
    match out.first_chunk_mut::<LANES>() {
        Some(out) if count == LANES => *out = row,
        _ => out[..count].copy_from_slice(&row[..count]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small whole numbers, so that every order of summation gives the same result.
    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7 + seed * 3) % 11) as f32 - 5.0).collect()
    }

    #[test]
    fn products_equal_plain_sums_for_all_tile_sizes() {
        for (rows, inputs, outputs) in [(1, 3, 5), (2, 16, 16), (4, 9, 61), (5, 20, 33), (11, 8, 100), (23, 31, 17)] {
            let (x, w, bias) = (numbers(rows * inputs, 1), numbers(outputs * inputs, 2), numbers(outputs, 3));
            let residual = numbers(rows * outputs, 4);
            let finish = Finish { scale: None, bias: &bias, activation: Activation::None, residual: Some(&residual) };
            let mut out = vec![0.0; rows * outputs];
            product(&x, &Panels::pack(&w, outputs, inputs), finish, &mut out);
            for r in 0..rows {
                for o in 0..outputs {
                    let sum: f32 = (0..inputs).map(|i| x[r * inputs + i] * w[o * inputs + i]).sum();
                    assert_eq!(out[r * outputs + o], sum + bias[o] + residual[r * outputs + o]);
                }
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_its_neighbours() {
        let (inputs, outputs) = (384, 1536);
        let x: Vec<f32> = (0..90 * inputs).map(|i| (i as f32 * 0.37).sin()).collect();
        let w: Vec<f32> = (0..outputs * inputs).map(|i| (i as f32 * 0.11).cos()).collect();
        let (panels, bias) = (Panels::pack(&w, outputs, inputs), vec![0.5; outputs]);
        let finish = Finish { scale: None, bias: &bias, activation: Activation::Gelu, residual: None };
        let mut all = vec![0.0; 90 * outputs];
        product(&x, &panels, finish, &mut all);
        for row in [0, 41, 89] {
            let mut one = vec![0.0; outputs];
            product(&x[row * inputs..(row + 1) * inputs], &panels, finish, &mut one);
            assert_eq!(one, all[row * outputs..(row + 1) * outputs]);
        }
    }

    #[test]
    fn few_rows_shared_out_by_panels_equal_one_thread() {
        let (rows, inputs, outputs) = (3, 300, 500);
        let (x, w, bias) = (numbers(rows * inputs, 1), numbers(outputs * inputs, 2), numbers(outputs, 3));
        let residual = numbers(rows * outputs, 4);
        let (panels, finish) = (
            Panels::pack(&w, outputs, inputs),
            Finish { scale: Some(&bias), bias: &bias, activation: Activation::Relu, residual: Some(&residual) },
        );
        let (mut alone, mut shared) = (vec![0.0; rows * outputs], vec![0.0; rows * outputs]);
        product(&x, &panels, finish, &mut alone);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        pool.install(|| product(&x, &panels, finish, &mut shared));
        assert_eq!(alone, shared);
        assert_eq!(panels.row(499).collect::<Vec<_>>(), w[499 * inputs..]);
    }

    #[test]
    fn eight_and_sixteen_bit_weights_count_like_their_values() {
        let steps: Vec<i8> = (0..40 * 24).map(|i| (i % 255) as i8).collect();
        let scale: Vec<f32> = (0..40).map(|i| 0.25 + i as f32).collect();
        let half: Vec<u16> = numbers(40 * 24, 5).iter().map(|x| (x.to_bits() >> 16) as u16).collect();
        let x = numbers(6 * 24, 1);
        let bias = vec![0.0; 40];
        let mut out = vec![0.0; 6 * 40];
        let finish = Finish { scale: Some(&scale), bias: &bias, activation: Activation::None, residual: None };
        product(&x, &Panels::pack(&steps, 40, 24), finish, &mut out);
        let sum: f32 = (0..24).map(|i| x[i] * f32::from(steps[39 * 24 + i]) * scale[39]).sum();
        assert!((out[39] - sum).abs() < 1e-2 * (1.0 + sum.abs()), "{} {sum}", out[39]);
        let finish = Finish { scale: None, bias: &bias, activation: Activation::None, residual: None };
        product(&x, &Panels::pack(&half, 40, 24), finish, &mut out);
        assert_eq!(out[39], (0..24).map(|i| x[i] * half[39 * 24 + i].value()).sum::<f32>());
    }

    /// What other processors run gives the same sums here.
    #[test]
    fn every_instruction_set_agrees() {
        let (rows, inputs, outputs) = (13, 40, 70);
        let (x, w, bias) = (numbers(rows * inputs, 1), numbers(outputs * inputs, 2), numbers(outputs, 3));
        let weights = &Panels::pack(&w, outputs, inputs);
        let finish = Finish { scale: None, bias: &bias, activation: Activation::Gelu, residual: None };
        let mut expected = vec![0.0; rows * outputs];
        product(&x, weights, finish, &mut expected);
        let check = |run: fn(Product<'_, f32>)| {
            let mut out = vec![0.0; rows * outputs];
            run(Product { x: &x, values: &weights.values, inputs, outputs, finish, out: &mut out });
            for (a, b) in out.iter().zip(&expected) {
                assert!((a - b).abs() <= 1e-6 * (1.0 + b.abs()), "{a} {b}");
            }
        };
        check(|kernel| kernel.run::<super::super::Plain>());
        #[cfg(target_arch = "x86_64")]
        if super::super::x86::has_avx2() {
            // SAFETY: the processor was just asked for these features.
            #[expect(unsafe_code, reason = "calling a function compiled for features that were checked")]
            check(|kernel| unsafe { super::super::x86::with_avx2(kernel) });
        }
    }
}
