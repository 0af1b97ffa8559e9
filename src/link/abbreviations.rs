//! Whether one of two words abbreviates the other: `dept` and `department`, `qty` and `quantity`.
//!
//! Three rules: a prefix, the first letter with consonants, and a small table for the commonest others.

/// Longest abbreviation made of consonants, in letters.
const LONGEST_SKELETON: usize = 5;

/// Abbreviations that the rules do not find, with what they stand for.
const TABLE: &[(&str, &str)] = &[
    ("ac", "account"),
    ("apt", "apartment"),
    ("bday", "birthday"),
    ("cd", "code"),
    ("co", "company"),
    ("dr", "doctor"),
    ("ft", "feet"),
    ("hq", "headquarters"),
    ("id", "identifier"),
    ("id", "identification"),
    ("lng", "longitude"),
    ("max", "maximum"),
    ("min", "minimum"),
    ("mo", "month"),
    ("mph", "miles"),
    ("nbr", "number"),
    ("no", "number"),
    ("num", "number"),
    ("num", "numeric"),
    ("org", "organisation"),
    ("pct", "percentage"),
    ("ph", "phone"),
    ("pic", "picture"),
    ("qty", "quantity"),
    ("sq", "square"),
    ("st", "state"),
    ("st", "street"),
    ("tel", "phone"),
    ("tx", "transaction"),
    ("txn", "transaction"),
    ("uni", "university"),
    ("wo", "without"),
    ("xfer", "transfer"),
];

/// Whether either word abbreviates the other. Both in lower case and of different stems.
pub(super) fn abbreviate_one_another(asked: &str, label: &str) -> bool {
    if asked.len() > label.len() {
        abbreviates(label, asked, 3)
    } else {
        // A question's short word is mostly a word, so its prefix must be longer.
        abbreviates(asked, label, 4)
    }
}

/// Whether `short` abbreviates `long`; a prefix needs at least `prefix` letters.
fn abbreviates(short: &str, long: &str, prefix: usize) -> bool {
    if !short.is_ascii() || !long.is_ascii() || short.len() + 1 > long.len() {
        return false;
    }
    let is_prefix = short.len() >= prefix && long.len() >= short.len() + 2 && long.starts_with(short);
    // A whole prefix is the first rule's matter.
    is_prefix || is_skeleton(short.as_bytes(), long.as_bytes()) || in_table(short, long)
}

/// The first letter, or a prefix of three, and then consonants of the rest in their order.
fn is_skeleton(short: &[u8], long: &[u8]) -> bool {
    if !(2..=LONGEST_SKELETON).contains(&short.len()) || long.len() < short.len() + 2 || !short.is_ascii() {
        return false;
    }
    let shared = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let keep = if shared >= 3 { shared } else { 1 };
    if shared == 0
        || keep == short.len()
        || short[keep..].iter().any(|c| is_vowel(*c))
        || !is_subsequence(&short[keep..], &long[keep..])
    {
        return false;
    }
    // Two letters are met too easily: the second must be the last consonant.
    short.len() > 2 || long.iter().rev().find(|c| !is_vowel(**c)) == short.last()
}

fn is_subsequence(short: &[u8], long: &[u8]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|c| rest.any(|other| other == c))
}

fn is_vowel(c: u8) -> bool {
    matches!(c, b'a' | b'e' | b'i' | b'o' | b'u')
}

fn in_table(short: &str, long: &str) -> bool {
    TABLE
        .iter()
        .any(|(abbreviation, word)| *abbreviation == short && (*word == long || long.strip_suffix('s') == Some(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_are_met() {
        for (asked, label) in [
            ("department", "dept"),
            ("student", "stu"),
            ("quantity", "qty"),
            ("number", "num"),
            ("number", "no"),
            ("address", "addr"),
            ("description", "desc"),
            ("employee", "emp"),
            ("account", "acct"),
            ("manager", "mgr"),
            ("date", "dt"),
            ("year", "yr"),
            ("country", "cntry"),
            ("dept", "department"),
            ("population", "pop"),
        ] {
            assert!(abbreviate_one_another(asked, label), "{asked} {label}");
        }
    }

    #[test]
    fn other_words_are_not() {
        for (asked, label) in [
            ("average", "age"),
            ("average", "area"),
            ("contest", "cost"),
            ("country", "county"),
            ("car", "career"),
            ("state", "status"),
            ("singer", "song"),
            ("", "a"),
            ("東京都", "東"),
        ] {
            assert!(!abbreviate_one_another(asked, label), "{asked} {label}");
        }
    }
}
