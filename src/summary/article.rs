//! An article as it is read: its text, its sentences, and what kind each is.
//!
//! Reads plain text and CNN's `.story` files, whose `@highlight` lines are kept apart. Lines that are no part of any
//! story (bylines with their dates, "Click here", "Scroll down for video", credits) become no sentences. The text
//! itself is kept as it came, so that every sentence has a place in it.

use super::sentences::{split, trimmed};
use super::words::word_count;
use std::ops::Range;

/// A line of at most so many words without a full stop is a heading.
const LONGEST_HEADING: usize = 18;

/// A caption is never longer, in words.
const LONGEST_CAPTION: usize = 45;

/// Lines of a file that are looked at for a byline.
const BYLINE_LINES: usize = 40;

/// A dateline ("LONDON, England (CNN) --") is never longer, in bytes.
const LONGEST_DATELINE: usize = 60;

/// Agencies and papers that sign a dateline.
const AGENCIES: &[&str] =
    &["(CNN)", "(AP)", "(Reuters)", "(AFP)", "(CNN Student News)", "(CNNMoney)", "(EW.com)", "(WIRED)"];

/// Sentences that begin so say nothing of the story.
const NOISE_STARTS: &[&str] = &[
    "click here",
    "scroll down",
    "read more:",
    "read more from",
    "e-mail to a friend",
    "editor's note:",
    "editor’s note:",
    "all rights reserved",
    "follow us on",
    "follow @",
    "copyright ",
    "©",
    "watch:",
    "photos:",
    "related:",
    "see also:",
    "share your thoughts",
    "sign up for",
    "email your story ideas",
    "this material may not be published",
    "video courtesy",
];

/// Short sentences that end so are credits.
const NOISE_ENDS: &[&str] = &["contributed to this report.", "contributed to this story.", "all rights reserved."];

/// What a caption says of the people in its picture.
const CAPTION_SIGNS: &[&str] = &[
    "(left)",
    "(right)",
    "(centre)",
    "(center)",
    "(front)",
    "(back)",
    "(top)",
    "(bottom)",
    "(far left)",
    "(far right)",
    "(second left)",
    "(second right)",
    "(pictured left)",
    "(pictured right)",
    "(left-right)",
    "(left to right)",
];

/// Whose article it is; summaries of the two differ in length and style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Publisher {
    /// Not known: a user's article.
    #[default]
    Unknown,
    /// CNN.
    Cnn,
    /// The Daily Mail.
    DailyMail,
}

impl Publisher {
    /// The id for the network: 0 unknown, 1 CNN, 2 Daily Mail.
    pub fn id(self) -> u32 {
        match self {
            Self::Unknown => 0,
            Self::Cnn => 1,
            Self::DailyMail => 2,
        }
    }

    /// By the name that data sets give it; unknown for any other.
    pub fn named(name: &str) -> Self {
        match name {
            "cnn" => Self::Cnn,
            "dailymail" => Self::DailyMail,
            _ => Self::Unknown,
        }
    }
}

/// What a sentence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentenceKind {
    /// A sentence of the story.
    Prose,
    /// A short line without a full stop.
    Heading,
    /// What stands under a picture.
    Caption,
}

/// A sentence of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Its bytes in the article's text, without a dateline before it.
    pub range: Range<usize>,
    /// What it is.
    pub kind: SentenceKind,
    /// Whether a paragraph begins with it.
    pub opens_paragraph: bool,
}

/// An article and its sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    text: String,
    sentences: Vec<Sentence>,
}

/// A `.story` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The article without its highlights.
    pub article: Article,
    /// The highlights, one a line of the reference summary.
    pub highlights: Vec<String>,
}

