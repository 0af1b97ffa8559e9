//! How a checkpoint wants to be asked: `generation_config.json`, or `config.json` where there is none, to
//! [`GenerationSettings`]; and the tasks of `task_specific_params`.
//!
//! A setting that would change the result and that this program does not follow is refused by name.

use crate::decode::{EarlyStopping, GenerationSettings};
use crate::error::{Error, Result};
use crate::model::{Family, HubConfig};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, path::Path};

/// What a checkpoint's files say about generation.
#[derive(Debug, Clone)]
pub(super) struct Defaults {
    /// Without a task.
    pub settings: GenerationSettings,
    /// By the names of `task_specific_params`.
    pub tasks: BTreeMap<String, Task>,
}

/// One entry of `task_specific_params`.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// What stands before the text.
    pub prefix: String,
    /// The checkpoint's settings with the task's own.
    pub settings: GenerationSettings,
}

/// Settings without effect here: bookkeeping, caches, further outputs, and those of drawing lots, which `do_sample`
/// alone would switch on.
const WITHOUT_EFFECT: [&str; 31] = [
    "transformers_version",
    "use_cache",
    "cache_implementation",
    "cache_config",
    "low_memory",
    "output_attentions",
    "output_hidden_states",
    "output_scores",
    "output_logits",
    "return_dict_in_generate",
    "remove_invalid_values",
    "temperature",
    "top_k",
    "top_p",
    "top_h",
    "min_p",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
    "bos_token_id",
    "pad_token_id",
    "sep_token_id",
    "force_bos_token_to_be_generated",
    "prefix",
    "is_assistant",
    "num_assistant_tokens",
    "num_assistant_tokens_schedule",
    "assistant_confidence_threshold",
    "assistant_lookbehind",
    "target_lookbehind",
    "task_specific_params",
];

/// Settings that have one value only, where they are given at all: any other is another kind of search.
const NEUTRAL: [(&str, f64); 4] = [
    ("num_beam_groups", 1.0),
    ("diversity_penalty", 0.0),
    ("encoder_repetition_penalty", 1.0),
    ("guidance_scale", 1.0),
];

/// Reads a checkpoint's folder.
///
/// # Errors
/// [`Error::Weights`] with every setting that cannot be followed.
pub(super) fn read(folder: &Path, config: &HubConfig) -> Result<Defaults> {
    let path = folder.join("generation_config.json");
    let in_config = config.rest();
    let mut findings = Vec::new();
    let (place, map) = if path.is_file() {
        let place = path.display().to_string();
        let text = std::fs::read(&path).map_err(|e| Error::weights(&place, e.to_string()))?;
        let map: Map<String, Value> = serde_json::from_slice(&text)
            .map_err(|e| Error::weights(&place, format!("not a configuration of generation: {e}")))?;
        // What stands in config.json does not count then, but must be known all the same.
        Reader::new(in_config.clone(), GenerationSettings::default()).finish(&mut findings);
        (place, with_ids_of(in_config, map))
    } else {
        (folder.join("config.json").display().to_string(), with_family_defaults(config.family(), in_config.clone()))
    };
    let settings = Reader::new(map, GenerationSettings::default()).finish(&mut findings);
    let tasks = tasks(in_config, &settings, &mut findings);
    if findings.is_empty() { Ok(Defaults { settings, tasks }) } else { Err(Error::weights(place, findings.join("; "))) }
}

/// The special ids that `generation_config.json` leaves out are those of `config.json`.
fn with_ids_of(config: &Map<String, Value>, mut map: Map<String, Value>) -> Map<String, Value> {
    for key in ["decoder_start_token_id", "eos_token_id", "bos_token_id", "pad_token_id"] {
        if map.get(key).is_none_or(Value::is_null)
            && let Some(value) = config.get(key)
        {
            map.insert(key.to_owned(), value.clone());
        }
    }
    map
}

/// Ids that the reference's configuration of a family has where the file says nothing.
fn with_family_defaults(family: Family, mut map: Map<String, Value>) -> Map<String, Value> {
    let ids: &[(&str, u32)] = match family {
        Family::T5 => &[("eos_token_id", 1), ("pad_token_id", 0)],
        Family::Bart => {
            &[("eos_token_id", 2), ("forced_eos_token_id", 2), ("decoder_start_token_id", 2), ("bos_token_id", 0)]
        }
        Family::MBart => &[("eos_token_id", 2), ("forced_eos_token_id", 2), ("bos_token_id", 0)],
        Family::Pegasus => &[("eos_token_id", 1), ("forced_eos_token_id", 1), ("decoder_start_token_id", 0)],
        Family::Marian => &[("eos_token_id", 0), ("forced_eos_token_id", 0), ("decoder_start_token_id", 58100)],
    };
    for (key, id) in ids {
        map.entry(*key).or_insert((*id).into());
    }
    map
}

fn tasks(
    config: &Map<String, Value>,
    settings: &GenerationSettings,
    findings: &mut Vec<String>,
) -> BTreeMap<String, Task> {
    let Some(Value::Object(tasks)) = config.get("task_specific_params") else { return BTreeMap::new() };
    let task = |(name, value): (&String, &Value)| {
        let map = value.as_object()?.clone();
        let prefix = map.get("prefix").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some((name.clone(), Task { prefix, settings: Reader::new(map, settings.clone()).finish(findings) }))
    };
    tasks.iter().filter_map(task).collect()
}

/// Settings on their way out of a file.
struct Reader {
    left: Map<String, Value>,
    settings: GenerationSettings,
    findings: Vec<String>,
}

impl Reader {
    fn new(left: Map<String, Value>, settings: GenerationSettings) -> Self {
        Self { left, settings, findings: Vec::new() }
    }

