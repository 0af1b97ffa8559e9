//! A checkpoint's weight files: safetensors or PyTorch's pickles, whole or in shards, tensor by tensor.
//!
//! Safetensors are mapped into memory. What is missing, left over or of another shape is noted and reported at once
//! by [`Checkpoint::finish`]. Knows nothing about networks.

use super::{super::weights::Matrix, super::weights::Numbers, format::NumberFormat};
use crate::error::{Error, Result};
use candle_core::{DType, pickle::PthTensors, safetensors::MmapedSafetensors};
use rayon::prelude::*;
use safetensors::Dtype;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Weight files in the order in which they are looked for; an index names shards.
const FILES: [&str; 4] =
    ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

enum Source {
    Mapped(MmapedSafetensors),
    Pickled(Vec<PthTensors>),
}

/// The tensors of a checkpoint on their way into layers.
pub(super) struct Checkpoint {
    place: String,
    source: Source,
    shapes: BTreeMap<String, Vec<usize>>,
    unread: BTreeSet<String>,
    findings: Vec<String>,
    dtype: DType,
}

/// The part of an index that counts.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Opens the weight files of a folder.
    ///
    /// # Errors
    /// [`Error::Weights`] where there are none, or one is missing, cut or of another kind.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let found = FILES.iter().find(|file| folder.join(file).is_file()).ok_or_else(|| nothing_in(folder))?;
        let place = folder.join(found).display().to_string();
        let files = if found.ends_with(".json") { shards(folder, found)? } else { vec![folder.join(found)] };
        let broken = |e: candle_core::Error| Error::weights(&place, format!("cannot be read: {}", without_trace(&e)));
        let (source, shapes, dtype) =
            if found.contains("safetensors") { map(&files) } else { unpickle(&files) }.map_err(broken)?;
        let unread = shapes.keys().cloned().collect();
        Ok(Self { place, source, shapes, unread, findings: Vec::new(), dtype })
    }

    /// The format of the first tensor.
    pub(super) fn dtype(&self) -> DType {
        self.dtype
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.shapes.contains_key(name)
    }

    /// Whether a name begins like this.
    pub(super) fn has_prefix(&self, prefix: &str) -> bool {
        self.shapes.keys().any(|name| name.starts_with(prefix))
    }

    /// Notes that these tensors are known and not needed.
    pub(super) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.unread.remove(*name);
        }
    }

    /// Whether two tensors that are there hold the same numbers.
    pub(super) fn same(&self, one: &str, other: &str) -> bool {
        if one == other {
            return true;
        }
        match &self.source {
            Source::Mapped(file) => match (file.get(one), file.get(other)) {
                (Ok(one), Ok(other)) => one.shape() == other.shape() && one.data() == other.data(),
                _ => false,
            },
            Source::Pickled(_) => {
                let (mut first, mut second) = (Vec::new(), Vec::new());
                self.read(one, &mut first).is_ok() && self.read(other, &mut second).is_ok() && first == second
            }
        }
    }

    /// A vector of this length, as f32; also one that lies there as `[1, length]`.
    pub(super) fn vector(&mut self, name: &str, length: usize) -> Vec<f32> {
        let lying = self.shapes.get(name).is_some_and(|shape| *shape == [1, length]);
        let shape = if lying { vec![1, length] } else { vec![length] };
        let mut numbers = Vec::with_capacity(length);
        self.append(name, &shape, &mut numbers);
        numbers.resize(length, 0.0);
        numbers
    }

    /// A table of this shape, as f32, row after row.
    pub(super) fn table(&mut self, name: &str, rows: usize, columns: usize) -> Vec<f32> {
        let mut numbers = Vec::with_capacity(rows * columns);
        self.append(name, &[rows, columns], &mut numbers);
        numbers.resize(rows * columns, 0.0);
        numbers
    }

    /// Matrices of the same width one under the other, each with this many rows, in the asked format. What does not
    /// fit comes back as zeros, and as a finding.
    pub(super) fn stack(&mut self, names: &[String], rows: usize, columns: usize, format: NumberFormat) -> Matrix {
        let mut numbers = Vec::with_capacity(names.len() * rows * columns);
        for (index, name) in names.iter().enumerate() {
            self.append(name, &[rows, columns], &mut numbers);
            numbers.resize((index + 1) * rows * columns, 0.0);
        }
        let keeps_bf16 = format == NumberFormat::Auto && self.dtype == DType::BF16;
        let numbers = match format {
            NumberFormat::Int8 => in_steps(&numbers, columns),
            NumberFormat::Bf16 => Numbers::Bf16(numbers.iter().map(|number| upper_half(*number)).collect()),
            _ if keeps_bf16 => Numbers::Bf16(numbers.iter().map(|number| upper_half(*number)).collect()),
            _ => Numbers::F32(numbers),
        };
        Matrix { rows: names.len() * rows, columns, numbers }
    }

    /// # Errors
    /// [`Error::Weights`] with every tensor that was missing, of another shape, or that nobody asked for.
    pub(super) fn finish(mut self) -> Result<()> {
        self.findings.extend(self.unread.iter().map(|name| format!("{name} is not part of the network")));
        if self.findings.is_empty() { Ok(()) } else { Err(Error::weights(self.place, self.findings.join("; "))) }
    }

    /// Adds a tensor's numbers to `out`; nothing where it does not fit, which is noted.
    fn append(&mut self, name: &str, shape: &[usize], out: &mut Vec<f32>) {
        self.unread.remove(name);
        match self.shapes.get(name) {
            None => self.findings.push(format!("{name} {shape:?} is missing")),
            Some(found) if found != shape => self.findings.push(format!("{name} is {found:?}, not {shape:?}")),
            Some(_) => {
                if let Err(error) = self.read(name, out) {
                    self.findings.push(format!("{name} cannot be read: {}", without_trace(&error)));
                }
            }
        }
    }

    fn read(&self, name: &str, out: &mut Vec<f32>) -> candle_core::Result<()> {
        let tensor = match &self.source {
            Source::Mapped(file) => {
                let view = file.get(name)?;
                match view.dtype() {
                    // The two formats of nearly all files, straight from the mapping.
                    Dtype::F32 => {
                        out.extend(view.data().as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)));
                        return Ok(());
                    }
                    Dtype::BF16 => {
                        let halves = view.data().as_chunks().0.iter().map(|two| u16::from_le_bytes(*two));
                        out.extend(halves.map(|half| f32::from_bits(u32::from(half) << 16)));
                        return Ok(());
                    }
                    _ => file.load(name, &candle_core::Device::Cpu)?,
                }
            }
            Source::Pickled(files) => {
                let found = files.iter().find_map(|file| file.get(name).transpose());
                found.unwrap_or_else(|| candle_core::bail!("not there"))?
            }
        };
        out.extend(tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }
}

