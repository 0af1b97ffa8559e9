//! Linear layers and norms, on packed weights where the tensors are the processor's, on candle's products elsewhere.
//!
//! All inputs are `[rows, width]` in f32. The dense path is the one that CUDA and Metal take; it runs on the
//! processor too, so that tests can hold the two against each other.

use super::{
    kernels::{
        dispatch,
        norm::{LayerNorm as NormKernel, RmsNorm as RmsKernel},
        product::{Activation, Finish, Panels, Weight, product},
    },
    weights::{Matrix, Numbers, Weights},
};
use candle_core::{DType, Device, Result, Storage, StorageRef, Tensor};
use std::ops::Range;

/// Where tensors live, and which inner loops work on them.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The device of every tensor.
    pub device: Device,
    /// Whether our own loops over packed weights are used; only on the processor.
    pub packed: bool,
    /// What the dense path computes in; our own loops always compute in f32.
    pub dtype: DType,
}

impl Place {
    /// In f32; `packed` as in the field.
    pub(super) fn new(device: Device, packed: bool) -> Self {
        Self { device, packed, dtype: DType::F32 }
    }

    /// The format of the vectors between layers.
    pub(super) fn dtype_of_vectors(&self) -> DType {
        if self.packed { DType::F32 } else { self.dtype }
    }
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
        Self::new(&matrix, bias, place)
    }

    /// From `[outputs, inputs]` and `[outputs]`.
    pub(super) fn new(matrix: &Matrix, bias: Vec<f32>, place: &Place) -> Result<Self> {
        let weight = if place.packed { pack(matrix) } else { dense(matrix, &bias, place)? };
        Ok(Self { outputs: matrix.rows, bias, weight })
    }

    /// `[rows, inputs]` to `[rows, outputs]`.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.apply(x, Activation::None, None)
    }

    /// `gelu(forward(x))`.
    pub(super) fn forward_gelu(&self, x: &Tensor) -> Result<Tensor> {
        self.apply(x, Activation::Gelu, None)
    }

    /// `activation(forward(x))`.
    pub(super) fn forward_with(&self, x: &Tensor, activation: Activation) -> Result<Tensor> {
        self.apply(x, activation, None)
    }

    /// `residual + forward(x)`.
    pub(super) fn forward_add(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor> {
        self.apply(x, Activation::None, Some(residual))
    }

    /// The weights of these outputs, `[ids, inputs]`: the matrix as a table of embeddings.
    pub(super) fn rows(&self, ids: &[u32], device: &Device) -> Result<Tensor> {
        match &self.weight {
            LinearWeight::F32(panels) => gather(panels, ids, |_| 1.0, device),
            LinearWeight::Bf16(panels) => gather(panels, ids, |_| 1.0, device),
            LinearWeight::I8(panels, scale) => gather(panels, ids, |id| scale[id as usize], device),
            LinearWeight::Dense(weight, _) => weight.index_select(&Tensor::new(ids, device)?, 1)?.t()?.contiguous(),
        }
    }

    fn apply(&self, x: &Tensor, activation: Activation, residual: Option<&Tensor>) -> Result<Tensor> {
        if let LinearWeight::Dense(weight, bias) = &self.weight {
            let y = activate(x.matmul(weight)?.broadcast_add(bias)?, activation)?;
            return if let Some(residual) = residual { y + residual } else { Ok(y) };
        }
        let residual = residual.map(view).transpose()?;
        let residual = residual.as_ref().map(View::numbers).transpose()?;
        let x_view = view(x)?;
        let mut out = vec![0.0; x.dim(0)? * self.outputs];
        let finish = Finish { scale: None, bias: &self.bias, activation, residual };
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

fn gather<T: Weight>(panels: &Panels<T>, ids: &[u32], scale: impl Fn(u32) -> f32, device: &Device) -> Result<Tensor> {
    let mut numbers = Vec::with_capacity(ids.len() * panels.inputs());
    for &id in ids {
        let scale = scale(id);
        numbers.extend(panels.row(id as usize).map(|weight| weight.value() * scale));
    }
    Tensor::from_vec(numbers, (ids.len(), panels.inputs()), device)
}

fn activate(x: Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::None => Ok(x),
        Activation::Relu => x.relu(),
        Activation::Gelu => x.gelu_erf(),
        Activation::GeluTanh => x.gelu(),
        Activation::Silu => x.silu(),
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

fn dense(matrix: &Matrix, bias: &[f32], place: &Place) -> Result<LinearWeight> {
    let weight = Tensor::from_vec(matrix.to_f32(), (matrix.rows, matrix.columns), &Device::Cpu)?;
    let weight = weight.to_dtype(place.dtype)?.to_device(&place.device)?.t()?.contiguous()?;
    Ok(LinearWeight::Dense(weight, Tensor::new(bias, &place.device)?.to_dtype(place.dtype)?))
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
        Self::new(weight, bias, eps, place)
    }

    /// From `[width]` and `[width]`.
    pub(super) fn new(weight: Vec<f32>, bias: Vec<f32>, eps: f32, place: &Place) -> Result<Self> {
        let on_device = |values: &[f32]| Tensor::new(values, &place.device)?.to_dtype(place.dtype);
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

/// Division by the root of the mean square over the last dimension.
#[derive(Debug)]
pub(super) struct RmsNorm {
    weight: Vec<f32>,
    eps: f32,
    /// The weight on the device, where our own loop is not used.
    dense: Option<Tensor>,
}

impl RmsNorm {
    /// From `[width]`.
    pub(super) fn new(weight: Vec<f32>, eps: f32, place: &Place) -> Result<Self> {
        let on_device = || Tensor::new(&weight[..], &place.device)?.to_dtype(place.dtype);
        let dense = if place.packed { None } else { Some(on_device()?) };
        Ok(Self { weight, eps, dense })
    }

    /// `[rows, width]` to the same.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if let Some(weight) = &self.dense {
            return candle_nn::ops::rms_norm_slow(x, weight, self.eps);
        }
        let x_view = view(x)?;
        let mut out = vec![0.0; x.elem_count()];
        dispatch(RmsKernel { x: x_view.numbers()?, weight: &self.weight, eps: self.eps, out: &mut out });
        Tensor::from_vec(out, x.shape(), x.device())
    }
}
