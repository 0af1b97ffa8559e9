//! Linear layers and norms, on packed weights where the tensors are the processor's, on candle's products elsewhere.
//!
//! All inputs are `[rows, width]` in f32. The dense path is the one that CUDA and Metal take; it runs on the
//! processor too, so that tests can hold the two against each other.

use super::{
    kernels::{
        dispatch,
        norm::LayerNorm as NormKernel,
        product::{Finish, Panels, product},
    },
    weights::{Matrix, Numbers, Weights},
};
use candle_core::{Device, Result, Storage, StorageRef, Tensor};
use std::ops::Range;

/// Where tensors live, and which inner loops work on them.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The device of every tensor.
    pub device: Device,
    /// Whether our own loops over packed weights are used; only on the processor.
    pub packed: bool,
}

/// Borrowed numbers of a contiguous f32 tensor of the processor.
pub(super) struct View<'a> {
    storage: StorageRef<'a>,
    range: Range<usize>,
}

/// Borrows a tensor's numbers.
pub(super) fn view(tensor: &Tensor) -> Result<View<'_>> {
    let (storage, layout) = tensor.storage_and_layout();
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("a view of a tensor that is not contiguous");
    };
    Ok(View { storage, range: start..end })
}

impl View<'_> {
    /// The numbers, row after row.
    pub(super) fn numbers(&self) -> Result<&[f32]> {
        match &*self.storage {
            Storage::Cpu(storage) => Ok(&storage.as_slice::<f32>()?[self.range.clone()]),
            _ => candle_core::bail!("a view of a tensor on another device"),
        }
    }
}

/// `y = x · Wᵀ + b`.
#[derive(Debug)]
pub(super) struct Linear {
    outputs: usize,
    bias: Vec<f32>,
    weight: LinearWeight,
}

#[derive(Debug)]
enum LinearWeight {
    F32(Panels<f32>),
    Bf16(Panels<u16>),
    I8(Panels<i8>, Vec<f32>),
    /// `[inputs, outputs]`, and the bias on the same device.
    Dense(Tensor, Tensor),
}

impl Linear {
    /// Takes `NAME.weight [outputs, inputs]` and `NAME.bias [outputs]`.
    pub(super) fn load(
        weights: &mut Weights<'_>,
        name: &str,
        (outputs, inputs): (usize, usize),
        place: &Place,
    ) -> Result<Self> {
        let matrix = weights.matrix(&format!("{name}.weight"), outputs, inputs);
        let bias = weights.vector(&format!("{name}.bias"), outputs);
        let weight = if place.packed { pack(&matrix) } else { dense(&matrix, &bias, &place.device)? };
        Ok(Self { outputs, bias, weight })
    }

    /// `[rows, inputs]` to `[rows, outputs]`.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.apply(x, false, None)
    }

    /// `gelu(forward(x))`.
    pub(super) fn forward_gelu(&self, x: &Tensor) -> Result<Tensor> {
        self.apply(x, true, None)
    }

    /// `residual + forward(x)`.
    pub(super) fn forward_add(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor> {
        self.apply(x, false, Some(residual))
    }

    fn apply(&self, x: &Tensor, gelu: bool, residual: Option<&Tensor>) -> Result<Tensor> {
        if let LinearWeight::Dense(weight, bias) = &self.weight {
            let mut y = x.matmul(weight)?.broadcast_add(bias)?;
            if gelu {
                y = y.gelu_erf()?;
            }
            return if let Some(residual) = residual { y + residual } else { Ok(y) };
        }
        let residual = residual.map(view).transpose()?;
        let residual = residual.as_ref().map(View::numbers).transpose()?;
        let x_view = view(x)?;
        let mut out = vec![0.0; x.dim(0)? * self.outputs];
        let finish = Finish { scale: None, bias: &self.bias, gelu, residual };
        match &self.weight {
            LinearWeight::F32(panels) => product(x_view.numbers()?, panels, finish, &mut out),
            LinearWeight::Bf16(panels) => product(x_view.numbers()?, panels, finish, &mut out),
            LinearWeight::I8(panels, scale) => {
                product(x_view.numbers()?, panels, Finish { scale: Some(scale), ..finish }, &mut out);
            }
            LinearWeight::Dense(..) => {}
        }
        Tensor::from_vec(out, (x.dim(0)?, self.outputs), x.device())
    }
}

fn pack(matrix: &Matrix) -> LinearWeight {
    let (rows, columns) = (matrix.rows, matrix.columns);
    match &matrix.numbers {
        Numbers::F32(values) => LinearWeight::F32(Panels::pack(values, rows, columns)),
        Numbers::Bf16(values) => LinearWeight::Bf16(Panels::pack(values, rows, columns)),
        Numbers::I8(values, scale) => LinearWeight::I8(Panels::pack(values, rows, columns), scale.clone()),
    }
}

fn dense(matrix: &Matrix, bias: &[f32], device: &Device) -> Result<LinearWeight> {
    let weight = Tensor::from_vec(matrix.to_f32(), (matrix.rows, matrix.columns), device)?.t()?.contiguous()?;
    Ok(LinearWeight::Dense(weight, Tensor::new(bias, device)?))
}

/// Layer normalisation over the last dimension.
#[derive(Debug)]
pub(super) struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    eps: f32,
    /// Weight and bias on the device, where our own loop is not used.
    dense: Option<(Tensor, Tensor)>,
}

impl LayerNorm {
    /// Takes `NAME.weight [width]` and `NAME.bias [width]`.
    pub(super) fn load(weights: &mut Weights<'_>, name: &str, width: usize, eps: f32, place: &Place) -> Result<Self> {
        let weight = weights.vector(&format!("{name}.weight"), width);
        let bias = weights.vector(&format!("{name}.bias"), width);
        let on_device = |values: &[f32]| Tensor::new(values, &place.device);
        let dense = if place.packed { None } else { Some((on_device(&weight)?, on_device(&bias)?)) };
        Ok(Self { weight, bias, eps, dense })
    }

    /// `[rows, width]` to the same.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if let Some((weight, bias)) = &self.dense {
            return candle_nn::ops::layer_norm_slow(x, weight, bias, self.eps);
        }
        let x_view = view(x)?;
        let mut out = vec![0.0; x.elem_count()];
        let (weight, bias, eps) = (&self.weight, &self.bias, self.eps);
        dispatch(NormKernel { x: x_view.numbers()?, weight, bias, eps, out: &mut out });
        Tensor::from_vec(out, x.shape(), x.device())
    }
}
