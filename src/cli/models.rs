//! `argiope models`: what is on this machine.

use super::{Outcome, print};
use crate::pipeline::Places;

/// One model a line: name, size, folder, and what is missing.
pub(super) fn run() -> anyhow::Result<Outcome> {
    let models = Places::from_environment().list();
    if models.is_empty() {
        eprintln!("no models found; ARGIOPE_WEIGHTS names the folder that holds them");
        return Ok(Outcome::NoAnswer);
    }
    for model in models {
        let size = model.bytes as f64 / 1e6;
        let missing = match model.missing.as_slice() {
            [] => String::new(),
            missing => format!("\tmissing: {}", missing.join(", ")),
        };
        print(&format!("{}\t{size:.1} MB\t{}{missing}", model.name, model.path.display()))?;
    }
    Ok(Outcome::Done)
}
