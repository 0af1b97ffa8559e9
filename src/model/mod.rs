//! Networks: ids to scores. Owns `candle`, weight files, devices and the decoder's history.
//!
//! Knows nothing about schemas, SQL or search: inputs are plain arrays ([`EncoderInput`]), outputs are numbers.
//! A [`NativeModel`] is loaded once and shared; a [`Memory`] is what a question leaves behind; a [`DecoderState`] is
//! how far its beams have come.
//!
//! ```no_run
//! use argiope::model::{DeviceChoice, EncoderInput, NativeModel};
//! # fn main() -> argiope::Result<()> {
//! # let (input, begin) = (EncoderInput::default(), 0);
//! let model = NativeModel::load("weights/argiope-sql", DeviceChoice::Cpu)?;
//! let memory = model.encode(&[input])?;
//! let mut state = model.start(0, 1);
//! let scores = model.step(&memory, &mut state, &[begin], &[0])?; // [beam][keywords + nodes]
//! # Ok(())
//! # }
//! ```

mod attention;
mod block;
mod config;
mod decoder;
mod device;
mod encoder;
mod hub;
mod input;
mod kernels;
mod layers;
mod memory;
mod native;
mod relations;
mod selector;
mod weights;

pub use config::{FAMILY, ModelConfig, Sizes, VERSION};
pub use device::DeviceChoice;
pub use hub::{Family, HubConfig, HubMemory, HubModel, HubState, NumberFormat};
pub use input::{COLUMN, EncoderInput, TABLE, WORD};
pub use memory::{DecoderState, Memory};
pub use native::NativeModel;
pub use selector::{SELECTOR_FAMILY, SELECTOR_VERSION, Selector, SelectorConfig, SelectorInput, SelectorSizes};