impl Article {
    /// Reads plain text.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let mut sentences = Vec::new();
        for paragraph in paragraphs(&text) {
            add_paragraph(&text, paragraph, &mut sentences);
        }
        Self { text, sentences }
    }

    /// The text as it came.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Who published it, where its dateline says so.
    pub fn publisher(&self) -> Publisher {
        let head = self.sentences.first().map_or("", |first| &self.text[..first.range.start]);
        if head.contains("(CNN") { Publisher::Cnn } else { Publisher::Unknown }
    }

    /// The sentences, in order.
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// The text of a sentence, as it stands in the article; empty where there is none of this index.
    pub fn sentence(&self, index: usize) -> &str {
        self.sentences.get(index).map_or("", |sentence| &self.text[sentence.range.clone()])
    }
}

impl Story {
    /// Reads a `.story` file: the text, then each highlight behind a line `@highlight`.
    pub fn new(text: &str) -> Self {
        let mut parts = text.split("@highlight");
        let article = Article::new(parts.next().unwrap_or_default());
        let highlights = parts.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
        Self { article, highlights: highlights.filter(|line| !line.is_empty()).collect() }
    }
}

/// The paragraphs: lines, or, where lines are wrapped, what blank lines part; without a byline at the top.
fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push(trimmed(text, start..start + line.len()));
        start += line.len();
    }
    let lines = lines.split_off(byline(text, &lines));
    if !is_wrapped(text, &lines) {
        return lines.into_iter().filter(|line| !line.is_empty()).collect();
    }
    let blocks = lines.split(|line| line.is_empty());
    blocks.filter_map(|block| Some(block.first()?.start..block.last()?.end)).collect()
}

/// Whether the lines are cut by an editor's width: most lines that another follows end within a sentence.
fn is_wrapped(text: &str, lines: &[Range<usize>]) -> bool {
    let followed = lines.windows(2).filter(|pair| !pair[0].is_empty() && !pair[1].is_empty());
    let (mut within, mut all) = (0, 0);
    for pair in followed {
        all += 1;
        let ends = text[pair[0].clone()].ends_with(['.', '!', '?', '"', '\'', '”', '’', ':', ')', '…']);
        let goes_on = text[pair[1].clone()].starts_with(|letter: char| letter.is_lowercase() || letter.is_numeric());
        within += usize::from(!ends && (goes_on || pair[0].len() > 50));
    }
    all >= 2 && within * 2 > all
}

/// How many lines at the top are a byline ("By", a name, "PUBLISHED:", dates).
fn byline(text: &str, lines: &[Range<usize>]) -> usize {
    let head = &lines[..lines.len().min(BYLINE_LINES)];
    let is_label =
        |line: &Range<usize>| matches!(text[line.clone()].trim(), "PUBLISHED:" | "UPDATED:" | "Last updated at");
    let Some(last) = head.iter().rposition(is_label) else { return 0 };
    // Behind the label come a lone stop, the date, and often another stop.
    let is_stop = |line: &Range<usize>| matches!(text[line.clone()].trim(), "" | "." | "|");
    let behind = &head[last + 1..];
    let date = behind.iter().position(|line| !is_stop(line)).map_or(0, |place| place + 1);
    let stops = behind[date..].iter().take_while(|line| is_stop(line)).count();
    last + 1 + date + stops
}

fn add_paragraph(text: &str, paragraph: Range<usize>, sentences: &mut Vec<Sentence>) {
    let start = paragraph.start + dateline(&text[paragraph.clone()]);
    let mut opens_paragraph = true;
    for range in split(text, start..paragraph.end) {
        let sentence = &text[range.clone()];
        if is_noise(sentence) {
            continue;
        }
        sentences.push(Sentence { kind: kind(sentence), range, opens_paragraph });
        opens_paragraph = false;
    }
}

