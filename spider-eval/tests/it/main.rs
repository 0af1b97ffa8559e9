//! The judge's integration tests.
//!
//! | module | what |
//! |---|---|
//! | compare | two systems, one run or several each; scores of another metric version |
//! | faults | hostile queries, bombs, files that do not fit |
//! | rouge | agreement with `rouge-score` |
//! | verdicts | agreement with the official scripts on every example of the verdict files (skipped loudly without the data) |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod compare;
mod data;
mod faults;
mod rouge;
mod verdicts;
