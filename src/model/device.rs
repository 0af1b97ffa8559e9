//! Where the network runs: `cpu`, `cuda`, `cuda:N`, `metal` or `auto`.

use crate::error::{Error, Result};
use std::{fmt, str::FromStr};

/// A wish, as written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The processor.
    #[default]
    Cpu,
    /// The CUDA card with this number; needs the `cuda` feature.
    Cuda(usize),
    /// Apple's GPU; needs the `metal` feature.
    Metal,
    /// A GPU if this program can use one, else the processor.
    Auto,
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            "auto" => Ok(Self::Auto),
            _ => text.strip_prefix("cuda:").and_then(|number| number.parse().ok()).map(Self::Cuda).ok_or_else(|| {
                Error::input(format!("{text:?} is no device; known are cpu, cuda, cuda:N, metal and auto"))
            }),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal => f.write_str("metal"),
            Self::Auto => f.write_str("auto"),
        }
    }
}

impl DeviceChoice {
    /// The device itself.
    pub(super) fn open(self) -> Result<candle_core::Device> {
        use candle_core::Device;
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(number) => Device::new_cuda(number).map_err(|e| self.refused(&e)),
            Self::Metal => Device::new_metal(0).map_err(|e| self.refused(&e)),
            Self::Auto => Ok(Device::new_cuda(0).or_else(|_| Device::new_metal(0)).unwrap_or(Device::Cpu)),
        }
    }

    fn refused(self, error: &candle_core::Error) -> Error {
        let feature = if self == Self::Metal { "metal" } else { "cuda" };
        Error::input(format!("device {self} cannot be used ({error}); it needs a build with --features {feature}"))
    }
}

/// Runs tensor work on a thread of the pool: from outside, every product that is shared out would put the caller's
/// thread to sleep. A failed operation is our own mistake, as inputs and weights were checked before.
pub(super) fn compute<T: Send>(work: impl FnOnce() -> candle_core::Result<T> + Send) -> Result<T> {
    let (result, ()) = rayon::join(work, || ());
    result.map_err(internal)
}

/// A failed tensor operation, as our own mistake.
pub(super) fn internal(error: candle_core::Error) -> Error {
    Error::Internal { message: "a tensor operation failed".into(), source: Some(Box::new(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_and_written() {
        for text in ["cpu", "cuda:3", "metal", "auto"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
        assert_eq!("cuda".parse::<DeviceChoice>().unwrap(), DeviceChoice::Cuda(0));
        let message = "gpu".parse::<DeviceChoice>().unwrap_err().to_string();
        assert!(message.contains("cuda:N"), "{message}");
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_that_is_not_built_in_is_refused_with_the_feature() {
        let message = DeviceChoice::Cuda(0).open().unwrap_err().to_string();
        assert!(message.contains("--features cuda"), "{message}");
        assert!(DeviceChoice::Auto.open().is_ok());
    }
}