/// The length of a dateline at the start of a paragraph, in bytes, with the dash behind it.
fn dateline(paragraph: &str) -> usize {
    let found = AGENCIES.iter().filter_map(|agency| Some((paragraph.find(agency)?, agency.len()))).min();
    let Some((place, length)) = found.filter(|&(place, _)| place <= LONGEST_DATELINE) else { return 0 };
    let before = &paragraph[..place];
    // A place and perhaps a date, no sentence: "The (AP) report" is none.
    let is_place = before.split_whitespace().all(|word| word.starts_with(|c: char| c.is_uppercase() || c.is_numeric()));
    if !is_place || before.contains(['.', '"']) && !before.contains("U.S.") && !before.contains("D.C.") {
        return 0;
    }
    let rest = &paragraph[place + length..];
    let inner = rest.trim_start().trim_start_matches(['-', '–', '—', '_', ':']).trim_start();
    paragraph.len() - inner.len()
}

fn is_noise(sentence: &str) -> bool {
    let begins = |start: &&str| sentence.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    let bare = sentence.trim_start_matches(['>', '*', '-', '•', ' ', '.']);
    let lower = || sentence.to_ascii_lowercase();
    NOISE_STARTS
        .iter()
        .any(|start| begins(start) || bare.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
        || (sentence.len() < 200 && NOISE_ENDS.iter().any(|end| lower().ends_with(end)))
}

fn kind(sentence: &str) -> SentenceKind {
    let closed = sentence.trim_end_matches(['"', '\'', '”', '’', ')', ']', '»']);
    let ends = closed.ends_with(['.', '!', '?', '…', '。', '！', '？']);
    let count = word_count(sentence);
    if !ends && count <= LONGEST_HEADING {
        return SentenceKind::Heading;
    }
    let lower = sentence.to_lowercase();
    if count <= LONGEST_CAPTION && CAPTION_SIGNS.iter().any(|sign| lower.contains(sign)) {
        return SentenceKind::Caption;
    }
    SentenceKind::Prose
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let article = Article::new(text);
        let found: Vec<&str> = (0..article.sentences().len()).map(|index| article.sentence(index)).collect();
        assert_eq!(found, expected, "of {text:?}");
    }

    #[test]
    fn datelines_are_left_out() {
        check("(CNN) -- It rained.", &["It rained."]);
        check("Kampala, Uganda (CNN) Gunmen fled. They ran.", &["Gunmen fled.", "They ran."]);
        check("WASHINGTON (AP) _ It rained.", &["It rained."]);
        check("The old (AP) report says so.", &["The old (AP) report says so."]);
        check("\"Stop,\" she told us (CNN) then.", &["\"Stop,\" she told us (CNN) then."]);
    }

    #[test]
    fn noise_is_left_out() {
        check("It rained. Scroll down for video. It stopped.", &["It rained.", "It stopped."]);
        check("It rained.\nCNN's Ann Lee contributed to this report.", &["It rained."]);
        check("By\n.\nAnn Lee\n.\nPUBLISHED:\n.\n03:53 EST, 12 March 2013\n.\n\nIt rained.", &["It rained."]);
    }

    #[test]
    fn kinds() {
        let article = Article::new("A wet day\nIt rained.\nAnn Lee (left) waits for the bus.");
        let kinds: Vec<SentenceKind> = article.sentences().iter().map(|sentence| sentence.kind).collect();
        assert_eq!(kinds, [SentenceKind::Heading, SentenceKind::Prose, SentenceKind::Caption]);
    }

    #[test]
    fn wrapped_lines_are_joined() {
        let text = "The long rain of the day had stopped before\nthe train came in, and the people\nwent home. They slept.\n\nThe end.";
        let article = Article::new(text);
        assert_eq!(article.sentences().len(), 3);
        assert!(article.sentence(0).ends_with("went home."));
    }

    #[test]
    fn highlights_are_kept_apart() {
        let story = Story::new("It rained.\n\n@highlight\n\nRain fell\n\n@highlight\n\nNone hurt\n");
        assert_eq!(story.highlights, ["Rain fell", "None hurt"]);
        assert_eq!(story.article.sentences().len(), 1);
    }
}
