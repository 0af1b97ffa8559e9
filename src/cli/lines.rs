//! Files of lines: one object a line in, one answer a line out, in order.
//!
//! A bad line yields an empty line and a message with its number; the rest goes on.

use super::Outcome;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

/// Answers every line of a file, `group` of them at a time; of stdin (`-`) one at a time, because whoever writes may
/// wait for the answer. `answer` gives as many texts as it is given lines.
pub(super) fn each(
    path: &Path,
    group: usize,
    mut answer: impl FnMut(&[Vec<u8>]) -> Vec<anyhow::Result<String>>,
) -> anyhow::Result<Outcome> {
    let group = if is_stdin(path) { 1 } else { group.max(1) };
    let bar = progress(lines_of(path)?);
    let mut out = std::io::stdout().lock();
    let (mut bad, mut number) = (0u64, 0u64);
    let mut lines = split(open(path)?);
    loop {
        let lines = lines.by_ref().take(group).collect::<std::io::Result<Vec<_>>>();
        let lines = lines.with_context(|| format!("reading {}", path.display()))?;
        if lines.is_empty() {
            break;
        }
        for text in answer(&lines) {
            number += 1;
            let text = text.unwrap_or_else(|error| {
                bad += 1;
                bar.suspend(|| eprintln!("{}:{number}: {error:#}", path.display()));
                String::new()
            });
            writeln!(out, "{text}")?;
        }
        out.flush()?;
        bar.inc(lines.len() as u64);
    }
    bar.finish_and_clear();
    if bad == 0 {
        return Ok(Outcome::Done);
    }
    eprintln!("{bad} lines have no answer");
    Ok(Outcome::NoAnswer)
}

/// A line as an object with this key.
pub(super) fn object<T: DeserializeOwned>(line: &[u8], key: &str) -> anyhow::Result<T> {
    let text = std::str::from_utf8(line).context("not UTF-8")?;
    serde_json::from_str(text).with_context(|| format!("not a JSON object with a {key:?}"))
}

/// A text without line breaks.
pub(super) fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if is_stdin(path) {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Lines as bytes, because one that is not UTF-8 must not end the file.
fn split(reader: Box<dyn BufRead>) -> impl Iterator<Item = std::io::Result<Vec<u8>>> {
    reader.split(b'\n').map(|line| {
        line.map(|mut line| {
            if line.ends_with(b"\r") {
                line.pop();
            }
            line
        })
    })
}

/// The number of lines, where it can be counted before.
fn lines_of(path: &Path) -> anyhow::Result<Option<u64>> {
    if is_stdin(path) {
        return Ok(None);
    }
    let mut file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    let (mut block, mut lines, mut last) = (vec![0; 1 << 16], 0, b'\n');
    loop {
        let read = file.read(&mut block).with_context(|| format!("reading {}", path.display()))?;
        let Some(&end) = block[..read].last() else { break };
        lines += block[..read].iter().filter(|&&byte| byte == b'\n').count() as u64;
        last = end;
    }
    Ok(Some(lines + u64::from(last != b'\n')))
}

fn progress(lines: Option<u64>) -> ProgressBar {
    match lines {
        None => ProgressBar::new_spinner(),
        Some(lines) => {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {per_sec}  {eta} left");
            let bar = ProgressBar::new(lines);
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar
        }
    }
}
