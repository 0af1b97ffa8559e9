//! The law of validity: whatever scores lead a decoder, the form that comes out finishes inside its budget and its SQL
//! is one read-only statement that reads back as itself, passes the check in three dialects and prepares in SQLite.
//!
//! A small share runs with the suite; `ARGIOPE_LAWS=100000` walks so many times over all of Spider's schemas and the
//! odd ones (`just laws`).

use argiope::form::{Allowed, JoinGraph, Keyword, Recogniser, State, Symbol, to_query_with};
use argiope::query::{Literal, ValueTarget, Values};
use argiope::schema::{ColumnId, Schema, TableId};
use argiope::sql::{self, Dialect};

/// A small generator of numbers (SplitMix64), so that a seed names a walk.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound.max(1) as u64) as usize
    }
}

/// Literals that make trouble if anything is pasted together carelessly.
struct Nasty;

impl Values for Nasty {
    fn literal(&self, start: usize, end: usize, target: &ValueTarget) -> Literal {
        const TEXTS: [&str; 6] = ["O'Brien", "\"; DROP TABLE x; --", "", "50%_\\", "日本 'x'", "/* ' */"];
        match target {
            ValueTarget::Limit => Literal::Number((start * 7 + end).to_string()),
            ValueTarget::Number => Literal::Number(format!("{start}.{end}")),
            ValueTarget::DatePart(..) => Literal::Text("2024".to_owned()),
            ValueTarget::Column(column) if column.0 % 2 == 0 => Literal::Number(format!("-{start}")),
            _ => Literal::Text(TEXTS[(start + end) % TEXTS.len()].to_owned()),
        }
    }

    fn other(&self, target: &ValueTarget) -> Literal {
        match target {
            ValueTarget::Limit | ValueTarget::Number => Literal::Number("7".to_owned()),
            _ => Literal::Text("?".to_owned()),
        }
    }
}

/// What a walk likes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Taste {
    Uniform,
    /// The same few symbols again and again.
    Peaked(u64),
    /// These keywords whenever they may stand.
    Greedy(&'static [Keyword]),
    /// Everything before the end.
    Endless,
}

use Keyword as K;

pub(crate) const TASTES: [Taste; 14] = [
    Taste::Uniform,
    Taste::Uniform,
    Taste::Peaked(1),
    Taste::Peaked(2),
    Taste::Peaked(3),
    Taste::Endless,
    Taste::Greedy(&[K::Open, K::Exists, K::NotExists, K::In, K::Where, K::And, K::From]),
    Taste::Greedy(&[K::OtherValue, K::Limit, K::Where, K::Having, K::Group, K::Between, K::LikeEnds, K::NotLikeStarts]),
    Taste::Greedy(&[K::Add, K::Divide, K::Multiply, K::Subtract]),
    Taste::Greedy(&[K::Union, K::Except, K::Intersect, K::UnionAll, K::Ascending]),
    Taste::Greedy(&[K::Copy3, K::Copy1, K::On, K::Join, K::Up, K::Outer, K::Where]),
    Taste::Greedy(&[K::From, K::Star, K::Distinct, K::Union, K::Descending, K::Out3, K::Out1]),
    Taste::Greedy(&[K::Group, K::Having, K::Count, K::Sum, K::Star, K::Open, K::YearMonth, K::Month]),
    Taste::Greedy(&[K::Up, K::Open, K::Equal, K::Where, K::Exists, K::Or, K::And]),
];

impl Taste {
    fn choose(self, allowed: &Allowed, dice: &mut Dice) -> Option<Symbol> {
        let keywords: Vec<K> = K::ALL.iter().copied().filter(|k| allowed.keywords & k.bit() != 0).collect();
        let columns: Vec<usize> = allowed.columns.iter().collect();
        let tables: Vec<usize> = allowed.tables.iter().collect();
        if let Self::Greedy(liked) = self {
            let found = liked.iter().find(|k| keywords.contains(k));
            if let (Some(&keyword), true) = (found, dice.below(10) > 2) {
                return Some(keyword.into());
            }
        }
        let mut all: Vec<Symbol> = Vec::new();
        let endless = matches!(self, Self::Endless | Self::Greedy(_));
        let only_end = keywords == [K::End] && columns.is_empty() && tables.is_empty() && allowed.words.is_empty();
        all.extend(keywords.iter().filter(|k| **k != K::End || !endless || only_end).map(|&k| Symbol::from(k)));
        for _ in 0..if columns.is_empty() { 0 } else { 8 } {
            all.push(Symbol::Column(ColumnId(columns[dice.below(columns.len())] as u32)));
        }
        for _ in 0..if tables.is_empty() { 0 } else { 3 } {
            all.push(Symbol::Table(TableId(tables[dice.below(tables.len())] as u32)));
        }
        for _ in 0..if allowed.words.is_empty() { 0 } else { 3 } {
            all.push(Symbol::Word(allowed.words.start + dice.below(allowed.words.len()) as u16));
        }
        if all.is_empty() {
            return keywords.first().map(|&k| k.into());
        }
        match self {
            Self::Peaked(salt) => all.iter().copied().max_by_key(|symbol| {
                let mut key =
                    Dice(salt ^ (format!("{symbol:?}").bytes().fold(7, |h: u64, b| h.wrapping_mul(31) ^ u64::from(b))));
                key.roll() % 1000 + dice.roll() % 400
            }),
            _ => Some(all[dice.below(all.len())]),
        }
    }
}