    /// The settings; what cannot be followed is added to `findings`.
    fn finish(mut self, findings: &mut Vec<String>) -> GenerationSettings {
        self.lengths();
        self.search();
        self.ids();
        for key in WITHOUT_EFFECT {
            self.left.remove(key);
        }
        for (key, neutral) in NEUTRAL {
            if let Some(value) = self.take(key).filter(|value| value.as_f64() != Some(neutral)) {
                self.findings.push(format!("{key} is {value}, which this program does not follow"));
            }
        }
        for (key, value) in self.left.iter().filter(|(key, value)| !key.starts_with('_') && !is_nothing(value)) {
            self.findings.push(format!("{key} ({value}) is not known"));
        }
        findings.extend(self.findings);
        self.settings
    }

    fn lengths(&mut self) {
        if let Some(length) = self.whole("max_length") {
            (self.settings.max_length, self.settings.max_new_tokens) = (Some(length), None);
        }
        self.settings.max_new_tokens = self.whole("max_new_tokens").or(self.settings.max_new_tokens);
        if let Some(length) = self.whole("min_length") {
            (self.settings.min_length, self.settings.min_new_tokens) = (length, None);
        }
        self.settings.min_new_tokens = self.whole("min_new_tokens").or(self.settings.min_new_tokens);
    }

    fn search(&mut self) {
        if let Some(width) = self.whole("num_beams") {
            self.settings.beam_width = width;
        }
        if let Some(count) = self.whole("num_return_sequences") {
            self.settings.n_best = count;
        }
        if let Some(size) = self.whole("no_repeat_ngram_size") {
            self.settings.no_repeat_ngram_size = size;
        }
        if let Some(size) = self.whole("encoder_no_repeat_ngram_size") {
            self.settings.encoder_no_repeat_ngram_size = size;
        }
        if let Some(penalty) = self.number("length_penalty") {
            self.settings.length_penalty = penalty;
        }
        if let Some(penalty) = self.number("repetition_penalty") {
            self.settings.repetition_penalty = penalty as f32;
        }
        if let Some(value) = self.take("early_stopping") {
            match value {
                Value::Bool(false) => self.settings.early_stopping = EarlyStopping::Likely,
                Value::Bool(true) => self.settings.early_stopping = EarlyStopping::Full,
                Value::String(text) if text == "never" => self.settings.early_stopping = EarlyStopping::Never,
                other => self.findings.push(format!("early_stopping is {other}; true, false and \"never\" are known")),
            }
        }
        if let Some(flag) = self.take("renormalize_logits") {
            self.settings.renormalize_logits = flag == Value::Bool(true);
        }
        if let Some(value) = self.take("do_sample").filter(|value| *value != Value::Bool(false)) {
            self.findings.push(format!("do_sample is {value}; this program draws no lots"));
        }
    }

    fn ids(&mut self) {
        let first = self.left.get("bos_token_id").cloned();
        if self.left.get("force_bos_token_to_be_generated") == Some(&Value::Bool(true)) {
            self.settings.forced_bos_token_id = first.as_ref().and_then(id_of);
        }
        if let Some(id) = self.id("forced_bos_token_id") {
            self.settings.forced_bos_token_id = Some(id);
        }
        for key in ["eos_token_id", "forced_eos_token_id", "suppress_tokens", "begin_suppress_tokens"] {
            let Some(ids) = self.id_list(key) else { continue };
            match key {
                "eos_token_id" => self.settings.eos_token_id = ids,
                "forced_eos_token_id" => self.settings.forced_eos_token_id = ids,
                "suppress_tokens" => self.settings.suppress_tokens = ids,
                _ => self.settings.begin_suppress_tokens = ids,
            }
        }
        if let Some(value) = self.take("bad_words_ids") {
            let words = value.as_array().and_then(|words| words.iter().map(list_of).collect::<Option<Vec<_>>>());
            match words {
                Some(words) => self.settings.bad_words_ids = words,
                None => self.findings.push(format!("bad_words_ids is {value}, not lists of ids")),
            }
        }
        // As in the reference: the start of texts serves where no start of the decoder is given, then padding (T5).
        let start = self.id("decoder_start_token_id");
        let others = || first.as_ref().and_then(id_of).or_else(|| self.left.get("pad_token_id").and_then(id_of));
        if let Some(id) = start.or_else(others) {
            self.settings.decoder_start_token_id = id;
        }
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.left.remove(key).filter(|value| !value.is_null())
    }

    fn whole(&mut self, key: &str) -> Option<usize> {
        let value = self.take(key)?;
        let whole = value.as_u64().and_then(|number| usize::try_from(number).ok());
        if whole.is_none() {
            self.findings.push(format!("{key} is {value}, not a whole number"));
        }
        whole
    }

    fn number(&mut self, key: &str) -> Option<f64> {
        let value = self.take(key)?;
        if value.as_f64().is_none() {
            self.findings.push(format!("{key} is {value}, not a number"));
        }
        value.as_f64()
    }

    fn id(&mut self, key: &str) -> Option<u32> {
        let value = self.take(key)?;
        if id_of(&value).is_none() {
            self.findings.push(format!("{key} is {value}, not an id"));
        }
        id_of(&value)
    }

    fn id_list(&mut self, key: &str) -> Option<Vec<u32>> {
        let value = self.take(key)?;
        let ids = list_of(&value);
        if ids.is_none() {
            self.findings.push(format!("{key} is {value}, neither an id nor ids"));
        }
        ids
    }
}

fn id_of(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|id| u32::try_from(id).ok())
}

/// One id or a list of them.
fn list_of(value: &Value) -> Option<Vec<u32>> {
    match value {
        Value::Array(ids) => ids.iter().map(id_of).collect(),
        one => id_of(one).map(|id| vec![id]),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Number(_) => false,
    }
}
