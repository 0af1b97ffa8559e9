//! What the settings make of a row of scores before anything is chosen, in the reference's order.
//!
//! Source: transformers 5.24, `generation/logits_process.py` and `_get_logits_processor`.

use super::settings::GenerationSettings;
use crate::decode::softmax::log_total;
use std::collections::HashMap;

const IMPOSSIBLE: f32 = f32::NEG_INFINITY;

/// The settings, ready for the rows of one source.
pub(super) struct Processors<'a> {
    settings: &'a GenerationSettings,
    longest: usize,
    shortest: usize,
    /// What followed each group of ids of the source.
    in_source: HashMap<&'a [u32], Vec<u32>>,
}

impl<'a> Processors<'a> {
    pub(super) fn new(settings: &'a GenerationSettings, source: &'a [u32]) -> Self {
        let (longest, shortest) = (settings.longest(), settings.shortest());
        let in_source = followers(source, settings.encoder_no_repeat_ngram_size);
        Self { settings, longest, shortest, in_source }
    }

    /// Changes the scores of what may follow `ids` (the start included).
    pub(super) fn apply(&self, ids: &[u32], scores: &mut [f32]) {
        let settings = self.settings;
        self.penalise_repetition(ids, scores);
        if settings.no_repeat_ngram_size > 0 {
            let known = followers(ids, settings.no_repeat_ngram_size);
            forbid_followers(&known, ids, settings.no_repeat_ngram_size, scores);
        }
        if settings.encoder_no_repeat_ngram_size > 0 {
            forbid_followers(&self.in_source, ids, settings.encoder_no_repeat_ngram_size, scores);
        }
        self.forbid_bad_words(ids, scores);
        if ids.len() < self.shortest {
            forbid(&settings.eos_token_id, scores);
        }
        if let Some(first) = settings.forced_bos_token_id.filter(|_| ids.len() == 1) {
            force(&[first], scores);
        }
        if !settings.forced_eos_token_id.is_empty() && ids.len() + 1 == self.longest {
            force(&settings.forced_eos_token_id, scores);
        }
        forbid(&settings.suppress_tokens, scores);
        let begin = if settings.forced_bos_token_id.is_some() { 2 } else { 1 };
        if ids.len() == begin {
            forbid(&settings.begin_suppress_tokens, scores);
        }
        if settings.renormalize_logits {
            let total = log_total(scores);
            scores.iter_mut().for_each(|score| *score -= total);
        }
    }

    fn penalise_repetition(&self, ids: &[u32], scores: &mut [f32]) {
        let penalty = self.settings.repetition_penalty;
        if penalty == 1.0 {
            return;
        }
        let mut seen = ids.to_vec();
        seen.sort_unstable();
        seen.dedup();
        for id in seen {
            if let Some(score) = scores.get_mut(id as usize) {
                *score = if *score < 0.0 { *score * penalty } else { *score / penalty };
            }
        }
    }

    fn forbid_bad_words(&self, ids: &[u32], scores: &mut [f32]) {
        for word in &self.settings.bad_words_ids {
            let Some((last, start)) = word.split_last() else { continue };
            // An end is no bad word, whatever the file says.
            let is_end = start.is_empty() && self.settings.eos_token_id.contains(last);
            if !is_end && ids.ends_with(start) {
                forbid(&[*last], scores);
            }
        }
    }
}

/// For each group of `size` - 1 ids what came after it.
fn followers(ids: &[u32], size: usize) -> HashMap<&[u32], Vec<u32>> {
    let mut known: HashMap<&[u32], Vec<u32>> = HashMap::new();
    if size > 0 {
        for group in ids.windows(size) {
            if let Some((last, start)) = group.split_last() {
                known.entry(start).or_default().push(*last);
            }
        }
    }
    known
}

