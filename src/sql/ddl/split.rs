//! Cuts a dump into statements, whatever stands between them: comments, psql and mysql commands, COPY data.
//!
//! Knows quotes, brackets and comments of SQLite, PostgreSQL and MySQL, and no more of SQL than it takes to find
//! where a statement ends: the bodies of triggers and routines hold semicolons of their own. Linear in the text.

use std::borrow::Cow;
use std::ops::Range;

/// One statement.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// From its first word to before its delimiter, comments included.
    pub(super) text: &'a str,
    /// The line of its first word, from 1.
    pub(super) line: usize,
    /// The data lines behind `COPY … FROM stdin`.
    pub(super) copied: Option<&'a str>,
    /// What never ends in it: (what, the line where it begins).
    pub(super) unclosed: Option<(&'static str, usize)>,
    /// Comments, as ranges of `text`.
    comments: Vec<Range<usize>>,
}

impl<'a> Piece<'a> {
    /// The text with its comments made blanks; lines stay where they are.
    pub(super) fn code(&self) -> Cow<'a, str> {
        if self.comments.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let mut code = String::with_capacity(self.text.len());
        let mut from = 0;
        for comment in &self.comments {
            code.push_str(&self.text[from..comment.start]);
            code.extend(self.text[comment.clone()].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            from = comment.end;
        }
        code.push_str(&self.text[from..]);
        Cow::Owned(code)
    }
}

/// Splits a text. With `backslash`, a backslash in a string escapes the next character, as in MySQL.
pub(super) fn split(text: &str, backslash: bool) -> Vec<Piece<'_>> {
    let newlines = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at).collect();
    let bytes = text.as_bytes();
    let mut splitter =
        Splitter { text, bytes, at: 0, delimiter: ";", backslash, newlines, unclosed: None, ignores_bodies: false };
    std::iter::from_fn(|| splitter.next_piece()).collect()
}

struct Splitter<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    delimiter: &'a str,
    backslash: bool,
    newlines: Vec<usize>,
    unclosed: Option<(&'static str, usize)>,
    /// A body without its END was seen: from there on every semicolon ends a statement.
    ignores_bodies: bool,
}

/// What has been seen of the statement that is being read.
#[derive(Default)]
struct Progress<'a> {
    comments: Vec<Range<usize>>,
    /// The first words; enough to tell a trigger from a table.
    head: Vec<&'a str>,
    /// Open round brackets.
    depth: usize,
    /// Open BEGIN and CASE of a routine's body.
    blocks: usize,
    /// Where the first semicolon inside such a body stands.
    first_inner_end: Option<usize>,
    /// The word before the one being read.
    last_word: &'a str,
    /// `FROM stdin` was there.
    from_stdin: bool,
}

/// Words kept in [`Progress::head`]: `CREATE DEFINER = user SQL SECURITY DEFINER PROCEDURE` is the longest opening.
const HEAD_WORDS: usize = 8;

/// No product takes longer names; a bound keeps the text `[[[[…` linear.
const MAX_BRACKETED_BYTES: usize = 512;

