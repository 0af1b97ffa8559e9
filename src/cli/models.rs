//! `argiope models`: what is on this machine.

use super::flags::ModelsFlags;
use super::{Outcome, print};
use crate::pipeline::{ModelEntry, Places, models_below};
use anyhow::ensure;

/// One model a line: name, what it is for, size, licence, folder, and what is missing.
pub(super) fn run(flags: &ModelsFlags) -> anyhow::Result<Outcome> {
    let mut models = Places::from_environment().list();
    for folder in &flags.folders {
        let found = models_below(folder);
        ensure!(!found.is_empty(), "{}: no model, nor a folder with models", folder.display());
        models.extend(found);
    }
    if models.is_empty() {
        eprintln!("no models found; ARGIOPE_WEIGHTS names the folder that holds them, `argiope fetch` brings more");
        return Ok(Outcome::NoAnswer);
    }
    models.iter().try_for_each(|model| print(&line(model)))?;
    Ok(Outcome::Done)
}

fn line(model: &ModelEntry) -> String {
    let size = model.bytes as f64 / 1e6;
    let licence = model.licence.as_deref().unwrap_or("licence not told");
    let missing = match model.missing.as_slice() {
        [] => String::new(),
        missing => format!("\tmissing: {}", missing.join(", ")),
    };
    format!("{}\t{}\t{size:.1} MB\t{licence}\t{}{missing}", model.name, model.purpose, model.path.display())
}