fn forbid_followers(known: &HashMap<&[u32], Vec<u32>>, ids: &[u32], size: usize, scores: &mut [f32]) {
    let Some(start) = ids.len().checked_sub(size - 1) else { return };
    if let Some(followers) = known.get(&ids[start..]) {
        forbid(followers, scores);
    }
}

fn forbid(ids: &[u32], scores: &mut [f32]) {
    for id in ids {
        if let Some(score) = scores.get_mut(*id as usize) {
            *score = IMPOSSIBLE;
        }
    }
}

/// Only these ids, with score 0.
fn force(ids: &[u32], scores: &mut [f32]) {
    scores.fill(IMPOSSIBLE);
    for id in ids {
        if let Some(score) = scores.get_mut(*id as usize) {
            *score = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids whose score is still possible after the settings.
    fn check(settings: &GenerationSettings, source: &[u32], ids: &[u32], expected: &[u32]) {
        let mut scores = vec![0.5; 6];
        Processors::new(settings, source).apply(ids, &mut scores);
        let left: Vec<u32> = (0..6).filter(|id| scores[*id as usize] > IMPOSSIBLE).collect();
        assert_eq!(left, expected);
    }

    #[test]
    fn settings_take_ids_away() {
        let base = GenerationSettings { eos_token_id: vec![1], ..Default::default() };
        let with = |change: fn(&mut GenerationSettings)| {
            let mut settings = base.clone();
            change(&mut settings);
            settings
        };
        check(&base, &[2, 3], &[0], &[0, 1, 2, 3, 4, 5]);
        check(&with(|s| s.no_repeat_ngram_size = 2), &[], &[0, 2, 3, 2], &[0, 1, 2, 4, 5]);
        check(&with(|s| s.no_repeat_ngram_size = 1), &[], &[0, 2, 3], &[1, 4, 5]);
        check(&with(|s| s.no_repeat_ngram_size = 3), &[], &[0], &[0, 1, 2, 3, 4, 5]);
        check(&with(|s| s.encoder_no_repeat_ngram_size = 2), &[2, 3, 2, 4], &[0, 2], &[0, 1, 2, 5]);
        check(&with(|s| s.min_length = 3), &[], &[0, 2], &[0, 2, 3, 4, 5]);
        check(&with(|s| s.min_length = 2), &[], &[0, 2], &[0, 1, 2, 3, 4, 5]);
        check(&with(|s| s.min_new_tokens = Some(2)), &[], &[0, 2], &[0, 2, 3, 4, 5]);
        check(&with(|s| s.bad_words_ids = vec![vec![4], vec![1], vec![2, 5]]), &[], &[0, 2], &[0, 1, 2, 3]);
        check(&with(|s| s.suppress_tokens = vec![0, 99]), &[], &[0, 2], &[1, 2, 3, 4, 5]);
        check(&with(|s| s.begin_suppress_tokens = vec![3]), &[], &[0], &[0, 1, 2, 4, 5]);
        check(&with(|s| s.forced_bos_token_id = Some(5)), &[], &[0], &[5]);
        check(&with(|s| (s.forced_eos_token_id, s.max_length) = (vec![1], Some(3))), &[], &[0, 2], &[1]);
    }

    #[test]
    fn repetition_is_penalised_by_sign() {
        let settings = GenerationSettings { repetition_penalty: 2.0, ..Default::default() };
        let mut scores = vec![1.0, -1.0, 1.0];
        Processors::new(&settings, &[]).apply(&[0, 1, 1], &mut scores);
        assert_eq!(scores, [0.5, -2.0, 1.0]);
    }

    #[test]
    fn scores_become_probabilities_again() {
        let settings = GenerationSettings { renormalize_logits: true, suppress_tokens: vec![0], ..Default::default() };
        let mut scores = vec![9.0, 1.0, 1.0];
        Processors::new(&settings, &[]).apply(&[0], &mut scores);
        assert!((scores[1] - 0.5f32.ln()).abs() < 1e-6 && scores[0] == IMPOSSIBLE);
    }
}
