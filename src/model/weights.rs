//! Reads a model's folder: `model.safetensors` with its checksum, each tensor by name and shape.
//!
//! Numbers stay in the format of the file (f32, bf16, or `NAME.q8` in whole steps of `NAME.scale`, one scale a
//! row): the products read them as they are, and less memory passes by. Everything that is missing, left over or of
//! another shape is reported at once by [`Weights::finish`]. Nothing else in `model` touches a disk.

use crate::error::{Error, Result};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The file that holds the tensors.
const FILE: &str = "model.safetensors";
/// Follows the name of a tensor in whole steps.
const STEPS: &str = ".q8";
/// Follows the name of its scales.
const SCALE: &str = ".scale";

/// A tensor's numbers in the format of the file.
#[derive(Debug, Clone)]
pub(super) enum Numbers {
    F32(Vec<f32>),
    /// Upper halves of f32.
    Bf16(Vec<u16>),
    /// Whole steps, and each row's scale.
    I8(Vec<i8>, Vec<f32>),
}

/// A tensor of rows (a vector is one number a row).
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub numbers: Numbers,
}

impl Matrix {
    /// Adds row `index` to `out`.
    pub(super) fn add_row(&self, index: usize, out: &mut [f32]) {
        let range = index * self.columns..(index + 1) * self.columns;
        match &self.numbers {
            Numbers::F32(values) => out.iter_mut().zip(&values[range]).for_each(|(o, v)| *o += v),
            Numbers::Bf16(values) => out.iter_mut().zip(&values[range]).for_each(|(o, v)| *o += widen(*v)),
            Numbers::I8(values, scale) => {
                out.iter_mut().zip(&values[range]).for_each(|(o, v)| *o += f32::from(*v) * scale[index]);
            }
        }
    }

    /// All numbers as f32, row after row.
    pub(super) fn to_f32(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.rows * self.columns];
        for (index, row) in out.chunks_exact_mut(self.columns.max(1)).enumerate() {
            self.add_row(index, row);
        }
        out
    }
}

/// bf16 to f32.
fn widen(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}

/// The bytes of a checked weight file.
pub(super) struct WeightFile {
    path: String,
    bytes: Vec<u8>,
}

impl WeightFile {
    /// Reads the weight file of a folder; it and all other files must have the checksums that the configuration names.
    pub(super) fn read(folder: &Path, files: &BTreeMap<String, String>) -> Result<Self> {
        if !files.contains_key(FILE) {
            let place = folder.join("config.json").display().to_string();
            return Err(Error::weights(place, format!("no checksum of {FILE} in it")));
        }
        for (name, sum) in files.iter().filter(|(name, _)| *name != FILE) {
            checked(&folder.join(name), sum)?;
        }
        let path = folder.join(FILE);
        Ok(Self { bytes: checked(&path, &files[FILE])?, path: path.display().to_string() })
    }

    /// The tensors of the file.
    pub(super) fn open(&self) -> Result<Weights<'_>> {
        let tensors = SafeTensors::deserialize(&self.bytes)
            .map_err(|e| Error::weights(&self.path, format!("not a safetensors file: {e}")))?;
        let unread = tensors.names().into_iter().map(str::to_owned).collect();
        Ok(Weights { path: &self.path, tensors, unread, findings: Vec::new() })
    }
}

/// The content of a file, if it has this checksum.
fn checked(path: &Path, wanted: &str) -> Result<Vec<u8>> {
    let place = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|e| Error::weights(&place, e.to_string()))?;
    let found = hexadecimal(&Sha256::digest(&bytes));
    if found == wanted.to_lowercase() {
        return Ok(bytes);
    }
    let size = bytes.len();
    Err(Error::weights(
        place,
        format!("cut or changed: SHA-256 of its {size} bytes is {found}, config.json says {wanted}"),
    ))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Tensors on their way into layers; takes note of all that does not fit.
pub(super) struct Weights<'a> {
    path: &'a str,
    tensors: SafeTensors<'a>,
    unread: BTreeSet<String>,
    findings: Vec<String>,
}

impl<'a> Weights<'a> {
    /// A vector of this length, as f32.
    pub(super) fn vector(&mut self, name: &str, length: usize) -> Vec<f32> {
        let numbers = self.plain(name, &[length]).unwrap_or_else(|| Numbers::F32(vec![0.0; length]));
        Matrix { rows: 1, columns: length, numbers }.to_f32()
    }

    /// A matrix of this shape, plain or in whole steps. What does not fit comes back as zeros, and as a finding.
    pub(super) fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Matrix {
        let steps = format!("{name}{STEPS}");
        let numbers = if self.tensors.tensor(&steps).is_ok() {
            self.steps(&steps, &format!("{name}{SCALE}"), rows, columns)
        } else {
            self.plain(name, &[rows, columns])
        };
        let numbers = numbers.unwrap_or_else(|| Numbers::F32(vec![0.0; rows * columns]));
        Matrix { rows, columns, numbers }
    }

    /// # Errors
    /// [`Error::Weights`] with every tensor that was missing, of another shape or format, or that nobody asked for.
    pub(super) fn finish(mut self) -> Result<()> {
        self.findings.extend(self.unread.iter().map(|name| format!("{name} is not part of the network")));
        if self.findings.is_empty() {
            return Ok(());
        }
        Err(Error::weights(self.path, self.findings.join("; ")))
    }

    fn plain(&mut self, name: &str, shape: &[usize]) -> Option<Numbers> {
        let view = self.view(name, shape)?;
        match view.dtype() {
            Dtype::F32 => Some(Numbers::F32(floats(view.data()))),
            Dtype::BF16 => Some(Numbers::Bf16(halves(view.data()))),
            other => {
                self.findings.push(format!("{name} is {other:?}; F32 and BF16 are known"));
                None
            }
        }
    }

    fn steps(&mut self, steps: &str, scale: &str, rows: usize, columns: usize) -> Option<Numbers> {
        let (steps_view, scale_view) = (self.view(steps, &[rows, columns]), self.view(scale, &[rows]));
        let (values, scales) = (steps_view?, scale_view?);
        if (values.dtype(), scales.dtype()) != (Dtype::I8, Dtype::F32) {
            self.findings.push(format!("{steps} is {:?} with {:?}, not I8 with F32", values.dtype(), scales.dtype()));
            return None;
        }
        Some(Numbers::I8(values.data().iter().map(|byte| byte.cast_signed()).collect(), floats(scales.data())))
    }

    fn view(&mut self, name: &str, shape: &[usize]) -> Option<TensorView<'a>> {
        self.unread.remove(name);
        let Ok(view) = self.tensors.tensor(name) else {
            self.findings.push(format!("{name} {shape:?} is missing"));
            return None;
        };
        if view.shape() != shape {
            self.findings.push(format!("{name} is {:?}, not {shape:?}", view.shape()));
            return None;
        }
        Some(view)
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

fn halves(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks().0.iter().map(|two| u16::from_le_bytes(*two)).collect()
}
