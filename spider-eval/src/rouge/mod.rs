//! ROUGE over files of summaries and references; the score itself is the library's.

pub mod files;

pub use argiope::summary::rouge::{NAMES, Score, Scores, score, stemmed};
