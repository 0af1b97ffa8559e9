//! Text → one read-only statement → [`Query`].
//!
//! sqlparser reads the text; what it lets through (several statements, statements that write, comments where they
//! could hide something) is refused here before `resolve` looks at names.

use sqlparser::ast::{self, SetExpr, Statement};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace};

use super::resolve::Resolver;
use super::{Dialect, parser_dialect, rules};
use crate::query::Query;
use crate::schema::Schema;

/// More tokens than any question needs; bounds the depth of the syntax tree, so that walking it cannot exhaust the stack.
const MAX_TOKENS: usize = 4_000;

/// Brackets may nest this deep; enough for every text that `render` writes from a form.
const MAX_NESTING: usize = 64;

/// Why a text is not a [`Query`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The text is not SQL of the dialect.
    #[error("syntax: {what}")]
    Syntax {
        /// The parser's words, with the place.
        what: String,
    },
    /// The text is not exactly one statement that only reads.
    #[error("not read-only: {what}")]
    NotReadOnly {
        /// What it does instead.
        what: String,
    },
    /// A name does not stand for exactly one thing in scope.
    #[error("unresolved: {what}")]
    Unresolved {
        /// The name and where it was looked for.
        what: String,
    },
    /// SQL that a [`Query`] cannot hold.
    #[error("unsupported: {what}")]
    Unsupported {
        /// The construct.
        what: String,
    },
    /// Resolved, but no database would take it: wrong numbers of columns, misplaced aggregates.
    #[error("invalid: {what}")]
    Invalid {
        /// The broken rule.
        what: String,
    },
}

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParseOptions {
    /// Whose SQL it is.
    pub dialect: Dialect,
    /// For sloppy gold queries: an ambiguous name means the first source that has it, a qualifier may name the table
    /// instead of its alias, and the rules of [`super::violations`] are not applied.
    pub lenient: bool,
}

/// Reads one strict, read-only query.
///
/// # Errors
/// The first finding; [`super::check`] lists all.
pub fn parse(text: &str, dialect: Dialect, schema: &Schema) -> Result<Query, ParseError> {
    parse_with(text, ParseOptions { dialect, lenient: false }, schema)
}

/// Reads one read-only query with options.
///
/// # Errors
/// The first finding.
pub fn parse_with(text: &str, options: ParseOptions, schema: &Schema) -> Result<Query, ParseError> {
    let tokens = tokens(text, options.dialect)?;
    read(tokens, Resolver::new(schema, options), options, schema).map_err(|findings| {
        findings.into_iter().next().unwrap_or_else(|| ParseError::Unsupported { what: "this query".to_owned() })
    })
}

/// Whether tokens are a query that every database takes, with all findings.
pub(super) fn judge(tokens: Vec<TokenWithSpan>, dialect: Dialect, schema: &Schema) -> Result<(), Vec<ParseError>> {
    let options = ParseOptions { dialect, lenient: false };
    read(tokens, Resolver::judge(schema, options), options, schema).map(|_| ())
}

/// Tokens → query, with all findings.
fn read(
    tokens: Vec<TokenWithSpan>,
    mut resolver: Resolver,
    options: ParseOptions,
    schema: &Schema,
) -> Result<Query, Vec<ParseError>> {
    let tree = statement(tokens, options.dialect).map_err(|error| vec![error])?;
    let query = resolver.statement(&tree);
    let mut findings = resolver.into_findings();
    if findings.is_empty() && !options.lenient {
        findings = rules::violations(&query, schema).into_iter().map(|what| ParseError::Invalid { what }).collect();
    }
    if findings.is_empty() { Ok(query) } else { Err(findings) }
}

/// The tokens of a text that is not absurdly long or deep.
pub(super) fn tokens(text: &str, dialect: Dialect) -> Result<Vec<TokenWithSpan>, ParseError> {
    let syntax = |what: String| ParseError::Syntax { what };
    if text.contains('\0') {
        return Err(syntax("a NUL character, where some databases stop reading".to_owned()));
    }
    let tokens = Tokenizer::new(parser_dialect(dialect), text)
        .tokenize_with_location()
        .map_err(|error| syntax(error.to_string()))?;
    let words = tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).count();
    if words > MAX_TOKENS {
        return Err(syntax(format!("{words} tokens, more than {MAX_TOKENS}")));
    }
    if nesting(&tokens) > MAX_NESTING {
        return Err(syntax(format!("brackets nested deeper than {MAX_NESTING}")));
    }
    Ok(tokens)
}

/// Whether the tokens hold a comment; a query needs none, and dialects disagree where one ends.
pub(super) fn has_comment(tokens: &[TokenWithSpan]) -> bool {
    tokens.iter().any(|token| {
        matches!(token.token, Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)))
    })
}

fn nesting(tokens: &[TokenWithSpan]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in tokens {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The only statement, when it is a query that writes nothing on its outside.
fn statement(tokens: Vec<TokenWithSpan>, dialect: Dialect) -> Result<Box<ast::Query>, ParseError> {
    let mut parser =
        Parser::new(parser_dialect(dialect)).with_recursion_limit(MAX_NESTING * 4).with_tokens_with_locations(tokens);
    let statements = parser.parse_statements().map_err(|error| ParseError::Syntax { what: error.to_string() })?;
    let mut statements = statements.into_iter();
    match (statements.next(), statements.next()) {
        (Some(Statement::Query(query)), None) => Ok(query),
        (Some(_), None) => Err(refused("a statement that is not a query")),
        (Some(_), Some(_)) => Err(refused("more than one statement")),
        (None, _) => Err(ParseError::Syntax { what: "no statement".to_owned() }),
    }
}

/// A [`ParseError::NotReadOnly`].
pub(super) fn refused(what: &str) -> ParseError {
    ParseError::NotReadOnly { what: what.to_owned() }
}

/// Whether a query body, at its top, writes.
pub(super) fn writes(body: &SetExpr) -> bool {
    matches!(body, SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_))
}
