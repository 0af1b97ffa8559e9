//! Published sequence-to-sequence checkpoints: T5, BART, PEGASUS, mBART and Marian.
//!
//! One set of layers serves all five; [`HubConfig`] says how they differ. A [`HubModel`] is loaded once and shared; a
//! [`HubMemory`] is what sources leave behind; a [`HubState`] is how far their hypotheses have come. Knows nothing
//! about text or search. `training/fixtures_hub.py` writes the reference values it is held against.

mod cache;
mod config;
mod embedding;
mod files;
mod format;
mod layers;
mod names;
mod network;
mod positions;
mod settings;

pub use cache::{HubMemory, HubState};
pub use config::{Family, HubConfig};
pub use format::NumberFormat;
pub use network::HubModel;
