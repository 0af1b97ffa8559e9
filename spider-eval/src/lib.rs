//! The judge: official and strict scores of SQL predictions on Spider, ROUGE for summaries, and paired comparison of runs.
//!
//! Reads gold and prediction files of any system; uses the `argiope` library's public API only where it asks for predictions.

pub mod cli;
pub mod compare;
pub mod error;
pub mod exact;
pub mod exec;
pub mod files;
pub mod report;
pub mod rouge;
pub mod run;
pub mod score;
pub mod stats;
pub mod strict;
pub mod tables;
