//! Statements of a dump through sqlparser, with the line of what it refuses.
//!
//! A CREATE TABLE that it refuses as a whole is read column by column, so that one odd element neither hides the
//! others nor the other findings, and a type of words that only SQLite takes is still a type.

use sqlparser::ast::{CreateTable, DataType, Ident, ObjectName, Statement};
use sqlparser::dialect::{Dialect as Grammar, GenericDialect};
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::sql::{Dialect, parser_dialect};

/// Words behind which a column's type is over.
const AFTER_TYPE: &[&str] = &[
    "AS",
    "AUTOINCREMENT",
    "AUTO_INCREMENT",
    "CHECK",
    "COLLATE",
    "COMMENT",
    "CONSTRAINT",
    "DEFAULT",
    "GENERATED",
    "NOT",
    "NULL",
    "ON",
    "PRIMARY",
    "REFERENCES",
    "UNIQUE",
];

/// Words that begin an element that is neither a column nor a key; a dump may lose these without harm.
const HARMLESS: &[&str] =
    &["CHECK", "CONSTRAINT", "EXCLUDE", "FULLTEXT", "INDEX", "KEY", "PERIOD", "SPATIAL", "UNIQUE"];

/// What sqlparser refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The line of the text, from 1.
    pub(super) line: usize,
    /// sqlparser's reason.
    pub(super) reason: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// A CREATE TABLE read element by element.
#[derive(Debug)]
pub(super) struct Recovered {
    /// The table as far as it could be read.
    pub(super) table: CreateTable,
    /// Columns and keys that could not.
    pub(super) refusals: Vec<Refusal>,
    /// Lines of checks, indexes and the like that were passed over.
    pub(super) passed_over: Vec<usize>,
}