impl<'a> Splitter<'a> {
    fn next_piece(&mut self) -> Option<Piece<'a>> {
        self.skip_between();
        if self.at >= self.bytes.len() && self.unclosed.is_none() {
            return None;
        }
        let start = self.at;
        let mut progress = Progress::default();
        let mut end = self.read_statement(&mut progress);
        if let (true, Some(inner)) = (progress.blocks > 0, progress.first_inner_end) {
            // A body without its END would swallow all that follows.
            (end, self.at) = (inner, inner + 1);
            progress.comments.retain(|comment| comment.end <= inner);
            self.unclosed = None;
            self.ignores_bodies = true;
        }
        let copied = self.copied(&progress);
        let comments = progress.comments.into_iter().map(|range| range.start - start..range.end - start);
        Some(Piece {
            text: &self.text[start..end],
            line: self.line_of(start),
            copied,
            unclosed: self.unclosed.take(),
            comments: comments.collect(),
        })
    }

    /// Moves behind the statement's delimiter and returns where the delimiter stands.
    fn read_statement(&mut self, progress: &mut Progress<'a>) -> usize {
        while self.at < self.bytes.len() {
            let here = self.at;
            if self.starts_with(self.delimiter) {
                if progress.blocks == 0 || self.delimiter != ";" {
                    self.at += self.delimiter.len();
                    return here;
                }
                progress.first_inner_end.get_or_insert(here);
            }
            if self.skip_comment() {
                progress.comments.push(here..self.at);
            } else if self.is_word_byte(here) {
                if self.ends_before_word(progress) {
                    return here;
                }
                self.read_word(progress);
            } else if let Some(what) = self.skip_quoted_or_sign(&mut progress.depth) {
                self.unclosed = Some((what, self.line_of(here)));
            }
        }
        self.bytes.len()
    }

    fn line_of(&self, at: usize) -> usize {
        self.newlines.partition_point(|&newline| newline < at) + 1
    }

    fn starts_with(&self, sign: &str) -> bool {
        self.bytes[self.at..].starts_with(sign.as_bytes())
    }

    /// Is this the first sign of its line?
    fn at_line_start(&self) -> bool {
        let before = &self.bytes[..self.at];
        before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')).is_none_or(|&byte| byte == b'\n')
    }

    fn end_of_line(&self) -> usize {
        self.newlines
            .get(self.newlines.partition_point(|&newline| newline < self.at))
            .map_or(self.bytes.len(), |&at| at)
    }

    /// Blanks, comments, empty statements and the commands of psql (`\connect`), sqlite3 (`.mode`) and mysql
    /// (`DELIMITER //`) that stand between statements.
    fn skip_between(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if self.starts_with(self.delimiter) {
                self.at += self.delimiter.len();
            } else if self.skip_comment() {
            } else if matches!(byte, b'\\' | b'.') && self.at_line_start() {
                self.at = self.end_of_line();
            } else if self.next_word().eq_ignore_ascii_case("delimiter") {
                let line = &self.text[self.at..self.end_of_line()];
                let wanted = line["delimiter".len()..].trim();
                self.delimiter = if wanted.is_empty() { ";" } else { wanted };
                self.at = self.end_of_line();
            } else {
                return;
            }
        }
    }

    /// Skips `-- …`, `/* … */` and, at the beginning of a line, `# …`. One that never ends reaches to the end.
    fn skip_comment(&mut self) -> bool {
        if self.starts_with("--") || (self.starts_with("#") && self.at_line_start()) {
            self.at = self.end_of_line();
        } else if self.starts_with("/*") {
            let close = self.text[self.at + 2..].find("*/");
            if close.is_none() {
                self.unclosed = Some(("a comment", self.line_of(self.at)));
            }
            self.at = close.map_or(self.bytes.len(), |close| self.at + 2 + close + 2);
        } else {
            return false;
        }
        true
    }

    /// Letters, digits, `_` and every byte beyond ASCII. `$` belongs to a word but begins none.
    fn is_word_byte(&self, at: usize) -> bool {
        self.bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80)
    }

    fn next_word(&self) -> &'a str {
        let mut end = self.at;
        while self.is_word_byte(end) || (end > self.at && self.bytes.get(end) == Some(&b'$')) {
            end += 1;
        }
        &self.text[self.at..end]
    }

    fn read_word(&mut self, progress: &mut Progress<'a>) {
        let word = self.next_word();
        self.at += word.len();
        if progress.head.len() < HEAD_WORDS {
            progress.head.push(word);
        }
        if word.len() <= 5 && !self.ignores_bodies && is_routine(&progress.head) {
            let is = |wanted: &str| word.eq_ignore_ascii_case(wanted);
            let closes = progress.last_word.eq_ignore_ascii_case("end");
            if (is("begin") || is("case")) && !closes {
                progress.blocks += 1;
            } else if is("end") && !self.ends_control_flow() {
                progress.blocks = progress.blocks.saturating_sub(1);
            }
        }
        let is = |wanted: &str| word.eq_ignore_ascii_case(wanted);
        progress.from_stdin |= is("stdin") && progress.last_word.eq_ignore_ascii_case("from");
        progress.last_word = word;
    }

    /// After END: `END IF`, `END LOOP`, … close what was not counted.
    fn ends_control_flow(&self) -> bool {
        let rest = self.text[self.at..].trim_start();
        ["if", "loop", "while", "repeat"].iter().any(|word| {
            rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
                && !rest[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        })
    }

    /// A statement that begins a line ends a CREATE TABLE that lacks its semicolon; a CREATE TABLE even one that
    /// lacks its bracket.
    fn ends_before_word(&self, progress: &Progress<'a>) -> bool {
        let word = self.next_word();
        if !["create", "insert", "alter"].iter().any(|begin| word.eq_ignore_ascii_case(begin)) {
            return false;
        }
        let is_table = |word: &str| word.eq_ignore_ascii_case("table");
        let begins_table = || {
            let rest = self.text[self.at + word.len()..].trim_start();
            word.eq_ignore_ascii_case("create") && rest.get(..5).is_some_and(is_table)
        };
        progress.head.len() > 2
            && progress.head.iter().take(4).any(|word| is_table(word))
            && self.at_line_start()
            && (progress.depth == 0 || begins_table())
    }

    /// Skips a quoted text, or one sign. Returns what is not closed.
    fn skip_quoted_or_sign(&mut self, depth: &mut usize) -> Option<&'static str> {
        match self.bytes[self.at] {
            b'\'' => self.skip_quoted(b'\'', self.backslash || self.follows_escape_mark()).then_some("a string"),
            b'"' => self.skip_quoted(b'"', self.backslash).then_some("a quoted name"),
            b'`' => self.skip_quoted(b'`', false).then_some("a quoted name"),
            b'[' => {
                self.skip_bracketed_name();
                None
            }
            b'$' => self.skip_dollar_quoted().then_some("a $-quoted text"),
            sign => {
                match sign {
                    b'(' => *depth += 1,
                    b')' => *depth = depth.saturating_sub(1),
                    _ => {}
                }
                self.at += 1;
                None
            }
        }
    }

    /// `E'…'` of PostgreSQL.
    fn follows_escape_mark(&self) -> bool {
        self.at > 0
            && matches!(self.bytes[self.at - 1], b'e' | b'E')
            && (self.at < 2 || !self.is_word_byte(self.at - 2))
    }

    /// Moves behind the closing quote; a doubled quote stands for itself. True when it never closes.
    fn skip_quoted(&mut self, quote: u8, backslash: bool) -> bool {
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            if backslash && byte == b'\\' {
                self.at = (self.at + 1).min(self.bytes.len());
            } else if byte == quote {
                if self.bytes.get(self.at) != Some(&quote) {
                    return false;
                }
                self.at += 1;
            }
        }
        true
    }

    /// `[a name; of sorts]` in one line; else only the bracket, as of `text[]` or `ARRAY['x']`.
    fn skip_bracketed_name(&mut self) {
        let rest = &self.bytes[self.at..self.bytes.len().min(self.at + MAX_BRACKETED_BYTES)];
        let stop = rest.iter().position(|byte| matches!(byte, b']' | b'\'' | b'"' | b'\n'));
        self.at += stop.filter(|&stop| rest[stop] == b']').map_or(1, |stop| stop + 1);
    }

    /// `$$ … $$` and `$tag$ … $tag$`; a lone `$` is a sign. True when it never closes.
    fn skip_dollar_quoted(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let tag = rest[1..].find('$').map(|end| &rest[..end + 2]);
        let is_tag = |tag: &&str| tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_');
        let Some(tag) = tag.filter(is_tag) else {
            self.at += 1;
            return false;
        };
        let close = rest[tag.len()..].find(tag);
        self.at += close.map_or(rest.len(), |close| close + 2 * tag.len());
        close.is_none()
    }

    /// The lines behind `COPY … FROM stdin;` up to `\.`, and moves there.
    fn copied(&mut self, progress: &Progress<'a>) -> Option<&'a str> {
        if !progress.from_stdin || !progress.head.first().is_some_and(|word| word.eq_ignore_ascii_case("copy")) {
            return None;
        }
        let start = (self.end_of_line() + 1).min(self.bytes.len());
        let rest = &self.text[start..];
        let end = if rest.starts_with("\\.") { Some(0) } else { rest.find("\n\\.").map(|at| at + 1) };
        let end = end.unwrap_or(rest.len());
        self.at = start + end;
        Some(&rest[..end])
    }
}

