//! Elementary functions that compilers turn into vector code: exp, GELU, softmax.

use super::{Arch, LANES};

/// `e^x` to about 2 units in the last place; 0 below -87, and never infinite.
///
/// Source: range reduction to `2^n · e^r`, |r| ≤ ln 2 / 2, and the polynomial of Cephes' `expf`.
#[inline(always)]
pub(super) fn exp<A: Arch>(x: f32) -> f32 {
    /// Adding it to a small number leaves that number, rounded, in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LOWEST: f32 = -87.0;
    let clamped = x.clamp(LOWEST, 88.0);
    let shifted = A::mul_add(clamped, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = A::mul_add(n, -0.693_359_4, clamped);
    let r = A::mul_add(n, 2.121_944_4e-4, r);
    let mut p = A::mul_add(r, 1.987_569_1e-4, 1.398_2e-3);
    p = A::mul_add(p, r, 8.333_452e-3);
    p = A::mul_add(p, r, 4.166_579_6e-2);
    p = A::mul_add(p, r, 1.666_666_5e-1);
    p = A::mul_add(p, r, 0.5);
    let value = A::mul_add(p, r * r, r) + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23);
    if x < LOWEST { 0.0 } else { value * power }
}

/// `x · Φ(x)`, the exact GELU, to about 1e-7 · |x|.
///
/// Source for the error function: Abramowitz and Stegun, formula 7.1.26 (absolute error at most 1.5e-7).
#[inline(always)]
pub(super) fn gelu<A: Arch>(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / A::mul_add(0.327_591_1, z, 1.0);
    let mut p = A::mul_add(t, 1.061_405_4, -1.453_152);
    p = A::mul_add(p, t, 1.421_413_7);
    p = A::mul_add(p, t, -0.284_496_72);
    p = A::mul_add(p, t, 0.254_829_6);
    // Φ(-|x|) without cancellation, so that large negative inputs keep their relative precision.
    let below = 0.5 * p * t * exp::<A>(-z * z);
    x * if x < 0.0 { below } else { 1.0 - below }
}

/// GELU's approximation `x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))`, to about 1e-7 · |x|.
#[inline(always)]
pub(super) fn gelu_tanh<A: Arch>(x: f32) -> f32 {
    // (1 + tanh(u)) / 2 is the sigmoid of 2u.
    const TWICE_SQRT_2_OVER_PI: f32 = 1.595_769;
    let u = TWICE_SQRT_2_OVER_PI * x * A::mul_add(0.044_715, x * x, 1.0);
    x * sigmoid::<A>(u)
}

/// `x · sigmoid(x)`.
#[inline(always)]
pub(super) fn silu<A: Arch>(x: f32) -> f32 {
    x * sigmoid::<A>(x)
}

#[inline(always)]
fn sigmoid<A: Arch>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<A>(-x))
}

/// Turns scores into weights that sum to 1, in place.
#[inline(always)]
pub(super) fn softmax<A: Arch>(scores: &mut [f32]) {
    let mut best = [f32::NEG_INFINITY; LANES];
    let (blocks, rest) = scores.as_chunks::<LANES>();
    for block in blocks {
        for (b, s) in best.iter_mut().zip(block) {
            *b = b.max(*s);
        }
    }
    let best = best.iter().chain(rest).fold(f32::NEG_INFINITY, |a, b| a.max(*b));
    let mut sums = [0f32; LANES];
    let (blocks, rest) = scores.as_chunks_mut::<LANES>();
    for block in blocks {
        for (sum, s) in sums.iter_mut().zip(block.iter_mut()) {
            *s = exp::<A>(*s - best);
            *sum += *s;
        }
    }
    let mut sum: f32 = sums.iter().sum();
    for s in rest {
        *s = exp::<A>(*s - best);
        sum += *s;
    }
    let scale = 1.0 / sum;
    for s in scores {
        *s *= scale;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kernel, dispatch};
    use super::*;

    struct Map<'a>(&'a [f32], &'a mut [[f32; 4]]);

    impl Kernel for Map<'_> {
        #[inline(always)]
        fn run<A: Arch>(self) {
            for (x, y) in self.0.iter().zip(self.1) {
                *y = [exp::<A>(*x), gelu::<A>(*x), gelu_tanh::<A>(*x), silu::<A>(*x)];
            }
        }
    }

    #[test]
    fn elementary_functions_agree_with_double_precision() {
        let xs: Vec<f32> = (-3000..3000).map(|i| i as f32 * 0.01).collect();
        let mut ys = vec![[0.0; 4]; xs.len()];
        dispatch(Map(&xs, &mut ys));
        for (x, [e, g, t, s]) in xs.iter().zip(ys) {
            let exact = f64::from(*x).exp();
            assert!((f64::from(e) - exact).abs() <= exact * 3e-7, "exp({x}) = {e}, not {exact}");
            let exact = f64::from(*x) * phi(f64::from(*x));
            assert!((f64::from(g) - exact).abs() <= 3e-7 * (1.0 + f64::from(x.abs())), "gelu({x}) = {g}, not {exact}");
            let x = f64::from(*x);
            let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
            for (what, found, exact) in
                [("gelu_tanh", t, 0.5 * x * (1.0 + u.tanh())), ("silu", s, x / (1.0 + (-x).exp()))]
            {
                assert!(
                    (f64::from(found) - exact).abs() <= 4e-7 * (1.0 + x.abs()),
                    "{what}({x}) = {found}, not {exact}"
                );
            }
        }
    }

    /// The normal distribution by its series (|x| < 6), in double precision.
    fn phi(x: f64) -> f64 {
        if x.abs() > 6.0 {
            return if x > 0.0 { 1.0 } else { 0.0 };
        }
        let (mut term, mut sum) = (x, x);
        for i in 1..200 {
            term *= x * x / f64::from(2 * i + 1);
            sum += term;
        }
        0.5 + sum * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
    }
}
