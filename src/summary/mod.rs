//! News articles: sentences, what is known of each, the layout for the network, the choice of sentences, and what may
//! be left out of one.
//!
//! Knows text only: no tensors, no files, no HTTP. A summary is made of lines, and every line is a compression of one
//! sentence of the article, so that it cannot say what its sentence does not.

mod article;
mod choose;
mod cut_features;
mod deletions;
mod features;
mod layout;
mod lexicon;
mod quotes;
mod recogniser;
pub mod rouge;
mod sentences;
mod units;
mod words;

pub use article::{Article, Publisher, Sentence, SentenceKind, Story};
pub use choose::{Choice, choose};
pub use cut_features::{CUT_FEATURES, CutFeatures, cut_feature_names};
pub use deletions::{Cut, Deletion, cuts};
pub use features::{SENTENCE_FEATURE_NAMES, SENTENCE_FEATURES, sentence_features};
pub use layout::{LONGEST_SENTENCE, Layout, WINDOW, WINDOWS};
pub use recogniser::{Line, LineState, Recogniser};
pub use units::{Unit, join, units};
pub use words::{word_count, words};
