//! Reads split query text into a [`Query`] by the rules of the official parser, which is looser and stricter than SQL.
//!
//! Knows nothing about scores. Quirks kept on purpose: aliases are one map for the whole text; the first `from` after a
//! `select` is taken for its own; commas between tables, aliases without AS, lists after IN, IS NULL and EXISTS are refused;
//! an OR after a column on the right side of a comparison swallows what follows; what follows the query is passed over.

use std::collections::HashMap;

use super::tokens::{Token, Word};
use super::tree::{ColumnUnit, Condition, Item, Operator, Query, Source, Value, ValueUnit};
use crate::tables::{Column, Tables};

/// Queries nested deeper than this are refused (the official parser ends at Python's recursion limit).
const DEPTH_LIMIT: usize = 100;

/// The official parser refuses the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

type Read<T> = Result<T, Refused>;

/// Reads a whole query.
///
/// # Errors
/// The official parser refuses the text.
pub(crate) fn read<'a>(tokens: &[Token<'a>], tables: &Tables) -> Read<Query<'a>> {
    let reader = Reader { tables, aliases: aliases(tokens, tables)? };
    let mut cursor = Cursor { tokens, at: 0 };
    reader.query(&mut cursor, 0)
}

/// Quirk: whatever stands on the two sides of any AS is an alias, over the whole text, the last one counting.
fn aliases<'a>(tokens: &[Token<'a>], tables: &Tables) -> Read<HashMap<&'a str, &'a str>> {
    let mut found = HashMap::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| token.word == Word::As) {
        let before = at.checked_sub(1).unwrap_or(tokens.len() - 1);
        let (Some(name), Some(of)) = (tokens.get(at + 1), tokens.get(before)) else { return Err(Refused) };
        found.insert(name.text, of.text);
    }
    if found.keys().any(|name| tables.table(name).is_some()) { Err(Refused) } else { Ok(found) }
}

/// A place in the words; the official parser sometimes reads from a part of them only.
struct Cursor<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
}

impl<'t, 'a> Cursor<'t, 'a> {
    /// The word here; the official parser fails where it looks past the end.
    fn need(&self) -> Read<Token<'a>> {
        self.tokens.get(self.at).copied().ok_or(Refused)
    }

    fn word(&self) -> Option<Word> {
        self.tokens.get(self.at).map(|token| token.word)
    }

    fn take_if(&mut self, word: Word) -> bool {
        let there = self.word() == Some(word);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, word: Word) -> Read<()> {
        if self.take_if(word) { Ok(()) } else { Err(Refused) }
    }

    /// As `take_if`, where the official parser does not check for the end first.
    fn need_if(&mut self, word: Word) -> Read<bool> {
        self.need()?;
        Ok(self.take_if(word))
    }

    fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn at_clause(&self) -> bool {
        self.word().is_some_and(is_clause)
    }

    fn at_close(&self) -> bool {
        matches!(self.word(), Some(Word::Close | Word::Semicolon))
    }
}

fn is_clause(word: Word) -> bool {
    use Word::{Except, From, Group, Intersect, Limit, Order, Select, Union, Where};
    matches!(word, Select | From | Where | Group | Order | Limit | Intersect | Union | Except)
}

fn is_join(word: Word) -> bool {
    matches!(word, Word::Join | Word::On | Word::As)
}

fn aggregate(word: Word) -> Option<u8> {
    Some(match word {
        Word::None => 0,
        Word::Max => 1,
        Word::Min => 2,
        Word::Count => 3,
        Word::Sum => 4,
        Word::Avg => 5,
        _ => return None,
    })
}

fn arithmetic(word: Word) -> Option<u8> {
    Some(match word {
        Word::None => 0,
        Word::Minus => 1,
        Word::Plus => 2,
        Word::Star => 3,
        Word::Slash => 4,
        _ => return None,
    })
}

