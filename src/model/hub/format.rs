//! In which numbers the weights are kept: `auto`, `f32`, `f16`, `bf16` or `int8`.

use crate::error::{Error, Result};
use candle_core::{DType, Device};
use std::{fmt, str::FromStr};

/// A wish, as written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumberFormat {
    /// As in the file.
    #[default]
    Auto,
    /// 32 bits.
    F32,
    /// IEEE's 16 bits; T5 can overflow in it. The processor keeps such weights in 32 bits.
    F16,
    /// The upper half of 32 bits.
    Bf16,
    /// Whole steps of 8 bits with a scale an output; on the processor only.
    Int8,
}

const NAMES: [(NumberFormat, &str); 5] = [
    (NumberFormat::Auto, "auto"),
    (NumberFormat::F32, "f32"),
    (NumberFormat::F16, "f16"),
    (NumberFormat::Bf16, "bf16"),
    (NumberFormat::Int8, "int8"),
];

impl FromStr for NumberFormat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        NAMES.iter().find(|(_, name)| *name == text).map(|(format, _)| *format).ok_or_else(|| {
            Error::input(format!("{text:?} is no number format; known are auto, f32, f16, bf16 and int8"))
        })
    }
}

impl fmt::Display for NumberFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(format, _)| format == self).map_or("auto", |(_, name)| name))
    }
}

impl NumberFormat {
    /// What the dense path computes in on this device, given the format of the file.
    pub(super) fn dtype(self, device: &Device, file: DType) -> Result<DType> {
        match self {
            Self::Int8 if !device.is_cpu() => Err(Error::input("8-bit weights run on the processor only")),
            Self::Auto if matches!(file, DType::F16 | DType::BF16) => Ok(file),
            Self::F16 => Ok(DType::F16),
            Self::Bf16 => Ok(DType::BF16),
            Self::Auto | Self::F32 | Self::Int8 => Ok(DType::F32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read_and_written() {
        for text in ["auto", "f32", "f16", "bf16", "int8"] {
            assert_eq!(text.parse::<NumberFormat>().unwrap().to_string(), text);
        }
        assert!("q4".parse::<NumberFormat>().unwrap_err().to_string().contains("int8"));
    }
}
