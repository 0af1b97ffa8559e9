//! Which words a line is better without: a linear model over what is known of each cut.
//!
//! A model's folder may hold `cuts.json`; `training/summary_cuts.py` fits it. Without it, the kinds in
//! [`Deletion::DEFAULT`] go always and all others never.

use crate::error::{Error, Result};
use crate::summary::{Article, CUT_FEATURES, CutFeatures, Deletion, Recogniser, cut_feature_names};
use serde::Deserialize;
use std::path::Path;

/// The file's name in a model's folder.
const FILE: &str = "cuts.json";

/// What a cut is worth: above 0, the summary is better without these words.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Judge(Option<JudgeFile>);

/// `cuts.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct JudgeFile {
    features: Vec<String>,
    weights: Vec<f32>,
    bias: f32,
}

impl Judge {
    /// What a model's folder says; the usual kinds where it says nothing.
    ///
    /// # Errors
    /// [`Error::Weights`] for a file that is not of this form, or of other features.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let refused = |message: String| Error::weights(path.display().to_string(), message);
        let text = std::fs::read_to_string(&path).map_err(|error| refused(error.to_string()))?;
        let file: JudgeFile = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        if file.features != cut_feature_names() || file.weights.len() != CUT_FEATURES {
            return Err(refused("its features are not this program's".to_owned()));
        }
        Ok(Self(Some(file)))
    }

    /// For each of a sentence's cuts what it is worth.
    pub(super) fn worth(&self, article: &Article, recogniser: &Recogniser<'_>) -> Vec<Vec<f32>> {
        let known = CutFeatures::new(article);
        let all = 0..article.sentences().len();
        let of_sentence = |sentence: usize| {
            let cuts = recogniser.cuts(sentence).iter().enumerate();
            cuts.map(|(place, cut)| self.of(cut.kind, || known.of(recogniser, sentence, place))).collect()
        };
        all.map(of_sentence).collect()
    }

    fn of(&self, kind: Deletion, features: impl FnOnce() -> Vec<f32>) -> f32 {
        let Some(file) = &self.0 else { return f32::from(u8::from(Deletion::DEFAULT.contains(&kind))) };
        file.bias + features().iter().zip(&file.weights).map(|(feature, weight)| feature * weight).sum::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(weights: usize, feature: &str) -> serde_json::Value {
        let mut names = cut_feature_names();
        names[0] = feature;
        serde_json::json!({"features": names, "weights": vec![0.5; weights], "bias": -0.75})
    }

    #[test]
    fn files_are_read_or_refused() {
        let folder = std::env::temp_dir().join(format!("judge-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(Judge::read(&folder).unwrap(), Judge::default());
        let write = |file: &serde_json::Value| std::fs::write(folder.join(FILE), file.to_string()).unwrap();
        write(&judge(CUT_FEATURES, cut_feature_names()[0]));
        assert!(Judge::read(&folder).is_ok());
        for bad in [judge(CUT_FEATURES - 1, cut_feature_names()[0]), judge(CUT_FEATURES, "other"), serde_json::json!(1)]
        {
            write(&bad);
            assert!(matches!(Judge::read(&folder), Err(Error::Weights { .. })));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn cuts_are_judged_by_what_is_known_of_them() {
        let article = Article::new("But Ann Lee (an actor) was found near the old river.");
        let recogniser = Recogniser::new(&article, &Deletion::SAFE, 1);
        let usual = Judge::default().worth(&article, &recogniser);
        assert_eq!(usual, [[1.0, 1.0]]);
        let features = cut_feature_names().into_iter().map(str::to_owned).collect();
        let mut weights = vec![0.0; CUT_FEATURES];
        weights[0] = 1.0; // brackets
        let judged = Judge(Some(JudgeFile { features, weights, bias: -0.25 })).worth(&article, &recogniser);
        assert_eq!(judged, [[-0.25, 0.75]]);
    }
}
