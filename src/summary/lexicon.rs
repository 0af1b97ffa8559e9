//! Word lists for what may be left out: negations, finite verbs, connectives.
//!
//! Lists instead of a tagger: what they miss is kept, so a gap costs length and never sense.

/// Words that turn a statement round; nothing that holds one is left out.
const NEGATIONS: &[&str] = &[
    "no",
    "not",
    "never",
    "none",
    "nor",
    "neither",
    "nobody",
    "nothing",
    "nowhere",
    "without",
    "cannot",
    "hardly",
    "barely",
    "scarcely",
    "unless",
    "except",
    "until",
    "denied",
    "denies",
    "deny",
    "denying",
    "refused",
    "refuses",
    "failed",
    "fails",
    "unlikely",
    "if",
    "only",
    "allegedly",
    "alleged",
    "reportedly",
    "suspected",
    "claimed",
    "claims",
    "might",
    "may",
    "could",
    "possibly",
    "perhaps",
    "false",
    "falsely",
    "wrongly",
];

/// Finite forms that end neither in -ed nor like a noun.
const VERBS: &[&str] = &[
    "is",
    "was",
    "are",
    "were",
    "has",
    "have",
    "had",
    "will",
    "would",
    "can",
    "could",
    "may",
    "might",
    "must",
    "should",
    "shall",
    "do",
    "does",
    "did",
    "said",
    "says",
    "told",
    "tells",
    "went",
    "goes",
    "came",
    "comes",
    "took",
    "takes",
    "made",
    "makes",
    "found",
    "finds",
    "got",
    "gets",
    "gave",
    "gives",
    "held",
    "holds",
    "left",
    "leaves",
    "lost",
    "loses",
    "won",
    "wins",
    "met",
    "meets",
    "put",
    "puts",
    "ran",
    "runs",
    "saw",
    "sees",
    "set",
    "sets",
    "shot",
    "shoots",
    "sat",
    "sits",
    "stood",
    "stands",
    "spoke",
    "speaks",
    "spent",
    "spends",
    "sent",
    "sends",
    "sold",
    "sells",
    "rose",
    "fell",
    "falls",
    "felt",
    "feels",
    "fought",
    "fights",
    "flew",
    "flies",
    "grew",
    "grows",
    "hit",
    "hits",
    "kept",
    "keeps",
    "knew",
    "knows",
    "led",
    "leads",
    "let",
    "lets",
    "paid",
    "pays",
    "read",
    "reads",
    "rode",
    "sang",
    "began",
    "begins",
    "became",
    "becomes",
    "bought",
    "buys",
    "brought",
    "brings",
    "broke",
    "breaks",
    "built",
    "builds",
    "caught",
    "catches",
    "chose",
    "chooses",
    "cost",
    "costs",
    "cut",
    "cuts",
    "dealt",
    "drew",
    "draws",
    "drove",
    "drives",
    "ate",
    "eats",
    "forgot",
    "hid",
    "heard",
    "hears",
    "hurt",
    "wrote",
    "writes",
    "wore",
    "wears",
    "thought",
    "thinks",
    "taught",
    "struck",
    "strikes",
    "stole",
    "swam",
    "swore",
    "threw",
    "throws",
    "understood",
    "woke",
    "slept",
    "sought",
    "remains",
    "plays",
    "wants",
    "needs",
    "looks",
    "lives",
    "works",
    "expects",
    "believes",
    "plans",
    "includes",
    "faces",
    "shows",
    "hopes",
    "insists",
    "continues",
    "appears",
    "seems",
    "helps",
    "moves",
    "turns",
    "starts",
    "calls",
    "isn't",
    "wasn't",
    "aren't",
    "weren't",
    "hasn't",
    "haven't",
    "hadn't",
    "won't",
    "wouldn't",
    "can't",
    "couldn't",
    "doesn't",
    "didn't",
    "don't",
    "shouldn't",
];

/// Forms in -ed and the like that are not finite verbs.
const NO_VERBS: &[&str] =
    &["united", "hundred", "red", "need", "indeed", "speed", "seed", "feed", "bed", "shed", "sacred", "armed"];

/// First words that only join the sentence to the one before, with or without a comma.
const JOINERS: &[&str] = &["but", "and"];

/// What may not follow a joiner that goes: the two belong together.
const AFTER_JOINERS: &[&str] = &["for", "then", "also", "still"];

/// Openings that only join the sentence to the one before, where a comma follows.
const OPENINGS: &[&[&str]] = &[
    &["however"],
    &["meanwhile"],
    &["moreover"],
    &["furthermore"],
    &["additionally"],
    &["besides"],
    &["elsewhere"],
    &["indeed"],
    &["also"],
    &["so"],
    &["yet"],
    &["still"],
    &["then"],
    &["now"],
    &["finally"],
    &["nevertheless"],
    &["nonetheless"],
    &["instead"],
    &["consequently"],
    &["incidentally"],
    &["of", "course"],
    &["in", "fact"],
    &["after", "all"],
    &["in", "addition"],
    &["for", "example"],
    &["for", "instance"],
    &["as", "a", "result"],
    &["at", "the", "same", "time"],
    &["on", "the", "other", "hand"],
    &["to", "be", "sure"],
    &["by", "contrast"],
];

/// What may stand between two commas and only joins.
const ASIDES: &[&str] = &["however", "meanwhile", "too", "though", "moreover", "indeed", "nevertheless", "nonetheless"];

