//! What `GET /models` tells of a model.

use crate::pipeline::{ModelEntry, Purpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What `GET /models` gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct ModelsBody {
    /// The loaded models.
    pub(super) models: Vec<ModelBody>,
}

/// A loaded model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct ModelBody {
    /// Its name.
    pub(super) name: String,
    /// The route that it answers.
    route: String,
    /// The architecture, as its configuration names it; missing where it is one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    architecture: Option<String>,
    /// What its card says it was trained for, such as `translation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    /// The size of its files, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// What its card names as its licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    licence: Option<String>,
}

impl ModelBody {
    /// A model that answers this route; `entry` is what is known of its folder.
    pub(super) fn new(name: &str, route: &str, entry: Option<&ModelEntry>) -> Self {
        let (architecture, task) = match entry.map(|entry| &entry.purpose) {
            Some(Purpose::Text { architecture, task }) => (Some(architecture.clone()), task.clone()),
            _ => (None, None),
        };
        Self {
            name: name.to_owned(),
            route: route.to_owned(),
            architecture,
            task,
            bytes: entry.map(|entry| entry.bytes),
            licence: entry.and_then(|entry| entry.licence.clone()),
        }
    }
}
