//! From bytes to words, signs and constants: the place after one more byte.
//!
//! One space may stand between two words or signs, none beside a dot, and one must stand between two words. Constants
//! are numbers of a bounded length and texts in quotes without control characters.

use std::rc::Rc;

use super::Grammar;
use super::keyword::Sign;
use super::state::{Core, Goal, Lex, Lexeme, State, Utf8};
use super::words::{NONE, ROOT};
use crate::dialect::Dialect;

/// Digits before and after the point.
const MAX_DIGITS: u8 = 15;

impl Grammar {
    /// The state after one more byte; `None` where it may not follow.
    pub(super) fn read(&self, state: &State, byte: u8) -> Option<State> {
        let core = &state.core;
        let stay = |lex: Lex| Some(State { core: core.clone(), lex });
        match state.lex {
            Lex::Gap { space, after_word } => self.begin(core, space, after_word, byte),
            Lex::Word(node) => match self.live_child(core, node, byte) {
                Some(next) => stay(Lex::Word(next)),
                None => {
                    let word = self.words.word_at(node)?;
                    self.close(core, Lexeme::Word(word), byte)
                }
            },
            Lex::Number { whole, fraction } => self.read_number(core, whole, fraction, byte),
            Lex::Text { utf8, closed } => match (closed, utf8, byte) {
                (false, Utf8::Done, b'\'') => stay(Lex::Text { utf8, closed: true }),
                (true, _, b'\'') => stay(Lex::Text { utf8, closed: false }),
                (true, ..) => self.close(core, Lexeme::Text, byte),
                (false, ..) => stay(Lex::Text { utf8: self.character(utf8, byte)?, closed }),
            },
            Lex::Double { node, utf8, .. } => self.read_double(core, node, utf8, byte),
            Lex::Sign(first) => match Sign::of_pair(first, byte) {
                Some(sign) => self.signed(core, sign),
                None => {
                    let after = self.step(core, Lexeme::Sign(Sign::of_byte(first)?))?;
                    self.begin(&after, false, false, byte)
                }
            },
        }
    }

    /// Whether the text may end here.
    pub(super) fn may_end(&self, state: &State) -> bool {
        let lexeme = match state.lex {
            Lex::Gap { .. } => return self.offer(&state.core).end,
            Lex::Word(node) => self.words.word_at(node).map(Lexeme::Word),
            Lex::Number { whole, fraction } => number(whole, fraction),
            Lex::Text { closed: true, .. } => Some(Lexeme::Text),
            _ => None,
        };
        lexeme.and_then(|lexeme| self.step(&state.core, lexeme)).is_some_and(|after| self.offer(&after).end)
    }

    /// The first byte of what comes next.
    fn begin(&self, core: &Rc<Core>, space: bool, after_word: bool, byte: u8) -> Option<State> {
        let offer = self.offer(core);
        let stay = |lex: Lex| Some(State { core: core.clone(), lex });
        if byte == b' ' {
            let beside_dot = matches!(core.stack.goals.last(), Some(Goal::Column(..) | Goal::LeftName(_)));
            let spaced = !space && !beside_dot && *core.stack.goals.last()? != Goal::Sign(Sign::Dot);
            return stay(Lex::Gap { space: true, after_word: false }).filter(|_| spaced);
        }
        let pair = byte == b'!' || byte == b'<' || byte == b'>';
        if pair {
            let begins = |second: Option<u8>| {
                let sign = second.map_or(Sign::of_byte(byte), |second| Sign::of_pair(byte, second));
                sign.is_some_and(|sign| offer.signs & sign.bit() != 0)
            };
            return stay(Lex::Sign(byte)).filter(|_| begins(None) || begins(Some(b'=')) || begins(Some(b'>')));
        }
        if let Some(sign) = Sign::of_byte(byte) {
            return self.begin_sign(core, sign, space);
        }
        if after_word {
            return None;
        }
        match byte {
            b'"' => self.begin_double(core),
            b'\'' if offer.text => stay(Lex::Text { utf8: Utf8::Done, closed: false }),
            b'0'..=b'9' if offer.number || offer.whole_number => stay(Lex::Number { whole: 1, fraction: None }),
            _ => stay(Lex::Word(self.live_child(core, ROOT, byte)?)),
        }
    }

    /// A minus before a number stands behind a space, so that no reader takes it for a part of an operator.
    fn begin_sign(&self, core: &Rc<Core>, sign: Sign, space: bool) -> Option<State> {
        let operand = core.pending.is_none() && !matches!(core.stack.goals.last(), Some(Goal::OperandTail(_)) | None);
        if sign == Sign::Minus && operand && !space {
            return None;
        }
        self.signed(core, sign)
    }

    fn signed(&self, core: &Rc<Core>, sign: Sign) -> Option<State> {
        let after = self.step(core, Lexeme::Sign(sign))?;
        Some(State { core: after, lex: Lex::Gap { space: false, after_word: false } })
    }

    /// Ends a word or constant before `byte`, and reads the byte.
    fn close(&self, core: &Rc<Core>, lexeme: Lexeme, byte: u8) -> Option<State> {
        let after = self.step(core, lexeme)?;
        self.begin(&after, false, true, byte)
    }

