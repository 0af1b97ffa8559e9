//! Identifiers to words: the label of a table or column whose source gives only a name.
//!
//! Pure text; knows nothing about schemas. Training and serving split names here and nowhere else.

/// The words of an identifier, lower case, one space between them: `StuName` → `stu name`, `dept_id` → `dept id`,
/// `HTTPServer2` → `http server 2`, `userIDs` → `user ids`. A name of signs only is kept as it is.
pub fn words_of(identifier: &str) -> String {
    let mut words = Vec::new();
    for part in identifier.split(is_separator).filter(|part| !part.is_empty()) {
        split_part(part, &mut words);
    }
    if words.is_empty() {
        return identifier.trim().to_lowercase();
    }
    words.join(" ")
}

/// Everything that stands between words. Signs outside these ranges (combining marks, vowel signs) belong to words.
fn is_separator(c: char) -> bool {
    let punctuation_block = matches!(c, '\u{2000}'..='\u{206F}' | '\u{3000}'..='\u{303F}' | '\u{00A1}'..='\u{00BF}');
    c.is_whitespace() || c.is_control() || c.is_ascii_punctuation() || (punctuation_block && !c.is_alphanumeric())
}

/// Splits at changes of case and between letters and digits.
fn split_part(part: &str, words: &mut Vec<String>) {
    let chars: Vec<char> = part.chars().collect();
    let mut start = 0;
    for at in 1..chars.len() {
        if is_boundary(&chars, at) {
            words.push(lower(&chars[start..at]));
            start = at;
        }
    }
    words.push(lower(&chars[start..]));
}

fn lower(chars: &[char]) -> String {
    chars.iter().collect::<String>().to_lowercase()
}

/// Does a word begin at `at` (at least 1)?
fn is_boundary(chars: &[char], at: usize) -> bool {
    let (before, here) = (chars[at - 1], chars[at]);
    match (before.is_numeric(), here.is_numeric()) {
        (false, true) => true,
        (true, false) => !is_ordinal_end(chars, at),
        (true, true) => false,
        (false, false) if here.is_uppercase() => {
            !before.is_uppercase() || (starts_capitalised(chars, at) && !is_plural_end(chars, at + 1))
        }
        (false, false) => false,
    }
}

/// `HTTPServer`: the `S` starts a word because a small letter follows.
fn starts_capitalised(chars: &[char], at: usize) -> bool {
    chars.get(at + 1).is_some_and(|next| next.is_lowercase())
}

/// `userIDs`: a lone `s` behind capitals belongs to them.
fn is_plural_end(chars: &[char], at: usize) -> bool {
    chars.get(at) == Some(&'s') && !chars.get(at + 1).is_some_and(|next| next.is_lowercase())
}

/// `1st`, `2nd`, `3rd`, `4th` stay whole.
fn is_ordinal_end(chars: &[char], at: usize) -> bool {
    let suffix = lower(&chars[at..chars.len().min(at + 2)]);
    let ends = !chars.get(at + 2).is_some_and(|next| next.is_lowercase());
    ends && matches!(suffix.as_str(), "st" | "nd" | "rd" | "th")
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn names_split_into_words() {
        for (name, words) in [
            ("StuName", "stu name"),
            ("dept_id", "dept id"),
            ("HTTPServer2", "http server 2"),
            ("userIDs", "user ids"),
            ("IDs", "ids"),
            ("ID", "id"),
            ("addressLine1Street", "address line 1 street"),
            ("address2line", "address 2 line"),
            ("2ndAuthor", "2nd author"),
            ("Official_ratings_(millions)", "official ratings millions"),
            ("%_Change_2007", "change 2007"),
            ("Home Town", "home town"),
            ("__x__", "x"),
            ("XYCoordinate", "xy coordinate"),
            ("iPhone", "i phone"),
            ("straßeNr", "straße nr"),
            ("ÉcoleNom", "école nom"),
            ("顧客名", "顧客名"),
            ("%", "%"),
            ("", ""),
        ] {
            assert_eq!(words_of(name), words, "{name}");
        }
    }
}
