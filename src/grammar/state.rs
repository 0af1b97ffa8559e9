//! Where a recogniser stands: goals still to be met, and what each open select has said so far.
//!
//! A [`Core`] is the place between two words or signs, shared and never changed; a [`State`] is a core and what of the
//! next word has been read, so that one more byte inside a word costs next to nothing.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::bits::Bits;
use super::keyword::{Keyword, Sign};
use super::names::{NameId, Qualifier, TableIndex};
use super::offer::Offer;
use super::words::WordId;

/// Where a recogniser stands after a prefix of a text; cheap to clone.
#[derive(Debug, Clone)]
pub struct State {
    pub(super) core: Rc<Core>,
    pub(super) lex: Lex,
}

/// What has been read since the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lex {
    /// Nothing, or a space. After a word without a space only a sign may follow.
    Gap { space: bool, after_word: bool },
    /// The start of a word of the trie.
    Word(u32),
    /// A number: digits before the point, then those after it.
    Number { whole: u8, fraction: Option<u8> },
    /// Text in single quotes; `closed` after a quote that may be the last.
    Text { utf8: Utf8, closed: bool },
    /// In double quotes: a name as long as the trie has it, or text.
    Double { node: u32, utf8: Utf8, empty: bool },
    /// The first byte of a sign that may have two.
    Sign(u8),
}

/// How much of a character is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Utf8 {
    Done,
    /// So many bytes of any kind.
    More(u8),
    /// A byte between these two, then so many of any kind.
    Range(u8, u8, u8),
}

/// A word, sign or constant of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexeme {
    Word(WordId),
    Sign(Sign),
    Number { whole: bool },
    Text,
}

/// A place between two lexemes.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) stack: Stack,
    /// What follows may be read in two ways: the word before could be more than one thing.
    pub(super) pending: Option<Pending>,
    pub(super) offer: OnceCell<Offer>,
    /// Bytes to the end at least, when a space may stand before the next word.
    pub(super) cost: OnceCell<u32>,
    /// For each node of the trie, bytes to the end through it.
    pub(super) best: OnceCell<Vec<u32>>,
    /// What was found after it.
    pub(super) after: RefCell<Vec<(Lexeme, Rc<Core>)>>,
}

/// A word that may be a column, a qualifier or a function.
#[derive(Debug)]
pub(super) struct Pending {
    /// The place if it is a column.
    pub(super) column: Option<Rc<Core>>,
    pub(super) qualifier: Option<Qualifier>,
    pub(super) function: Option<Keyword>,
}

/// Goals and open selects.
#[derive(Debug, Clone, Default)]
pub(super) struct Stack {
    /// What is still to come, the next at the end.
    pub(super) goals: Vec<Goal>,
    /// The open selects, the innermost at the end.
    pub(super) scopes: Vec<Rc<Scope>>,
}

impl Stack {
    pub(super) fn scope(&self) -> &Scope {
        &self.scopes[self.scopes.len() - 1]
    }

    /// The innermost select, to be changed.
    pub(super) fn edit(&mut self) -> &mut Scope {
        let last = self.scopes.len() - 1;
        let scope = Rc::make_mut(&mut self.scopes[last]);
        scope.offered = [OnceCell::new(), OnceCell::new()];
        scope
    }

    /// Puts another scope in the place of the innermost.
    pub(super) fn replace(&mut self, scope: Scope) {
        *self.edit() = scope;
        self.edit();
    }

    /// Goals in the order in which they are to be met.
    pub(super) fn push(&mut self, goals: &[Goal]) {
        self.goals.extend(goals.iter().rev());
    }
}

/// The clauses of a select, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    From,
    Where,
    Group,
    Having,
    Order,
    Limit,
}

/// How a source is joined to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    First,
    Comma,
    Inner,
    Cross,
    Left,
}

/// Which source the column of a LEFT JOIN's condition is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Any,
    Earlier,
    Joined,
}

/// Something still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// The end of the text.
    End,
    /// The bracket that ends a nested query.
    EndQuery,
    Word(Keyword),
    Sign(Sign),
    Select,
    /// DISTINCT, or the first item.
    SelectRest,
    Item,
    ItemTail,
    Source(Join),
    SourceAlias(TableIndex, Join),
    AliasName(TableIndex, Join),
    DerivedAlias,
    DerivedName,
    /// ON, another join, a later clause.
    SourceTail(Join),
    /// JOIN after INNER, CROSS or LEFT [OUTER].
    JoinWord(Join),
    /// A column of a LEFT JOIN's condition; with [`Side::Any`] the equality after it too.
    LeftColumn(Side),
    LeftName(u8),
    LeftTail,
    /// What may follow inside or after this clause.
    Tail(Stage),
    Key(Stage),
    KeyTail(Stage),
    /// A comma after ASC or DESC.
    KeyComma(Stage),
    LimitNumber,
    /// ALL or SELECT after UNION.
    Arm,
    Test {
        place: Place,
        bare: bool,
        negated: bool,
    },
    /// After the bracket before a test.
    Group(Place),
    /// The bracket after a test in brackets.
    GroupEnd {
        place: Place,
        bare: bool,
    },
    /// A comparison; the closing bracket where this is `(a + b) > c`.
    TestRest {
        place: Place,
        bare: bool,
    },
    /// AND and OR.
    TestTail(Place),
    /// IN, LIKE or BETWEEN after NOT.
    Negated(Place),
    /// NOT or NULL after IS.
    IsRest,
    Set(Place),
    /// SELECT or a constant after the bracket of IN.
    SetFirst(Place),
    Constant,
    ConstantTail,
    NegativeNumber,
    Pattern,
    Operand(Place),
    OperandTail(Place),
    /// What follows the bracket before a value.
    Bracket(Place),
    /// The column after a dot; `*` where a select item begins.
    Column(Qualifier, Place),
    /// What an aggregate is taken over.
    Argument(Keyword, Place),
    ArgumentRest(Place),
    /// Another argument of COALESCE, or its end.
    MoreArguments(Place),
    Format,
    Field,
    Type,
    /// WHEN after the first branch of CASE, ELSE, or END.
    Branches(Place),
    /// PARTITION or ORDER of a window.
    Window,
    WindowKey(Place),
    WindowKeyTail,
    WindowOrder,
    Direction,
}

