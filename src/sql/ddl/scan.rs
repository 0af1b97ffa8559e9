//! Reads names and cells of an INSERT or COPY from left to right. Knows strings, numbers and brackets only.

/// A place in a statement.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    rest: &'a str,
    /// A backslash in a string escapes the next character.
    backslash: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, backslash: bool) -> Self {
        Self { rest: text.trim_start(), backslash }
    }

    /// Nothing is left.
    pub(super) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Moves behind this word, upper and lower case alike, if it is next.
    pub(super) fn skip_word(&mut self, word: &str) -> bool {
        let matches = self.word().eq_ignore_ascii_case(word);
        if matches {
            self.advance(word.len());
        }
        matches
    }

    /// Moves behind this sign if it is next.
    pub(super) fn skip_sign(&mut self, sign: char) -> bool {
        let matches = self.rest.starts_with(sign);
        if matches {
            self.advance(sign.len_utf8());
        }
        matches
    }

    /// A name, quoted or not.
    pub(super) fn name(&mut self) -> Option<String> {
        match self.rest.chars().next()? {
            '[' => {
                let end = self.rest.find(']')?;
                let name = self.rest[1..end].to_owned();
                self.advance(end + 1);
                Some(name)
            }
            '"' | '`' | '\'' => self.string(self.backslash),
            _ => {
                let word = self.word().to_owned();
                self.advance(word.len());
                Some(word).filter(|word| !word.is_empty())
            }
        }
    }

    /// The last part of `a.b.c`.
    pub(super) fn dotted_name(&mut self) -> Option<String> {
        let mut name = self.name()?;
        while self.skip_sign('.') {
            name = self.name()?;
        }
        Some(name)
    }

    /// The cells of `( … , … )`; `None` when no bracket is next, or it never closes.
    pub(super) fn tuple(&mut self) -> Option<Vec<Option<String>>> {
        if !self.skip_sign('(') {
            return None;
        }
        let mut cells = Vec::new();
        loop {
            cells.push(self.cell());
            if self.skip_sign(')') {
                return Some(cells);
            }
            if !self.skip_sign(',') {
                return None;
            }
        }
    }

    /// A string or a number as text; anything else is passed over and is `None`. Ends before the `,` or `)` behind it.
    fn cell(&mut self) -> Option<String> {
        let mut escapes = self.backslash;
        let prefix = self.word();
        let is_marked = self.rest[prefix.len()..].starts_with('\'') || prefix.starts_with('_');
        if is_marked && !matches!(prefix, "X" | "x" | "B" | "b") && !prefix.eq_ignore_ascii_case("_binary") {
            escapes |= prefix.eq_ignore_ascii_case("e");
            self.advance(prefix.len());
        }
        let value = match self.rest.chars().next()? {
            '\'' | '"' => self.string(escapes),
            c if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => self.number(),
            _ => None,
        };
        let is_cast = self.rest.starts_with("::");
        let is_whole = is_cast || self.rest.starts_with([',', ')']);
        self.skip_expression();
        value.filter(|_| is_whole)
    }

    /// Moves to the `,` or `)` that ends the cell.
    fn skip_expression(&mut self) {
        let mut depth = 0usize;
        while let Some(c) = self.rest.chars().next() {
            match c {
                ',' | ')' if depth == 0 => return,
                '\'' | '"' | '`' => {
                    if self.string(self.backslash).is_none() {
                        self.rest = "";
                    }
                    continue;
                }
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            self.advance(c.len_utf8());
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest[bytes..].trim_start();
    }

    /// The word that is next; empty when none is.
    fn word(&self) -> &'a str {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        &self.rest[..self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len())]
    }

    /// A quoted text; a doubled quote stands for itself. `None` when it never closes.
    fn string(&mut self, backslash: bool) -> Option<String> {
        let quote = self.rest.chars().next()?;
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                if chars.next_if(|&(_, next)| next == quote).is_none() {
                    self.advance(at + quote.len_utf8());
                    return Some(text);
                }
                text.push(quote);
            } else if backslash && c == '\\' {
                text.push(escaped(chars.next()?.1));
            } else {
                text.push(c);
            }
        }
        None
    }

    /// A number as a question would spell it: `3`, not `3.0`.
    fn number(&mut self) -> Option<String> {
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let digits = &self.rest[..end];
        self.advance(end);
        let number: f64 = digits.parse().ok()?;
        Some(if digits.contains('.') { number.to_string() } else { digits.trim_start_matches('+').to_owned() })
    }
}

/// What a backslash makes of the character behind it.
pub(super) fn escaped(c: char) -> char {
    match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::Scanner;

    #[test]
    fn cells_are_strings_and_numbers() {
        let text = "(1, -2.50, 'O''Brien', \"q\", NULL, X'00', now(), 'a' || 'b', E'x\\ty', N'n', _utf8mb4 'u', 'd'::date, 3.0) z";
        let cells = Scanner::new(text, false).tuple().unwrap();
        let expected = "1|-2.5|O'Brien|q|-|-|-|-|x\ty|n|u|d|3";
        let found: Vec<String> = cells.into_iter().map(|cell| cell.unwrap_or("-".to_owned())).collect();
        assert_eq!(found.join("|"), expected);
        assert_eq!(Scanner::new("('it\\'s', 'b')", true).tuple().unwrap()[0].as_deref(), Some("it's"));
    }

    #[test]
    fn cut_rows_are_no_rows() {
        for text in ["(1, 'a", "(1, 2", "(", "1", "(f(1"] {
            assert!(Scanner::new(text, false).tuple().is_none(), "{text}");
        }
    }

    #[test]
    fn names_may_be_quoted_and_dotted() {
        let mut scanner = Scanner::new("public.\"my \"\"t\" (`a b`, [c d], e)", false);
        assert_eq!(scanner.dotted_name().as_deref(), Some("my \"t"));
        assert!(scanner.skip_sign('('));
        for name in ["a b", "c d", "e"] {
            assert_eq!(scanner.name().as_deref(), Some(name));
            scanner.skip_sign(',');
        }
    }
}
