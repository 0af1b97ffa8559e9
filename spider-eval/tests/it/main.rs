//! The judge's integration tests.
//!
//! | module | what |
//! |---|---|
//! | verdicts | agreement with the official scripts on every example of the verdict files (skipped loudly without the data) |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod data;
mod verdicts;