/// Where a value stands, as what may be said there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) clause: Clause,
    /// Whether aggregates may stand here.
    pub(super) aggregates: bool,
    /// Whether this is inside an aggregate, where only columns of the same select count.
    pub(super) own: bool,
    /// Whether nested queries may stand here.
    pub(super) queries: bool,
    /// Whether constants may begin here.
    pub(super) constants: bool,
    /// Whether a minus may stand before a number here.
    pub(super) sign: bool,
    /// Whether this is a select item itself, and not a part of one.
    pub(super) item: bool,
    /// Whether this begins what stands in brackets as a select item.
    pub(super) bracketed: bool,
    /// Brackets that may still be opened.
    pub(super) room: u8,
}

/// The clause that a value stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    Items,
    On,
    Where,
    Group,
    Having,
    Order,
}

/// What a nested query is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Top,
    /// One column, as a value or a set.
    Value,
    Exists,
    Derived,
}

/// A column name said before FROM (or in ON), which exactly one source must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) name: NameId,
    /// Whether no source need have it, because a select further out does.
    pub(super) optional: bool,
}

/// A qualifier said before FROM, and the columns that its source must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) qualifier: Qualifier,
    pub(super) names: Vec<NameId>,
    pub(super) optional: bool,
}

/// One source of a select.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// None: a derived table without alias.
    pub(super) called: Option<Qualifier>,
    pub(super) rows: Rows,
}

/// What a source's columns are.
#[derive(Debug, Clone)]
pub(super) enum Rows {
    Table(TableIndex),
    /// The names of a derived table's outputs; `doubled` are there twice.
    Outputs {
        names: Rc<Bits>,
        doubled: Rc<Bits>,
        width: u16,
    },
}

/// A table to come, and what it must be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) table: TableIndex,
    /// None: any alias that is still free.
    pub(super) called: Option<Qualifier>,
}

/// One open select.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) kind: Kind,
    /// Whether FROM is complete.
    pub(super) closed: bool,
    /// Whether names may mean the select around this one.
    pub(super) correlates: bool,
    /// Items begun.
    pub(super) items: u16,
    /// Items that are a bare `*`.
    pub(super) star: u16,
    /// The sources whose `*` is an item.
    pub(super) stars: Vec<Qualifier>,
    /// The columns that this arm must put out.
    pub(super) need: Option<u16>,
    /// Outputs that a derived table must still have.
    pub(super) must: Vec<NameId>,
    /// The column that the present item is, and whether without qualifier.
    pub(super) item: Option<(NameId, bool)>,
    /// The names of the outputs, of the first arm.
    pub(super) outputs: Vec<Option<(NameId, bool)>>,
    /// Columns that begin an item in brackets: `(a)` is an output called `a` for some readers.
    pub(super) veiled: Vec<NameId>,
    /// Whether `*` or `T.*` is among them.
    pub(super) outputs_starred: bool,
    pub(super) aggregated: bool,
    pub(super) grouped: bool,
    /// Arms before this one.
    pub(super) arms: u8,
    /// Whether UNION or EXCEPT has been used.
    pub(super) no_intersect: bool,
    pub(super) demands: Vec<Demand>,
    pub(super) bindings: Vec<Binding>,
    pub(super) sources: Vec<Source>,
    /// The first source of the present comma-separated group.
    pub(super) group: u8,
    /// Tables that meet what is still demanded.
    pub(super) plan: Vec<Planned>,
    /// The names that may stand without qualifier: inside an aggregate and elsewhere.
    pub(super) offered: [OnceCell<Rc<Bits>>; 2],
}

impl Scope {
    pub(super) fn new(kind: Kind, correlates: bool) -> Self {
        Self {
            kind,
            closed: false,
            correlates,
            items: 0,
            star: 0,
            stars: Vec::new(),
            need: (kind == Kind::Value).then_some(1),
            must: Vec::new(),
            item: None,
            outputs: Vec::new(),
            veiled: Vec::new(),
            outputs_starred: false,
            aggregated: false,
            grouped: false,
            arms: 0,
            no_intersect: false,
            demands: Vec::new(),
            bindings: Vec::new(),
            sources: Vec::new(),
            group: 0,
            plan: Vec::new(),
            offered: [OnceCell::new(), OnceCell::new()],
        }
    }

    /// Whether the select list may end here.
    pub(super) fn items_done(&self) -> bool {
        let missing = self.must.iter().any(|name| self.item.is_none_or(|(item, _)| item != *name));
        self.items > 0 && self.need.is_none_or(|need| need == self.items) && !missing
    }

    /// Whether another item may follow.
    pub(super) fn more_items(&self) -> bool {
        let free = || self.items < MAX_ITEMS || !self.must.is_empty();
        self.need.map_or_else(free, |need| self.items < need)
    }

    /// Whether all that was said before FROM has a source.
    pub(super) fn has_sources(&self) -> bool {
        self.plan.is_empty() && !self.sources.is_empty()
    }
}

/// The most items of a select list, as long as it is not made to match a wider one.
pub(super) const MAX_ITEMS: u16 = 30;
