//! Words as they are compared and counted.

/// Lower-cased runs of letters and digits, in order: what ROUGE, repetition and overlap are counted on.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars() {
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The number of words as people count them: runs between spaces that hold a letter or digit; of writing without
/// spaces each sign.
pub fn word_count(text: &str) -> usize {
    text.split_whitespace().map(words_of_token).sum()
}

fn words_of_token(token: &str) -> usize {
    let signs = token.chars().filter(|&letter| is_ideograph(letter)).count();
    signs + usize::from(token.chars().any(|letter| letter.is_alphanumeric() && !is_ideograph(letter)))
}

/// Han, Kana: one sign is about a word, and no spaces stand between.
fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_runs() {
        assert_eq!(words("The U.S. won't pay $5.2m – Élan!"), ["the", "u", "s", "won", "t", "pay", "5", "2m", "élan"]);
        assert!(words(" -- ").is_empty());
    }

    #[test]
    fn people_count_between_spaces() {
        assert_eq!(word_count("The U.S. won't -- pay $5.2m."), 5);
        assert_eq!(word_count("今日は Tokyo"), 4);
    }
}