/// Does the statement begin like one that may hold a body?
fn is_routine(head: &[&str]) -> bool {
    let among = |words: &[&str], word: &str| words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted));
    head.first().is_some_and(|word| among(&["create", "alter"], word))
        && head.iter().any(|word| among(&["trigger", "procedure", "function", "event"], word))
        && !head.iter().take(4).any(|word| among(&["table"], word))
}

#[cfg(test)]
mod tests {
    use super::split;

    fn check(text: &str, expected: &[(usize, &str)]) {
        let pieces = split(text, false);
        let found: Vec<(usize, &str)> = pieces.iter().map(|piece| (piece.line, piece.text.trim_end())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn statements_end_at_their_delimiter() {
        check("a;\n\n b 'x;y' ;;c", &[(1, "a"), (3, "b 'x;y'"), (3, "c")]);
        check("-- t;\n/* ; */ a \"p;\"\"q\" -- ;\n;b", &[(2, "a \"p;\"\"q\" -- ;"), (3, "b")]);
        check("a `;` [x y;z] 1[2]; b", &[(1, "a `;` [x y;z] 1[2]"), (1, "b")]);
        check("f $$ ; ' $$ $x$ ; $y$ $x$ $1; b", &[(1, "f $$ ; ' $$ $x$ ; $y$ $x$ $1"), (1, "b")]);
        check("x E'\\';'; y", &[(1, "x E'\\';'"), (1, "y")]);
        check("", &[]);
    }

    #[test]
    fn bodies_hold_semicolons() {
        let body = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = CASE WHEN 1 THEN 2 END; SELECT 1; END";
        check(&format!("{body}; b"), &[(1, body), (1, "b")]);
        let routine = "CREATE PROCEDURE p() BEGIN IF x THEN SELECT 1; END IF; CASE y WHEN 1 THEN z; END CASE; END";
        check(&format!("{routine}; b"), &[(1, routine), (1, "b")]);
        check("CREATE TRIGGER t BEGIN x;\nCREATE TABLE b", &[(1, "CREATE TRIGGER t BEGIN x"), (2, "CREATE TABLE b")]);
        check("DELIMITER //\na; b//\nDELIMITER ;\nc;", &[(2, "a; b"), (4, "c")]);
    }

    #[test]
    fn commands_and_copied_rows_are_no_statements() {
        let text = "\\connect x;y\n.mode z\nCOPY t (a) FROM stdin;\n1;'\n2\n\\.\n# c;\nb;";
        check(text, &[(3, "COPY t (a) FROM stdin"), (8, "b")]);
        assert_eq!(split(text, false)[0].copied, Some("1;'\n2\n"));
    }

    #[test]
    fn a_missing_delimiter_ends_at_the_next_create() {
        check(
            "create table a (x)\ncreate table b (create_x)\n",
            &[(1, "create table a (x)"), (2, "create table b (create_x)")],
        );
        check("create table a (x,\ncreate table b (y)", &[(1, "create table a (x,"), (2, "create table b (y)")]);
    }

    #[test]
    fn what_never_ends_is_told() {
        for (text, what) in
            [("a\n'b;c", "a string"), ("a\n/* x", "a comment"), ("\n/* x", "a comment"), ("a;\n$$b", "a $-quoted text")]
        {
            let unclosed = split(text, false).last().and_then(|piece| piece.unclosed);
            assert_eq!(unclosed, Some((what, 2)), "{text}");
        }
    }
}
