//! Porter's stemmer (1980) with the extensions that NLTK makes and `rouge-score` therefore has.

/// Words with stems of their own.
const IRREGULAR: [(&str, &str); 16] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// The stem of a word of lower-case letters and digits.
pub(super) fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(irregular, _)| *irregular == word) {
        return (*stem).to_owned();
    }
    if word.len() <= 2 {
        return word.to_owned();
    }
    let steps = [plural, past, final_y, second, third, fourth, final_e, final_double_l];
    steps.iter().fold(word.to_owned(), |word, step| step(word))
}

fn plural(word: String) -> String {
    if word.len() == 4 && word.ends_with("ies") {
        return replaced(&word, "ies", "ie");
    }
    first(word, &[("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")], |_, _| true)
}

fn past(word: String) -> String {
    if word.ends_with("ied") {
        return replaced(&word, "ied", if word.len() == 4 { "ie" } else { "i" });
    }
    if let Some(stem) = word.strip_suffix("eed") {
        return if measure(stem) > 0 { format!("{stem}ee") } else { word };
    }
    let stem = ["ed", "ing"].iter().find_map(|suffix| word.strip_suffix(suffix).filter(|stem| has_vowel(stem)));
    let Some(stem) = stem.map(str::to_owned) else { return word };
    for (suffix, replacement) in [("at", "ate"), ("bl", "ble"), ("iz", "ize")] {
        if stem.ends_with(suffix) {
            return replaced(&stem, suffix, replacement);
        }
    }
    if ends_double(&stem) {
        let keeps = stem.ends_with(['l', 's', 'z']);
        return if keeps { stem } else { stem.get(..stem.len() - 1).unwrap_or_default().to_owned() };
    }
    if measure(&stem) == 1 && ends_short(&stem) { stem + "e" } else { stem }
}

fn final_y(word: String) -> String {
    let ends = |stem: &str| stem.len() > 1 && is_consonant(stem.as_bytes(), stem.len() - 1);
    if word.strip_suffix('y').is_some_and(ends) { replaced(&word, "y", "i") } else { word }
}

fn second(word: String) -> String {
    if word.strip_suffix("alli").is_some_and(|stem| measure(stem) > 0) {
        return second(replaced(&word, "alli", "al"));
    }
    const RULES: [(&str, &str); 22] = [
        ("ational", "ate"),
        ("tional", "tion"),
        ("enci", "ence"),
        ("anci", "ance"),
        ("izer", "ize"),
        ("bli", "ble"),
        ("alli", "al"),
        ("entli", "ent"),
        ("eli", "e"),
        ("ousli", "ous"),
        ("ization", "ize"),
        ("ation", "ate"),
        ("ator", "ate"),
        ("alism", "al"),
        ("iveness", "ive"),
        ("fulness", "ful"),
        ("ousness", "ous"),
        ("aliti", "al"),
        ("iviti", "ive"),
        ("biliti", "ble"),
        ("fulli", "ful"),
        ("logi", "log"),
    ];
    first(
        word,
        &RULES,
        |stem, suffix| {
            if suffix == "logi" { measure(&format!("{stem}l")) > 0 } else { measure(stem) > 0 }
        },
    )
}

fn third(word: String) -> String {
    const RULES: [(&str, &str); 7] =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];
    first(word, &RULES, |stem, _| measure(stem) > 0)
}

fn fourth(word: String) -> String {
    const RULES: [(&str, &str); 19] = [
        ("al", ""),
        ("ance", ""),
        ("ence", ""),
        ("er", ""),
        ("ic", ""),
        ("able", ""),
        ("ible", ""),
        ("ant", ""),
        ("ement", ""),
        ("ment", ""),
        ("ent", ""),
        ("ion", ""),
        ("ou", ""),
        ("ism", ""),
        ("ate", ""),
        ("iti", ""),
        ("ous", ""),
        ("ive", ""),
        ("ize", ""),
    ];
    first(word, &RULES, |stem, suffix| measure(stem) > 1 && (suffix != "ion" || stem.ends_with(['s', 't'])))
}

fn final_e(word: String) -> String {
    let Some(stem) = word.strip_suffix('e') else { return word };
    let goes = measure(stem) > 1 || (measure(stem) == 1 && !ends_short(stem));
    if goes { stem.to_owned() } else { word }
}

fn final_double_l(word: String) -> String {
    let goes = word.ends_with("ll") && measure(word.get(..word.len() - 1).unwrap_or_default()) > 1;
    if goes { replaced(&word, "ll", "l") } else { word }
}

/// Applies the first rule whose suffix fits, if its condition on the stem and the suffix holds.
fn first(word: String, rules: &[(&str, &str)], condition: impl Fn(&str, &str) -> bool) -> String {
    for (suffix, replacement) in rules {
        if let Some(stem) = word.strip_suffix(suffix) {
            return if condition(stem, suffix) { format!("{stem}{replacement}") } else { word };
        }
    }
    word
}

fn replaced(word: &str, suffix: &str, replacement: &str) -> String {
    format!("{}{replacement}", word.strip_suffix(suffix).unwrap_or(word))
}

fn is_consonant(word: &[u8], at: usize) -> bool {
    match word.get(at) {
        Some(b'a' | b'e' | b'i' | b'o' | b'u') => false,
        Some(b'y') => at == 0 || !is_consonant(word, at - 1),
        _ => true,
    }
}

/// How often a consonant follows a vowel.
fn measure(stem: &str) -> usize {
    let bytes = stem.as_bytes();
    (1..bytes.len()).filter(|&at| !is_consonant(bytes, at - 1) && is_consonant(bytes, at)).count()
}

fn has_vowel(stem: &str) -> bool {
    (0..stem.len()).any(|at| !is_consonant(stem.as_bytes(), at))
}

fn ends_double(word: &str) -> bool {
    let bytes = word.as_bytes();
    let last = bytes.len().wrapping_sub(1);
    bytes.len() >= 2 && bytes.get(last) == bytes.get(last - 1) && is_consonant(bytes, last)
}

/// Consonant, vowel, consonant other than w, x, y; or a word of vowel and consonant.
fn ends_short(word: &str) -> bool {
    let bytes = word.as_bytes();
    let consonant = |back: usize| bytes.len().checked_sub(back).is_some_and(|at| is_consonant(bytes, at));
    match bytes.len() {
        0 | 1 => false,
        2 => !is_consonant(bytes, 0) && is_consonant(bytes, 1),
        _ => consonant(3) && !consonant(2) && consonant(1) && !word.ends_with(['w', 'x', 'y']),
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn stems() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("ties", "tie"),
            ("cats", "cat"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("motoring", "motor"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("filing", "file"),
            ("happy", "happi"),
            ("enjoy", "enjoy"),
            ("relational", "relat"),
            ("vietnamization", "vietnam"),
            ("electrical", "electr"),
            ("adjustment", "adjust"),
            ("controlling", "control"),
            ("skies", "sky"),
            ("dying", "die"),
            ("died", "die"),
            ("spied", "spi"),
            ("geology", "geolog"),
            ("formally", "formal"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }
}