    fn live_child(&self, core: &Rc<Core>, node: u32, byte: u8) -> Option<u32> {
        let next = self.words.child(node, byte)?;
        self.offer(core).live.contains(next as usize).then_some(next)
    }

    fn read_number(&self, core: &Rc<Core>, whole: u8, fraction: Option<u8>, byte: u8) -> Option<State> {
        let offer = self.offer(core);
        let lex = match (byte, fraction) {
            (b'0'..=b'9', None) if whole < MAX_DIGITS => Lex::Number { whole: whole + 1, fraction },
            (b'0'..=b'9', Some(digits)) if digits < MAX_DIGITS => Lex::Number { whole, fraction: Some(digits + 1) },
            (b'.', None) if offer.number => Lex::Number { whole, fraction: Some(0) },
            (b'0'..=b'9' | b'.', _) => return None,
            _ => return self.close(core, number(whole, fraction)?, byte),
        };
        Some(State { core: core.clone(), lex })
    }

    fn begin_double(&self, core: &Rc<Core>) -> Option<State> {
        let node = self.words.child(ROOT, b'"').unwrap_or(NONE);
        let named = node != NONE && self.offer(core).live.contains(node as usize);
        if !named && !self.takes_double(core) {
            return None;
        }
        let node = if self.dialect == Dialect::MySql { NONE } else { node };
        Some(State { core: core.clone(), lex: Lex::Double { node, utf8: Utf8::Done, empty: true } })
    }

    /// Whether a text in double quotes may stand here.
    fn takes_double(&self, core: &Rc<Core>) -> bool {
        self.double_texts && self.offer(core).text
    }

    fn read_double(&self, core: &Rc<Core>, node: u32, utf8: Utf8, byte: u8) -> Option<State> {
        let texts = self.takes_double(core);
        let next = if node == NONE { None } else { self.words.child(node, byte) };
        let live = next.filter(|&next| self.offer(core).live.contains(next as usize));
        if byte == b'"' && utf8 == Utf8::Done {
            // A closing quote: a name where one is meant, else a text that no reader can take for a column.
            if let Some(next) = live {
                return Some(State { core: core.clone(), lex: Lex::Word(next) });
            }
            let is_empty = self.words.child(ROOT, b'"') == Some(node) || node == NONE && !texts;
            if !texts || is_empty || next.is_some_and(|next| self.spells_column(next)) {
                return None;
            }
            let after = self.step(core, Lexeme::Text)?;
            return Some(State { core: after, lex: Lex::Gap { space: false, after_word: true } });
        }
        if !texts && live.is_none() {
            return None;
        }
        let utf8 = if byte == b'"' { return None } else { self.character(utf8, byte)? };
        let lex = Lex::Double { node: next.unwrap_or(NONE), utf8, empty: false };
        Some(State { core: core.clone(), lex })
    }

    /// Whether a closing quote after this node would end the name of a column.
    pub(super) fn closes_as_name(&self, node: u32) -> bool {
        self.words.child(node, b'"').is_some_and(|end| self.spells_column(end))
    }

    fn spells_column(&self, node: u32) -> bool {
        self.words.word_at(node).is_some_and(|word| self.names.roles(word).column.is_some())
    }

    /// One more byte of a text: printable characters in valid UTF-8.
    fn character(&self, utf8: Utf8, byte: u8) -> Option<Utf8> {
        let next = |more: u8| if more == 0 { Utf8::Done } else { Utf8::More(more) };
        match (utf8, byte) {
            (Utf8::Done, b'\\') if escapes(self.dialect) => None,
            (Utf8::Done, b' '..=b'~') => Some(Utf8::Done),
            (Utf8::Done, 0xC2..=0xDF) => Some(Utf8::More(1)),
            (Utf8::Done, 0xE0) => Some(Utf8::Range(0xA0, 0xBF, 1)),
            (Utf8::Done, 0xED) => Some(Utf8::Range(0x80, 0x9F, 1)),
            (Utf8::Done, 0xE1..=0xEF) => Some(Utf8::More(2)),
            (Utf8::Done, 0xF0) => Some(Utf8::Range(0x90, 0xBF, 2)),
            (Utf8::Done, 0xF1..=0xF3) => Some(Utf8::More(3)),
            (Utf8::Done, 0xF4) => Some(Utf8::Range(0x80, 0x8F, 2)),
            (Utf8::More(more), 0x80..=0xBF) => Some(next(more - 1)),
            (Utf8::Range(low, high, more), byte) if (low..=high).contains(&byte) => Some(next(more)),
            _ => None,
        }
    }
}

/// Whether a backslash takes the meaning from what follows: in every text of MySQL, in PostgreSQL's patterns of LIKE.
pub(super) fn escapes(dialect: Dialect) -> bool {
    dialect != Dialect::Sqlite
}

/// A number that may end here.
fn number(whole: u8, fraction: Option<u8>) -> Option<Lexeme> {
    (whole > 0 && fraction != Some(0)).then_some(Lexeme::Number { whole: fraction.is_none() })
}
