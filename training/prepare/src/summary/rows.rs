//! A file of articles, one JSON object a line: where each line is, read when it is needed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result};
use argiope::summary::{Publisher, WINDOW, WINDOWS};
use serde::Deserialize;

/// Bytes of English text to a word piece, about; only for putting like lengths together.
const BYTES_TO_A_PIECE: usize = 5;

/// An article with its reference summary.
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    publisher: String,
    /// The article.
    pub(crate) article: String,
    /// The summary, one sentence a line.
    pub(crate) highlights: String,
}

/// What the plan needs of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowEntry {
    /// Where the line starts, in bytes.
    start: u64,
    /// Its length, in bytes.
    length: usize,
    /// Word pieces shown to the network, about.
    pub(crate) pieces: usize,
    /// Whether CNN published it.
    pub(crate) is_cnn: bool,
}

/// The lines of a file.
#[derive(Debug)]
pub(crate) struct Rows {
    file: Mutex<File>,
    /// One a line.
    pub(crate) entries: Vec<RowEntry>,
}

impl Row {
    /// Who published it.
    pub(crate) fn publisher(&self) -> Publisher {
        Publisher::named(&self.publisher)
    }

    /// The lines of the summary that say something of the story.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        let is_pointer = |line: &str| {
            let head = line.get(..10).unwrap_or_default();
            head.eq_ignore_ascii_case("click here") || head.eq_ignore_ascii_case("scroll dow")
        };
        self.highlights.lines().map(str::trim).filter(move |line| !line.is_empty() && !is_pointer(line))
    }
}

impl Rows {
    /// Finds the lines, the first `limit` of them where there is one.
    ///
    /// # Errors
    /// When the file cannot be read or a line is not in its form.
    pub(crate) fn open(path: &Path, limit: Option<usize>) -> Result<Self> {
        let context = || format!("reading {}", path.display());
        let file = File::open(path).with_context(context)?;
        let mut reader = BufReader::with_capacity(1 << 20, &file);
        let (mut entries, mut line, mut start) = (Vec::new(), Vec::new(), 0);
        while limit.is_none_or(|limit| entries.len() < limit) {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).with_context(context)?;
            if length == 0 {
                break;
            }
            let row = parse(&line).with_context(|| format!("{}:{}", path.display(), entries.len() + 1))?;
            let pieces = (row.article.len() / BYTES_TO_A_PIECE).min(WINDOW * WINDOWS);
            entries.push(RowEntry { start, length, pieces, is_cnn: row.publisher() == Publisher::Cnn });
            start += length as u64;
        }
        Ok(Self { file: Mutex::new(file), entries })
    }

    /// One row.
    ///
    /// # Errors
    /// When the file has changed or cannot be read.
    pub(crate) fn read(&self, index: usize) -> Result<Row> {
        let entry = self.entries[index];
        let mut line = vec![0; entry.length];
        {
            let mut file = self.file.lock().map_err(|_| anyhow::anyhow!("another thread failed"))?;
            file.seek(SeekFrom::Start(entry.start))?;
            file.read_exact(&mut line)?;
        }
        parse(&line)
    }
}

fn parse(line: &[u8]) -> Result<Row> {
    serde_json::from_slice(line).context("not an object with publisher, article and highlights")
}
