//! The CPU's inner loops over plain slices: products with packed weights, attention, norms.
//!
//! Knows nothing about tensors, layers or files. Each kernel is written once, over arrays of sixteen numbers, and
//! compiled three times: for AVX-512, for AVX2 and for the plain target; [`dispatch`] picks at run time. A row's
//! result never depends on which rows stand beside it, so it is the same at every batch size and thread count.

pub(super) mod attention;
pub(super) mod math;
pub(super) mod norm;
pub(super) mod product;
pub(super) mod relation;

/// Numbers in one block of a packed matrix: one AVX-512 register, two of AVX2, four of NEON.
pub(super) const LANES: usize = 16;

/// What a kernel may rely on while it runs.
pub(super) trait Arch: Sized {
    /// Whether 32 registers of sixteen numbers are there.
    const WIDE: bool;
    /// `a * b + c`, in one rounding where the processor has it.
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
    /// Runs an inner kernel as a function of its own. The compiler keeps a tile's sums in registers only while the
    /// function around it is small.
    fn call<K: Kernel>(kernel: K);
}

/// A piece of work that is compiled for each [`Arch`].
///
/// Implementations mark `run` and all it calls `#[inline(always)]`, so that the whole is compiled for the processor.
pub(super) trait Kernel {
    /// Does the work.
    fn run<A: Arch>(self);
}

/// Runs the kernel with the best instructions this processor has.
pub(super) fn dispatch<K: Kernel>(kernel: K) {
    #[cfg(target_arch = "x86_64")]
    {
        if x86::has_avx512() {
            // SAFETY: the processor was just asked for exactly the features this function is compiled with.
            #[expect(unsafe_code, reason = "calling a function compiled for features that were checked")]
            return unsafe { x86::with_avx512(kernel) };
        }
        if x86::has_avx2() {
            // SAFETY: as above.
            #[expect(unsafe_code, reason = "calling a function compiled for features that were checked")]
            return unsafe { x86::with_avx2(kernel) };
        }
    }
    kernel.run::<Plain>();
}

/// The target as the compiler knows it.
struct Plain;

impl Arch for Plain {
    const WIDE: bool = false;
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        // Without the instruction `f32::mul_add` is a library call, some hundred times slower.
        if cfg!(any(target_arch = "aarch64", target_feature = "fma")) { a.mul_add(b, c) } else { a * b + c }
    }
    #[inline(never)]
    fn call<K: Kernel>(kernel: K) {
        kernel.run::<Self>();
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Arch, Kernel};

    struct Avx512;

    impl Arch for Avx512 {
        const WIDE: bool = true;
        #[inline(always)]
        fn mul_add(a: f32, b: f32, c: f32) -> f32 {
            a.mul_add(b, c)
        }
        #[inline(always)]
        fn call<K: Kernel>(kernel: K) {
            // SAFETY: this type is private, and only a kernel that already runs with these features is given it.
            #[expect(unsafe_code, reason = "calling a function compiled for features that were checked")]
            unsafe {
                with_avx512(kernel);
            }
        }
    }

    struct Avx2;

    impl Arch for Avx2 {
        const WIDE: bool = false;
        #[inline(always)]
        fn mul_add(a: f32, b: f32, c: f32) -> f32 {
            a.mul_add(b, c)
        }
        #[inline(always)]
        fn call<K: Kernel>(kernel: K) {
            // SAFETY: this type is private, and only a kernel that already runs with these features is given it.
            #[expect(unsafe_code, reason = "calling a function compiled for features that were checked")]
            unsafe {
                with_avx2(kernel);
            }
        }
    }

    pub(super) fn has_avx512() -> bool {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && has_avx2()
    }

    pub(super) fn has_avx2() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    pub(super) fn with_avx512<K: Kernel>(kernel: K) {
        kernel.run::<Avx512>();
    }

    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn with_avx2<K: Kernel>(kernel: K) {
        kernel.run::<Avx2>();
    }
}
