//! `spider-eval`: the judge's command line.
fn main() {}