/// One walk to the end.
pub(crate) fn walk(recogniser: &Recogniser<'_>, limit: usize, taste: Taste, dice: &mut Dice) -> Vec<Symbol> {
    let mut state: State = recogniser.start();
    let mut allowed = Allowed::default();
    let mut form = Vec::new();
    loop {
        recogniser.allowed(&state, &mut allowed);
        let end = allowed.keywords & K::End.bit() != 0;
        assert_eq!(end, recogniser.is_complete(&state), "END is allowed exactly where the form is complete: {form:?}");
        let symbol = taste.choose(&allowed, dice).unwrap_or_else(|| panic!("a dead end after {form:?}"));
        if symbol == Symbol::Keyword(K::End) {
            assert!(form.len() <= limit, "{} symbols, {limit} allowed: {form:?}", form.len());
            return form;
        }
        state = recogniser.advance(&state, symbol).unwrap_or_else(|| panic!("{symbol:?} after {form:?} is refused"));
        form.push(symbol);
    }
}

/// What the database says about a text, when it is only prepared.
fn prepares(database: &rusqlite::Connection, text: &str) -> Result<(), String> {
    let statement = database.prepare(text).map_err(|error| error.to_string())?;
    if statement.readonly() { Ok(()) } else { Err("writes".to_owned()) }
}

/// All that is wrong with a form.
fn faults(schema: &Schema, graph: &JoinGraph, database: &rusqlite::Connection, form: &[Symbol]) -> Vec<String> {
    let query = match to_query_with(schema, graph, form, &Nasty) {
        Ok(query) => query,
        Err(error) => return vec![error.to_string()],
    };
    let mut faults = Vec::new();
    for dialect in Dialect::ALL {
        let text = sql::render(&query, schema, dialect);
        if let Err(findings) = sql::check(&text, dialect, schema) {
            faults.push(format!("{dialect:?} check: {findings:?}: {text}"));
        } else {
            match sql::parse(&text, dialect, schema) {
                Ok(back) if back == query => {}
                Ok(back) => {
                    let (made, read) = (format!("{query:?}"), format!("{back:?}"));
                    let same = made.bytes().zip(read.bytes()).take_while(|(a, b)| a == b).count().saturating_sub(90);
                    let cut = |text: &str| text.chars().skip(same).take(180).collect::<String>();
                    faults.push(format!("{dialect:?} reads back:\n  {}\n  {}\n  {text}", cut(&made), cut(&read)));
                }
                Err(error) => faults.push(format!("{dialect:?} parse: {error}: {text}")),
            }
        }
        if dialect == Dialect::Sqlite
            && let Err(error) = prepares(database, &text)
        {
            faults.push(format!("SQLite: {error}: {text}"));
        }
    }
    faults
}

pub(crate) fn database_of(schema: &Schema) -> rusqlite::Connection {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    let ddl = sql::to_sqlite_ddl(schema);
    database.execute_batch(&ddl).unwrap_or_else(|error| panic!("{}: {error}\n{ddl}", schema.name));
    database
}

/// The odd schemas written here, as far as they are schemas.
pub(crate) fn odd() -> Vec<Schema> {
    let folder = crate::root().join("tests/data/odd");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read(path).unwrap();
        sql::ddl::read_bytes(&text, &path.file_stem().unwrap().to_string_lossy()).ok().map(|(schema, _)| schema)
    };
    files.iter().filter_map(read).collect()
}

/// Every schema there is: Spider's where the files are, and those written here.
pub(crate) fn schemas() -> Vec<Schema> {
    let mut schemas = odd();
    assert!(schemas.len() >= 10, "the odd schemas are read");
    if let Some(path) = crate::data("spider/tables.json") {
        schemas.extend(argiope::schema::spider::read_tables(&path).unwrap());
    }
    schemas
}

#[test]
fn every_walk_ends_in_valid_sql() {
    let walks = std::env::var("ARGIOPE_LAWS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000);
    let prepared: Vec<_> = schemas()
        .into_iter()
        .map(|schema| {
            let (graph, database) = (JoinGraph::new(&schema), database_of(&schema));
            (schema, graph, database)
        })
        .collect();
    let mut faulty = Vec::new();
    let mut symbols = 0;
    for seed in 0..walks {
        let mut dice = Dice(seed as u64 ^ 0x5eed_0000);
        let (schema, graph, database) = &prepared[seed % prepared.len()];
        let limit = [1, 2, 3, 5, 8, 13, 20, 30, 50, 80, 159][dice.below(11)];
        let words = [0, 1, 7, 25][dice.below(4)];
        let taste = TASTES[dice.below(TASTES.len())];
        let recogniser = Recogniser::new(schema, words, limit);
        let form = walk(&recogniser, limit, taste, &mut dice);
        symbols += form.len();
        for fault in faults(schema, graph, database, &form) {
            faulty.push(format!("walk {seed} {} {taste:?} limit {limit}: {fault}", schema.name));
        }
    }
    println!("{walks} walks, {symbols} symbols, {} faults", faulty.len());
    let shown: Vec<_> = faulty.iter().take(12).map(|fault| fault.chars().take(900).collect::<String>()).collect();
    assert!(faulty.is_empty(), "{} faults in {walks} walks:\n{}", faulty.len(), shown.join("\n"));
}