fn operator(word: Word) -> Option<Operator> {
    Some(match word {
        Word::Not => Operator::Not,
        Word::Between => Operator::Between,
        Word::Equal => Operator::Equal,
        Word::Greater => Operator::Greater,
        Word::Less => Operator::Less,
        Word::GreaterEqual => Operator::GreaterEqual,
        Word::LessEqual => Operator::LessEqual,
        Word::NotEqual => Operator::NotEqual,
        Word::In => Operator::In,
        Word::Like => Operator::Like,
        Word::Is => Operator::Is,
        Word::Exists => Operator::Exists,
        _ => return None,
    })
}

/// What one text's reading needs: the schema and the aliases.
struct Reader<'s, 'a> {
    tables: &'s Tables,
    aliases: HashMap<&'a str, &'a str>,
}

/// The tables that bare column names are looked up in, in order, and how deep this query is nested.
struct Scope {
    tables: Vec<u16>,
    depth: usize,
}

impl<'a> Reader<'_, 'a> {
    fn query(&self, cursor: &mut Cursor<'_, 'a>, depth: usize) -> Read<Query<'a>> {
        if depth > DEPTH_LIMIT {
            return Err(Refused);
        }
        let mut from = Cursor { tokens: cursor.tokens, at: cursor.at };
        let block = cursor.need_if(Word::Open)?;
        let (mut query, scope) = self.from(&mut from, depth)?;
        self.select(cursor, &scope, &mut query)?;
        cursor.at = from.at;
        if cursor.take_if(Word::Where) {
            query.filter = self.conditions(cursor, &scope)?;
        }
        query.group = self.group(cursor, &scope)?;
        if cursor.take_if(Word::Having) {
            query.having = self.conditions(cursor, &scope)?;
        }
        query.order = self.order(cursor, &scope)?;
        query.limit = limit(cursor)?;
        while cursor.take_if(Word::Semicolon) {}
        if block {
            cursor.expect(Word::Close)?;
        }
        while cursor.take_if(Word::Semicolon) {}
        self.compound(cursor, depth, &mut query)?;
        Ok(query)
    }

    fn compound(&self, cursor: &mut Cursor<'_, 'a>, depth: usize, query: &mut Query<'a>) -> Read<()> {
        let arm = match cursor.word() {
            Some(Word::Intersect) => &mut query.intersect,
            Some(Word::Union) => &mut query.union,
            Some(Word::Except) => &mut query.except,
            _ => return Ok(()),
        };
        cursor.at += 1;
        *arm = Some(Box::new(self.query(cursor, depth + 1)?));
        Ok(())
    }

    fn from(&self, cursor: &mut Cursor<'_, 'a>, depth: usize) -> Read<(Query<'a>, Scope)> {
        let rest = cursor.tokens.get(cursor.at..).unwrap_or_default();
        let place = rest.iter().position(|token| token.word == Word::From).ok_or(Refused)?;
        cursor.at += place + 1;
        let mut query = Query::default();
        let mut scope = Scope { tables: Vec::new(), depth };
        while !cursor.at_end() {
            let block = cursor.take_if(Word::Open);
            self.source(cursor, &mut query, &mut scope)?;
            if cursor.take_if(Word::On) {
                let conditions = self.conditions(cursor, &scope)?;
                if !query.joins.is_empty() {
                    query.joins.push(Item::And);
                }
                query.joins.extend(conditions);
            }
            if block {
                cursor.expect(Word::Close)?;
            }
            if cursor.at_clause() || cursor.at_close() {
                break;
            }
        }
        Ok((query, scope))
    }

    fn source(&self, cursor: &mut Cursor<'_, 'a>, query: &mut Query<'a>, scope: &mut Scope) -> Read<()> {
        if cursor.need()?.word == Word::Select {
            query.sources.push(Source::Query(Box::new(self.query(cursor, scope.depth + 1)?)));
            return Ok(());
        }
        cursor.take_if(Word::Join);
        let table = self.table(cursor.need()?.text).ok_or(Refused)?;
        cursor.at += 1;
        if cursor.word() == Some(Word::As) {
            cursor.at += 2;
        }
        query.sources.push(Source::Table(table));
        scope.tables.push(table);
        Ok(())
    }

    /// A table by its name or alias.
    fn table(&self, name: &str) -> Option<u16> {
        let of = self.aliases.get(name).copied().unwrap_or(name);
        self.tables.table(of)
    }

    fn select(&self, cursor: &mut Cursor<'_, 'a>, scope: &Scope, query: &mut Query<'a>) -> Read<()> {
        cursor.need()?;
        cursor.expect(Word::Select)?;
        query.distinct = cursor.take_if(Word::Distinct);
        while !cursor.at_end() && !cursor.at_clause() {
            let found = cursor.word().and_then(aggregate);
            cursor.at += usize::from(found.is_some());
            query.select.push((found.unwrap_or(0), self.value_unit(cursor, scope)?));
            cursor.take_if(Word::Comma);
        }
        Ok(())
    }

    fn value_unit(&self, cursor: &mut Cursor<'_, 'a>, scope: &Scope) -> Read<ValueUnit> {
        let block = cursor.need_if(Word::Open)?;
        let left = self.column_unit(cursor, scope)?;
        let found = cursor.word().and_then(arithmetic);
        let right = match found {
            Some(_) => {
                cursor.at += 1;
                Some(self.column_unit(cursor, scope)?)
            }
            None => None,
        };
        if block {
            cursor.expect(Word::Close)?;
        }
        Ok(ValueUnit { operator: found.unwrap_or(0), left, right })
    }

    fn column_unit(&self, cursor: &mut Cursor<'_, 'a>, scope: &Scope) -> Read<ColumnUnit> {
        let block = cursor.need_if(Word::Open)?;
        if let Some(aggregate) = aggregate(cursor.need()?.word) {
            cursor.at += 1;
            cursor.expect(Word::Open)?;
            let distinct = cursor.need_if(Word::Distinct)?;
            let column = self.column(cursor, scope)?;
            cursor.expect(Word::Close)?;
            return Ok(ColumnUnit { aggregate, column, distinct }); // the bracket before it, if any, stays open
        }
        let distinct = cursor.take_if(Word::Distinct);
        let column = self.column(cursor, scope)?;
        if block {
            cursor.expect(Word::Close)?;
        }
        Ok(ColumnUnit { aggregate: 0, column, distinct })
    }

    fn column(&self, cursor: &mut Cursor<'_, 'a>, scope: &Scope) -> Read<Column> {
        let token = cursor.need()?;
        cursor.at += 1;
        if token.word == Word::Star {
            return Ok(Column::STAR);
        }
        let found = match token.text.split_once('.') {
            Some((_, column)) if column.contains('.') => None,
            Some((owner, column)) => self.table(owner).and_then(|table| self.tables.column(table, column)),
            None => scope.tables.iter().find_map(|&table| self.tables.column(table, token.text)),
        };
        found.ok_or(Refused)
    }

    fn conditions(&self, cursor: &mut Cursor<'_, 'a>, scope: &Scope) -> Read<Vec<Item<'a>>> {
        let mut items = Vec::new();
        while !cursor.at_end() {
            items.push(Item::Condition(self.condition(cursor, scope)?));
            if cursor.at_clause() || cursor.at_close() || cursor.word().is_some_and(is_join) {
                break;
            }
            if cursor.take_if(Word::And) {
                items.push(Item::And);
            } else if cursor.take_if(Word::Or) {
                items.push(Item::Or);
            }
        }
        Ok(items)
    }

    fn condition(&self, cursor: &mut Cursor<'_, 'a>, scope: &Scope) -> Read<Condition<'a>> {
        let unit = self.value_unit(cursor, scope)?;
        let negated = cursor.need_if(Word::Not)?;
        let operator = operator(cursor.need()?.word).ok_or(Refused)?;
        cursor.at += 1;
        let first = self.value(cursor, scope)?;
        let mut second = Value::Nothing;
        if operator == Operator::Between {
            cursor.expect(Word::And)?;
            second = self.value(cursor, scope)?;
        }
        Ok(Condition { negated, operator, unit, first, second })
    }

    fn value(&self, cursor: &mut Cursor<'_, 'a>, scope: &Scope) -> Read<Value<'a>> {
        let start = cursor.at;
        let block = cursor.need_if(Word::Open)?;
        let token = cursor.need()?;
        let value = if token.word == Word::Select {
            Value::Query(Box::new(self.query(cursor, scope.depth + 1)?))
        } else if token.text.contains('"') {
            cursor.at += 1;
            Value::Text(token.text)
        } else if let Some(number) = number(token.text) {
            cursor.at += 1;
            Value::Number(number)
        } else {
            self.column_value(cursor, start, scope)?
        };
        if block {
            cursor.expect(Word::Close)?;
        }
        Ok(value)
    }

    /// Quirk: everything up to the next comma, bracket, AND or clause is set aside for the column; only its head is read.
    fn column_value(&self, cursor: &mut Cursor<'_, 'a>, start: usize, scope: &Scope) -> Read<Value<'a>> {
        let rest = cursor.tokens.get(cursor.at..).unwrap_or_default();
        let ends = |token: &Token<'_>| {
            matches!(token.word, Word::Comma | Word::Close | Word::And) || is_clause(token.word) || is_join(token.word)
        };
        let end = cursor.at + rest.iter().position(ends).unwrap_or(rest.len());
        let mut part = Cursor { tokens: cursor.tokens.get(start..end).unwrap_or_default(), at: 0 };
        let unit = self.column_unit(&mut part, scope)?;
        cursor.at = end;
        Ok(Value::Column(unit))
    }

    fn group(&self, cursor: &mut Cursor<'_, 'a>, scope: &Scope) -> Read<Vec<ColumnUnit>> {
        let mut units = Vec::new();
        if !cursor.take_if(Word::Group) {
            return Ok(units);
        }
        cursor.expect(Word::By)?;
        while !cursor.at_end() && !cursor.at_clause() && !cursor.at_close() {
            units.push(self.column_unit(cursor, scope)?);
            if !cursor.take_if(Word::Comma) {
                break;
            }
        }
        Ok(units)
    }

    /// Quirk: one direction is kept for all, the last that is given.
    fn order(&self, cursor: &mut Cursor<'_, 'a>, scope: &Scope) -> Read<Option<(bool, Vec<ValueUnit>)>> {
        if !cursor.take_if(Word::Order) {
            return Ok(None);
        }
        cursor.expect(Word::By)?;
        let (mut descending, mut units) = (false, Vec::new());
        while !cursor.at_end() && !cursor.at_clause() && !cursor.at_close() {
            units.push(self.value_unit(cursor, scope)?);
            if cursor.take_if(Word::Desc) {
                descending = true;
            } else if cursor.take_if(Word::Asc) {
                descending = false;
            }
            if !cursor.take_if(Word::Comma) {
                break;
            }
        }
        Ok(Some((descending, units)))
    }
}

/// Quirk: one word must follow LIMIT; what it is does not matter.
fn limit(cursor: &mut Cursor<'_, '_>) -> Read<bool> {
    let there = cursor.take_if(Word::Limit);
    if there {
        cursor.need()?;
        cursor.at += 1;
    }
    Ok(there)
}

/// A number as Python's `float` reads it: signs, exponents, single underscores between digits, `inf` and `nan`.
fn number(text: &str) -> Option<f64> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(body, "inf" | "infinity" | "nan") {
        return text.parse().ok();
    }
    if !body.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let bytes = body.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let lonely =
        (0..bytes.len()).any(|at| bytes.get(at) == Some(&b'_') && !(digit(at.checked_sub(1)) && digit(Some(at + 1))));
    if lonely { None } else { text.replace('_', "").parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for text in ["1", "-1.5", "1e5", ".5", "5.", "1_000", "inf", "+2"] {
            assert!(number(text).is_some(), "{text}");
        }
        for text in ["", "-", "1_", "_1", "1__0", "1,2", "x", "0x1", "."] {
            assert!(number(text).is_none(), "{text}");
        }
    }
}