/// First words of an opening that tells on what occasion somebody spoke.
const OCCASIONS: &[&str] = &["speaking", "writing", "talking", "appearing", "posting", "tweeting"];

/// First words of a participle that hangs on the end of a sentence and adds to it.
const TAILS: &[&str] = &[
    "adding",
    "leaving",
    "making",
    "prompting",
    "forcing",
    "sparking",
    "causing",
    "bringing",
    "taking",
    "including",
    "giving",
    "sending",
    "raising",
    "becoming",
    "beating",
    "finishing",
    "helping",
    "allowing",
];

/// Who or which.
const RELATIVES: &[&str] = &["who", "which", "whose"];

/// Determiners that open an apposition.
const DETERMINERS: &[&str] =
    &["the", "a", "an", "his", "her", "their", "its", "former", "founder", "president", "director"];

/// First words of a clause that may go at the start of a sentence.
const FIRST_OPENERS: &[&str] =
    &["after", "as", "while", "although", "though", "despite", "following", "because", "with", "having", "amid"];

/// First words of a clause that may go at the end, behind a comma.
const CLAUSE_OPENERS: &[&str] =
    &["after", "as", "while", "although", "though", "despite", "following", "because", "when", "where", "with", "amid"];

/// The same without a comma.
const LOOSE_OPENERS: &[&str] = &["after", "while", "because", "although", "though", "despite", "following", "amid"];

/// Words behind which such a clause is no free addition.
const BARS_CLAUSE: &[&str] = &[
    "days",
    "day",
    "hours",
    "hour",
    "minutes",
    "minute",
    "weeks",
    "week",
    "months",
    "month",
    "years",
    "year",
    "seconds",
    "moments",
    "shortly",
    "soon",
    "just",
    "only",
    "even",
    "immediately",
    "long",
    "ever",
    "not",
    "and",
    "or",
    "but",
    "well",
    "such",
    "so",
    "as",
    "that",
    "who",
    "which",
    "of",
    "from",
    "until",
    "the",
    "a",
    "an",
    "is",
    "was",
    "are",
    "were",
    "be",
    "been",
    "while",
    "look",
    "looked",
    "looking",
    "named",
    "day",
    "for",
    "to",
    "a",
    "time",
    "worth",
    "little",
    "partly",
    "mainly",
    "largely",
    "simply",
    "right",
    "said",
    "says",
    "straight",
    "largely",
    "possibly",
    "perhaps",
    "decades",
    "decade",
    "once",
    "later",
    "came",
    "comes",
    "come",
    "called",
];

const SUBJECT_PRONOUNS: &[&str] =
    &["he", "she", "they", "it", "we", "i", "you", "there", "this", "that", "these", "those"];

/// Words that single one thing out; a clause behind them may be what it is singled out by.
const SUPERLATIVES: &[&str] = &[
    "first",
    "second",
    "third",
    "only",
    "most",
    "least",
    "best",
    "worst",
    "latest",
    "biggest",
    "largest",
    "smallest",
    "highest",
    "lowest",
    "longest",
    "shortest",
    "youngest",
    "oldest",
    "fastest",
    "deadliest",
    "greatest",
    "ever",
];

/// Verbs of what is to come or to last.
const MODALS: &[&str] = &["will", "would", "must", "should", "can", "remain", "remains", "remained"];

pub(super) fn is_superlative(word: &str) -> bool {
    SUPERLATIVES.contains(&word)
}

pub(super) fn is_modal(word: &str) -> bool {
    MODALS.contains(&word)
}

pub(super) fn is_first_opener(word: &str) -> bool {
    FIRST_OPENERS.contains(&word)
}

pub(super) fn is_clause_opener(word: &str) -> bool {
    CLAUSE_OPENERS.contains(&word)
}

pub(super) fn is_loose_opener(word: &str) -> bool {
    LOOSE_OPENERS.contains(&word)
}

pub(super) fn bars_clause(word: &str) -> bool {
    BARS_CLAUSE.contains(&word)
}

pub(super) fn is_pronoun(word: &str) -> bool {
    SUBJECT_PRONOUNS.contains(&word)
}

pub(super) fn is_negation(word: &str) -> bool {
    NEGATIONS.contains(&word) || word.ends_with("n't") || word.ends_with("n’t")
}

pub(super) fn is_verb(word: &str) -> bool {
    VERBS.contains(&word) || (word.len() > 3 && word.ends_with("ed") && !NO_VERBS.contains(&word))
}

pub(super) fn is_joiner(word: &str, next: &str) -> bool {
    JOINERS.contains(&word) && !AFTER_JOINERS.contains(&next)
}

/// How many words an opening takes that only joins; 0 where there is none.
pub(super) fn opening(words: &[&str]) -> usize {
    OPENINGS.iter().filter(|opening| words.starts_with(opening)).map(|opening| opening.len()).max().unwrap_or(0)
}

pub(super) fn is_aside(word: &str) -> bool {
    ASIDES.contains(&word)
}

pub(super) fn is_occasion(word: &str) -> bool {
    OCCASIONS.contains(&word)
}

pub(super) fn is_tail(word: &str) -> bool {
    TAILS.contains(&word)
}

pub(super) fn is_relative(word: &str) -> bool {
    RELATIVES.contains(&word)
}

pub(super) fn is_determiner(word: &str) -> bool {
    DETERMINERS.contains(&word)
}
