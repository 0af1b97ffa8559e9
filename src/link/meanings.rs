//! Words that mean a cell whose letters differ: `women` and `F`, `yes` and `1`, `March` and `3`, `Monday` and `Mon`.
//!
//! Works on normalised texts; places are in `places`.

use super::text::{day_of_week, month_of, normal};

/// Words for the two sexes, with the code; the first of each stands for all.
const SEXES: [(&[&str], char); 2] = [
    (&["female", "females", "woman", "women", "girl", "girls", "lady", "ladies"], 'f'),
    (&["male", "males", "man", "men", "boy", "boys"], 'm'),
];
/// What else stands in a column of sexes.
const NO_SEX: &[&str] = &["d", "n", "n a", "na", "non binary", "nonbinary", "o", "other", "u", "unknown", "x"];
/// What truth values are written as; the first of each is what a question says.
const TRUTHS: [&[&str]; 2] = [&["yes", "true", "y", "t", "1", "1 0"], &["no", "false", "n", "f", "0", "0 0"]];
/// What one letter stands for in a column of codes, beside sexes.
const CODES: &[(&str, char)] =
    &[("false", 'f'), ("left", 'l'), ("no", 'n'), ("right", 'r'), ("true", 't'), ("yes", 'y')];

/// One of the two sexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Sex(usize);

/// Whether a cell, one letter or a word, stands for a normalised word of the question.
pub(super) fn stands_for(cell: &str, word: &str) -> bool {
    is_code_of(cell, word) || is_sex_of(cell, word)
}

/// The one-letter code of a word.
pub(super) fn code_of(lower: &str) -> Option<char> {
    let code = CODES.iter().find(|(word, _)| *word == lower).map(|(_, letter)| *letter);
    code.or_else(|| sex_of(lower).map(|sex| SEXES[sex.0].1)).map(|letter| letter.to_ascii_uppercase())
}

/// The sex that a word names.
pub(super) fn sex_of(lower: &str) -> Option<Sex> {
    SEXES.iter().position(|(words, _)| words.contains(&lower)).map(Sex)
}

/// The sexes that a column holds, if it holds little else.
pub(super) fn sexes(cells: &[String]) -> Vec<Sex> {
    let mut found = Vec::new();
    for cell in cells.iter().map(|cell| normal(cell)).filter(|cell| !cell.is_empty()) {
        let by_code = || SEXES.iter().position(|(_, code)| cell.chars().eq([*code])).map(Sex);
        match sex_of(&cell).or_else(by_code) {
            Some(sex) if found.contains(&sex) => {}
            Some(sex) => found.push(sex),
            None if NO_SEX.contains(&cell.as_str()) => {}
            None => return Vec::new(),
        }
    }
    found
}

/// The cell that a normalised text means by something else than its letters.
pub(super) fn cell<'a>(wanted: &str, cells: &'a [String]) -> Option<&'a String> {
    truth(wanted, cells)
        .or_else(|| cells.iter().find(|cell| stands_for(cell, wanted)))
        .or_else(|| month(wanted, cells))
        .or_else(|| {
            let day = day_of_week(wanted)?;
            cells.iter().find(|cell| day_of_week(&normal(cell)) == Some(day))
        })
}

/// The cell for true in a column of truth values.
pub(super) fn true_cell(cells: &[String]) -> Option<&String> {
    truth(TRUTHS[0][0], cells)
}

/// The cell for `yes` or `no` in a column of truth values.
fn truth<'a>(wanted: &str, cells: &'a [String]) -> Option<&'a String> {
    let side = TRUTHS.iter().position(|words| words[..2].contains(&wanted))?;
    let is_truth = |cell: &String| TRUTHS.iter().any(|words| words.contains(&normal(cell).as_str()));
    if !cells.iter().filter(|cell| !cell.trim().is_empty()).all(is_truth) {
        return None;
    }
    cells.iter().find(|cell| TRUTHS[side].contains(&normal(cell).as_str()))
}

/// A month as the cells spell it: by name, or by number where all are numbers of months.
fn month<'a>(wanted: &str, cells: &'a [String]) -> Option<&'a String> {
    let month = month_of(wanted)?;
    let number = |cell: &String| cell.trim().parse::<u32>().ok().filter(|number| (1..=12).contains(number));
    if cells.iter().all(|cell| number(cell).is_some()) {
        return cells.iter().find(|cell| number(cell) == Some(month));
    }
    cells.iter().find(|cell| month_of(&normal(cell)) == Some(month))
}

fn is_code_of(cell: &str, word: &str) -> bool {
    let mut letters = cell.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => code_of(word) == Some(letter.to_ascii_uppercase()),
        _ => false,
    }
}

/// `women` and `Female`, `female` and `Girls`; not `women` and `Girls`.
fn is_sex_of(cell: &str, word: &str) -> bool {
    let Some(sex) = sex_of(word) else { return false };
    let cell = normal(cell);
    let is_general = |word: &str| SEXES[sex.0].0[..2].contains(&word);
    sex_of(&cell) == Some(sex) && (is_general(&cell) || is_general(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, cells: &[&str], expected: Option<&str>) {
        let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        assert_eq!(cell(wanted, &cells).map(String::as_str), expected, "{wanted} in {cells:?}");
    }

    #[test]
    fn words_mean_cells_of_other_letters() {
        check("women", &["M", "F"], Some("F"));
        check("girls", &["Male", "Female"], Some("Female"));
        check("male", &["Men", "Women", "Kids"], Some("Men"));
        check("girls", &["Men", "Women", "Kids"], None);
        check("yes", &["0", "1"], Some("1"));
        check("true", &["No", "Yes"], Some("Yes"));
        check("no", &["F", "T"], Some("F"));
        check("yes", &["maybe", "1"], None);
        check("yes", &["Y", "N", "?"], Some("Y"));
        check("left", &["L", "R"], Some("L"));
        check("march", &["1", "2", "3"], Some("3"));
        check("march", &["Jan", "Feb", "Mar"], Some("Mar"));
        check("mar", &["January", "March"], Some("March"));
        check("march", &["1", "2", "30", "3"], None);
        check("monday", &["Sun", "Mon"], Some("Mon"));
        check("thur", &["Tuesday", "Thursday"], Some("Thursday"));
        check("france", &["F"], None);
    }

    #[test]
    fn columns_of_sexes_are_told_from_others() {
        let check = |cells: &[&str], expected: usize| {
            let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
            assert_eq!(sexes(&cells).len(), expected, "{cells:?}");
        };
        check(&["M", "F"], 2);
        check(&["female", "Other", ""], 1);
        check(&["F", "D", "C"], 0);
        check(&["S", "M", "L"], 0);
    }
}