/// The first line of an error: candle adds the program's own stack to some.
fn without_trace(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

type Opened = (Source, BTreeMap<String, Vec<usize>>, DType);

fn map(files: &[PathBuf]) -> candle_core::Result<Opened> {
    // SAFETY: the mapping is read only; a file that another program cuts meanwhile ends this one, as with every
    // program that maps weights.
    #[expect(unsafe_code, reason = "mapping files that nobody changes while they are read")]
    let mapped = unsafe { MmapedSafetensors::multi(files)? };
    let mut dtype = DType::F32;
    let mut shapes = BTreeMap::new();
    for (name, view) in mapped.tensors() {
        dtype = DType::try_from(view.dtype())?;
        shapes.insert(name, view.shape().to_vec());
    }
    Ok((Source::Mapped(mapped), shapes, dtype))
}

fn unpickle(files: &[PathBuf]) -> candle_core::Result<Opened> {
    let files: Vec<PthTensors> =
        files.iter().map(|file| PthTensors::new(file, None)).collect::<candle_core::Result<_>>()?;
    let mut dtype = DType::F32;
    let mut shapes = BTreeMap::new();
    for (name, info) in files.iter().flat_map(PthTensors::tensor_infos) {
        dtype = info.dtype;
        shapes.insert(name.clone(), info.layout.dims().to_vec());
    }
    Ok((Source::Pickled(files), shapes, dtype))
}

/// The shards that an index names.
fn shards(folder: &Path, index: &str) -> Result<Vec<PathBuf>> {
    let path = folder.join(index);
    let place = path.display().to_string();
    let text = std::fs::read(&path).map_err(|e| Error::weights(&place, e.to_string()))?;
    let index: Index = serde_json::from_slice(&text).map_err(|e| Error::weights(&place, format!("no index: {e}")))?;
    let names: BTreeSet<String> = index.weight_map.into_values().collect();
    let missing: Vec<&str> = names.iter().filter(|name| !folder.join(name).is_file()).map(String::as_str).collect();
    if names.is_empty() || !missing.is_empty() {
        let message =
            if names.is_empty() { "names no file".to_owned() } else { format!("missing: {}", missing.join(", ")) };
        return Err(Error::weights(place, message));
    }
    Ok(names.iter().map(|name| folder.join(name)).collect())
}

fn nothing_in(folder: &Path) -> Error {
    let others = ["tf_model.h5", "flax_model.msgpack", "model.ckpt.index", "rust_model.ot"];
    let found = others.into_iter().find(|file| folder.join(file).is_file());
    let hint = found.map_or(String::new(), |file| format!("; {file} is another framework's, convert it first"));
    Error::weights(folder.display().to_string(), format!("no weights: none of {}{hint}", FILES.join(", ")))
}

/// f32 to bf16, to the nearest, ties to even.
fn upper_half(number: f32) -> u16 {
    let bits = number.to_bits();
    (bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16) as u16
}

/// Whole steps of each row's largest number / 127.
fn in_steps(numbers: &[f32], columns: usize) -> Numbers {
    let columns = columns.max(1);
    let scale_of = |row: &[f32]| {
        let largest = row.iter().fold(0f32, |largest, number| largest.max(number.abs()));
        if largest > 0.0 { largest / 127.0 } else { 1.0 }
    };
    let scales: Vec<f32> = numbers.par_chunks(columns).map(scale_of).collect();
    let mut steps = vec![0i8; numbers.len()];
    steps.par_chunks_mut(columns).zip(numbers.par_chunks(columns)).zip(&scales).for_each(|((steps, row), scale)| {
        steps.iter_mut().zip(row).for_each(|(step, number)| *step = (number / scale).round() as i8);
    });
    Numbers::I8(steps, scales)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_to_the_nearest_even() {
        for (bits, expected) in
            [(0x3f80_0000, 0x3f80), (0x3f80_8000, 0x3f80), (0x3f81_8000, 0x3f82), (0xbf80_0001, 0xbf80)]
        {
            assert_eq!(upper_half(f32::from_bits(bits)), expected, "{bits:x}");
        }
    }

    #[test]
    fn steps_stand_for_their_numbers() {
        let Numbers::I8(steps, scales) = in_steps(&[1.0, -2.0, 0.5, 0.0, 0.0, 0.0], 3) else { panic!() };
        assert_eq!((steps, scales), (vec![64, -127, 32, 0, 0, 0], vec![2.0 / 127.0, 1.0]));
    }
}
