//! Named arrays on their way into a safetensors blob, and the blob on its way out.

use std::io::Write;

use anyhow::Result;
use safetensors::tensor::{Dtype, TensorView};

/// Writes a blob with its length (u64, little-endian) before it.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_blob(out: &mut impl Write, blob: &[u8]) -> Result<()> {
    out.write_all(&(blob.len() as u64).to_le_bytes())?;
    out.write_all(blob)?;
    Ok(out.flush()?)
}

/// The row, filled up to a length.
pub(crate) fn padded<T: Clone>(mut row: Vec<T>, length: usize, fill: T) -> Vec<T> {
    row.resize(length, fill);
    row
}

/// Named arrays on their way into a blob.
#[derive(Debug, Default)]
pub(crate) struct Arrays(Vec<(&'static str, Dtype, Vec<usize>, Vec<u8>)>);

impl Arrays {
    /// Adds an array of 64-bit integers.
    pub(crate) fn integers(&mut self, name: &'static str, shape: &[usize], values: Vec<i64>) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.0.push((name, Dtype::I64, shape.to_vec(), bytes));
    }

    /// Adds an array of 32-bit floats.
    pub(crate) fn floats(&mut self, name: &'static str, shape: &[usize], values: Vec<f32>) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.0.push((name, Dtype::F32, shape.to_vec(), bytes));
    }

    /// Adds an array of bytes.
    pub(crate) fn bytes(&mut self, name: &'static str, shape: &[usize], values: Vec<u8>) {
        self.0.push((name, Dtype::U8, shape.to_vec(), values));
    }

    /// The bytes of a safetensors file.
    ///
    /// # Errors
    /// When the arrays do not fit their shapes, which cannot be.
    pub(crate) fn blob(&self) -> Result<Vec<u8>> {
        let views = self
            .0
            .iter()
            .map(|(name, dtype, shape, bytes)| Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?)));
        let views: Vec<_> = views.collect::<Result<_>>()?;
        Ok(safetensors::serialize(views, None)?)
    }
}