/// Parses one statement that begins at `line`, as `dialect` or else as any other.
///
/// # Errors
/// Why `dialect` refuses it.
pub(super) fn parse(code: &str, line: usize, dialect: Dialect) -> Result<Statement, Refusal> {
    let mut first = None;
    for grammar in grammars(dialect) {
        match tokens(code, line, grammar).and_then(|tokens| parse_tokens(tokens, grammar)) {
            Ok(statement) => return Ok(statement),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    let error = first.unwrap_or(ParserError::RecursionLimitExceeded);
    Err(refusal(&error, line + code.trim_end().matches('\n').count()))
}

/// Reads a CREATE TABLE that [`parse`] refused element by element.
///
/// # Errors
/// When not even its name or its brackets can be read.
pub(super) fn recover(code: &str, line: usize, dialect: Dialect) -> Result<Recovered, Refusal> {
    let last_line = line + code.trim_end().matches('\n').count();
    let tokens = tokens(code, line, parser_dialect(dialect)).map_err(|error| refusal(&error, line))?;
    let cut_off = || Refusal { line: last_line, reason: "the statement ends before its closing bracket".to_owned() };
    let (open, elements) = elements(&tokens).ok_or_else(cut_off)?;
    let head = &tokens[..=open];
    let column = [Token::make_word("x", None), Token::make_word("TEXT", None)].map(TokenWithSpan::wrap);
    let mut table = parse_element(head, &column, dialect).map_err(|error| refusal(&error, line))?;
    table.columns.clear();
    let mut recovered = Recovered { table, refusals: Vec::new(), passed_over: Vec::new() };
    for element in elements.into_iter().filter(|element| !element.is_empty()) {
        recovered.read(head, element, dialect);
    }
    Ok(recovered)
}

/// The operations of an ALTER TABLE that [`parse`] refused, one statement each, as far as they can be read: a dump
/// adds keys and changes counters in one statement.
pub(super) fn recover_alter(code: &str, line: usize, dialect: Dialect) -> Vec<Statement> {
    let Ok(tokens) = tokens(code, line, parser_dialect(dialect)) else { return Vec::new() };
    let Some(first) = tokens.iter().position(|token| is_word(token, &["ADD"])) else { return Vec::new() };
    let (head, operations) = tokens.split_at(first);
    let parsed = at_commas(operations).into_iter().filter_map(|operation| {
        let statement = || [head, operation, &[TokenWithSpan::wrap(Token::EOF)]].concat();
        grammars(dialect).find_map(|grammar| parse_tokens(statement(), grammar).ok())
    });
    parsed.collect()
}

impl Recovered {
    fn read(&mut self, head: &[TokenWithSpan], element: &[TokenWithSpan], dialect: Dialect) {
        let line = element[0].span.start.line as usize;
        match parse_element(head, element, dialect).or_else(|error| free_type(head, element, dialect).ok_or(error)) {
            Ok(part) => {
                self.table.columns.extend(part.columns);
                self.table.constraints.extend(part.constraints);
            }
            Err(_) if is_harmless(element) => self.passed_over.push(line),
            Err(error) => self.refusals.push(refusal(&error, line)),
        }
    }
}

/// The asked dialect, then the others, then sqlparser's most lenient one.
fn grammars(dialect: Dialect) -> impl Iterator<Item = &'static dyn Grammar> {
    let others = Dialect::ALL.into_iter().filter(move |&other| other != dialect);
    let generic: &'static dyn Grammar = &GenericDialect {};
    std::iter::once(dialect).chain(others).map(parser_dialect).chain(std::iter::once(generic))
}

/// Tokens with the lines of the whole text; ends with EOF.
fn tokens(code: &str, line: usize, grammar: &dyn Grammar) -> Result<Vec<TokenWithSpan>, ParserError> {
    let mut tokens = Vec::new();
    let shift = (line - 1) as u64;
    let moved = |mut token: TokenWithSpan| {
        token.span.start.line += shift;
        token.span.end.line += shift;
        token
    };
    let mut tokenizer = Tokenizer::new(grammar, code);
    let read = tokenizer.tokenize_with_location_into_buf_with_mapper(&mut tokens, moved);
    read.map_err(|mut error| {
        error.location.line += shift;
        ParserError::TokenizerError(error.to_string())
    })?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    Ok(tokens)
}

/// Exactly one statement. A comma behind the last column is forgiven.
fn parse_tokens(tokens: Vec<TokenWithSpan>, grammar: &dyn Grammar) -> Result<Statement, ParserError> {
    let options = ParserOptions::new().with_trailing_commas(true);
    let mut parser = Parser::new(grammar).with_options(options).with_tokens_with_locations(tokens);
    let statement = parser.parse_statement()?;
    parser.expect_token(&Token::EOF)?;
    Ok(statement)
}

/// `CREATE TABLE name ( element )`.
fn parse_element(
    head: &[TokenWithSpan],
    element: &[TokenWithSpan],
    dialect: Dialect,
) -> Result<CreateTable, ParserError> {
    let end = [Token::RParen, Token::EOF].map(TokenWithSpan::wrap);
    let mut first = None;
    for grammar in grammars(dialect) {
        match parse_tokens([head, element, &end].concat(), grammar) {
            Ok(Statement::CreateTable(table)) => return Ok(table),
            Ok(other) => return Err(ParserError::ParserError(format!("Expected: CREATE TABLE, found: {other}"))),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or(ParserError::RecursionLimitExceeded))
}

/// SQLite takes any words as a type (`LONG VARCHAR (20)`, `UNSIGNED BIG INT`): reads a column with TEXT in their place
/// and puts them back.
fn free_type(head: &[TokenWithSpan], element: &[TokenWithSpan], dialect: Dialect) -> Option<CreateTable> {
    let (name, rest) = element.split_first()?;
    let is_name = matches!(&name.token, Token::Word(_) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_));
    let mut depth = 0usize;
    let is_type = |token: &&TokenWithSpan| match &token.token {
        Token::LParen => {
            depth += 1;
            true
        }
        Token::RParen => {
            depth = depth.saturating_sub(1);
            true
        }
        Token::Word(_) => depth > 0 || !is_word(token, AFTER_TYPE),
        _ => depth > 0,
    };
    let count = rest.iter().take_while(is_type).count();
    if !is_name || count == 0 || is_harmless(element) {
        return None;
    }
    let declared = rest[..count].iter().map(|token| token.token.to_string()).collect::<Vec<_>>().join(" ");
    let declared = declared.replace(" ( ", "(").replace(" )", ")").replace(" , ", ", ");
    let text = TokenWithSpan::wrap(Token::make_word("TEXT", None));
    let plain = [std::slice::from_ref(name), std::slice::from_ref(&text), &rest[count..]].concat();
    let mut table = parse_element(head, &plain, dialect).ok()?;
    for column in &mut table.columns {
        column.data_type = DataType::Custom(ObjectName::from(vec![Ident::new(declared.clone())]), Vec::new());
    }
    Some(table)
}

/// Where the first bracket opens, and the elements between it and the one that closes it.
fn elements(tokens: &[TokenWithSpan]) -> Option<(usize, Vec<&[TokenWithSpan]>)> {
    let open = tokens.iter().position(|token| token.token == Token::LParen)?;
    let mut depth = 0usize;
    let close = tokens[open..].iter().position(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    Some((open, at_commas(&tokens[open + 1..open + close])))
}

/// Cuts at the commas outside of brackets; the end mark is left out.
fn at_commas(tokens: &[TokenWithSpan]) -> Vec<&[TokenWithSpan]> {
    let mut depth = 0i32;
    let parts = tokens.split(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        (depth == 0 && token.token == Token::Comma) || token.token == Token::EOF
    });
    parts.collect()
}

fn is_word(token: &TokenWithSpan, words: &[&str]) -> bool {
    matches!(&token.token, Token::Word(word) if word.quote_style.is_none()
        && words.iter().any(|wanted| word.value.eq_ignore_ascii_case(wanted)))
}

/// A check, an index and the like, but no key that joins or names rows.
fn is_harmless(element: &[TokenWithSpan]) -> bool {
    let is_key = |pair: &[TokenWithSpan]| is_word(&pair[0], &["PRIMARY", "FOREIGN"]) && is_word(&pair[1], &["KEY"]);
    is_word(&element[0], HARMLESS) && !element.windows(2).any(is_key)
}

/// Takes sqlparser's place out of its message. Without one, the statement ended too early: at `last_line`.
fn refusal(error: &ParserError, last_line: usize) -> Refusal {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.clone(),
        ParserError::RecursionLimitExceeded => "brackets are nested too deep".to_owned(),
    };
    let Some((reason, place)) = message.rsplit_once(" at Line: ") else {
        return Refusal { line: last_line, reason: message };
    };
    let line = place.split(',').next().and_then(|line| line.trim().parse().ok()).filter(|&line| line > 0);
    Refusal { line: line.unwrap_or(last_line), reason: reason.to_owned() }
}
