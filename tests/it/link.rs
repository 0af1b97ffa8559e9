//! Prompts and values of questions over small schemas written here, with a vocabulary of single letters.

use argiope::Error;
use argiope::link::{
    LinkKind, LinkTarget, MAX_WORDS, NODE_FEATURES, NodeKind, Prompt, PromptOptions, QuestionValues, RELATIONS,
    Relation, SchemaIndex, split_question,
};
use argiope::query::{DatePart, FindValues, Literal, ValueTarget, Values};
use argiope::schema::{ColumnId, Schema, SchemaBuilder, TableId};
use argiope::tokens::Tokenizer;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// A word-piece tokenizer whose pieces are letters and digits, with BERT's special ids.
pub(crate) fn tokenizer() -> Tokenizer {
    let mut vocabulary = BTreeMap::from([("[PAD]".to_owned(), 0), ("[UNK]".to_owned(), 100)]);
    vocabulary.extend([("[CLS]".to_owned(), 101), ("[SEP]".to_owned(), 102)]);
    for (place, letter) in ('a'..='z').chain('0'..='9').chain("?.,'\"%_-".chars()).enumerate() {
        vocabulary.insert(letter.to_string(), 200 + 2 * place);
        vocabulary.insert(format!("##{letter}"), 201 + 2 * place);
    }
    let json = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "post_processor": null, "decoder": null,
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocabulary},
    });
    Tokenizer::from_bytes(json.to_string().as_bytes()).unwrap()
}

/// Two tables with abbreviated names and a few cells.
fn school() -> Schema {
    SchemaBuilder::new("school")
        .table("Students")
        .column("StuID", "INTEGER")
        .column("fname", "VARCHAR(20)")
        .samples(&["Ann", "Beyoncé", "O'Brien"])
        .column("dept_id", "INTEGER")
        .column("dob", "DATE")
        .column("sex", "CHAR(1)")
        .samples(&["F", "M"])
        .column("grade", "REAL")
        .column("enrolled", "DATE")
        .primary_key(&["StuID"])
        .foreign_key(&["dept_id"], "dept", &["dept_id"])
        .table("dept")
        .column("dept_id", "INTEGER")
        .column("name", "TEXT")
        .samples(&["Computer Science", "Engineer", "Math"])
        .column("qty_rooms", "INTEGER")
        .samples(&["7", "240"])
        .column("BirthDate", "TEXT")
        .primary_key(&["dept_id"])
        .build()
        .unwrap()
}

fn index(schema: Schema) -> SchemaIndex {
    SchemaIndex::new(Arc::new(schema), &tokenizer())
}

fn prompt(index: &SchemaIndex, question: &str, options: &PromptOptions<'_>) -> Prompt {
    index.prompt(&tokenizer(), question, options).unwrap()
}

/// `table.column`, or `table`.
fn target(schema: &Schema, name: &str) -> LinkTarget {
    let (table, column) = name.split_once('.').unwrap_or((name, ""));
    let table = schema.table_named(table).unwrap();
    if column.is_empty() {
        return LinkTarget::Table(table);
    }
    LinkTarget::Column(schema.column_named(table, column).unwrap())
}

fn column(schema: &Schema, name: &str) -> ColumnId {
    match target(schema, name) {
        LinkTarget::Column(id) => id,
        LinkTarget::Table(_) => panic!("{name} is a table"),
    }
}

#[test]
fn words_meet_names_and_cells() {
    let index = index(school());
    let check = |question: &str, words: &str, kind: LinkKind, name: &str| {
        let prompt = prompt(&index, question, &PromptOptions::default());
        let is_met = prompt.links.iter().any(|link| {
            let text = &question[prompt.words[link.words.start].start..prompt.words[link.words.end - 1].end];
            text == words && link.kind == kind && link.target == target(index.schema(), name)
        });
        assert!(is_met, "{question}: no {kind:?} of {words} and {name} in {:?}", prompt.links);
    };
    check("How many students are there?", "students", LinkKind::Exact, "Students");
    check("Which student is it?", "student", LinkKind::Exact, "Students");
    check("the dept_id of all", "dept_id", LinkKind::Exact, "dept.dept_id");
    check("his birth date", "birth date", LinkKind::Exact, "dept.BirthDate");
    check("his birthdate", "birthdate", LinkKind::Exact, "dept.BirthDate");
    check("all rooms", "rooms", LinkKind::Partial, "dept.qty_rooms");
    check("which department?", "department", LinkKind::Abbreviation, "dept");
    check("each student's grade", "student", LinkKind::Abbreviation, "Students.StuID");
    check("the quantity", "quantity", LinkKind::Abbreviation, "dept.qty_rooms");
    check("the first name", "first name", LinkKind::Abbreviation, "Students.fname");
    check("their date of birth", "date of birth", LinkKind::Abbreviation, "Students.dob");
    check("who studies computer science?", "computer science", LinkKind::Cell, "dept.name");
    check("is Beyonce here", "Beyonce", LinkKind::Cell, "Students.fname");
    check("is O'Brien here", "O'Brien", LinkKind::Cell, "Students.fname");
    check("all engineers", "engineers", LinkKind::CellStem, "dept.name");
    check("any science", "science", LinkKind::CellWord, "dept.name");
    check("more than 240", "240", LinkKind::Cell, "dept.qty_rooms");
}

/// Columns whose cells spell places, sexes, months, days and truth each in its own way.
fn club() -> Schema {
    SchemaBuilder::new("club")
        .table("member")
        .column("member_id", "INTEGER")
        .column("country", "TEXT")
        .samples(&["France", "Germany", "South Korea", "USA"])
        .column("nationality", "TEXT")
        .samples(&["Dutch", "Swedish"])
        .column("country_code", "TEXT")
        .samples(&["DE", "FR", "JP"])
        .column("state", "TEXT")
        .samples(&["CA", "NY"])
        .column("language", "TEXT")
        .samples(&["English", "French"])
        .column("sex", "TEXT")
        .samples(&["F", "M"])
        .column("team", "TEXT")
        .samples(&["Female", "Male", "Mixed"])
        .column("first_name", "TEXT")
        .samples(&["Ann", "Chad", "Lee", "Tom"])
        .column("join_month", "INTEGER")
        .samples(&["3", "5", "12"])
        .column("weekday", "TEXT")
        .samples(&["Mon", "Tue"])
        .column("active", "INTEGER")
        .samples(&["0", "1"])
        .column("paid", "TEXT")
        .samples(&["no", "yes"])
        .primary_key(&["member_id"])
        .build()
        .unwrap()
}

#[test]
fn words_meet_cells_of_the_same_meaning() {
    let index = index(club());
    let check = |question: &str, word: &str, expected: &[(&str, LinkKind)]| {
        let prompt = prompt(&index, question, &PromptOptions::default());
        let is_cell = |kind| matches!(kind, LinkKind::Cell | LinkKind::CellStem);
        let text = |words: &std::ops::Range<usize>| {
            &question[prompt.words[words.start].start..prompt.words[words.end - 1].end]
        };
        let met: HashSet<_> = prompt
            .links
            .iter()
            .filter(|link| is_cell(link.kind) && text(&link.words) == word)
            .map(|link| (link.target, link.kind))
            .collect();
        let target = |(name, kind): &(&str, LinkKind)| (target(index.schema(), &format!("member.{name}")), *kind);
        assert_eq!(met, expected.iter().map(target).collect(), "{word} in {question}");
    };
    check("all German members", "German", &[("country", LinkKind::Cell)]);
    check("all the germans", "germans", &[("country", LinkKind::Cell)]);
    check("members from the Netherlands", "Netherlands", &[("nationality", LinkKind::Cell)]);
    check("Korean members", "Korean", &[("country", LinkKind::Cell)]);
    check("members of the US", "US", &[("country", LinkKind::Cell)]);
    check("tell us of all members", "us", &[]);
    // A cell as it stands comes first; codes come last.
    check("all French members", "French", &[("language", LinkKind::Cell), ("country", LinkKind::CellStem)]);
    check("members from France", "France", &[("country", LinkKind::Cell)]);
    check("Japanese members", "Japanese", &[("country_code", LinkKind::Cell)]);
    check("members in California", "California", &[("state", LinkKind::Cell)]);
    // A name among others is no place.
    check("Chadian members", "Chadian", &[]);
    check("how many women?", "women", &[("sex", LinkKind::Cell)]);
}

#[test]
fn cells_are_met_only_where_asked_for() {
    let index = index(school());
    let options = PromptOptions { use_values: false, ..PromptOptions::default() };
    let prompt = prompt(&index, "who studies computer science?", &options);
    let is_cell = |kind| matches!(kind, LinkKind::Cell | LinkKind::CellStem | LinkKind::CellWord);
    assert!(prompt.links.iter().all(|link| !is_cell(link.kind)), "{:?}", prompt.links);
}

/// What holds for every prompt.
fn check_layout(index: &SchemaIndex, prompt: &Prompt) {
    let size = prompt.nodes.len();
    let length = prompt.piece_ids.len();
    assert_eq!((prompt.type_ids.len(), prompt.starts.len()), (length, length));
    assert_eq!((prompt.features.len(), prompt.relations.len()), (size * NODE_FEATURES, size * size));
    assert_eq!(prompt.piece_ids[0], Tokenizer::START);
    assert_eq!(prompt.piece_ids[length - 1], Tokenizer::SEPARATOR);
    assert!(prompt.type_ids.is_sorted());
    let order = |kind: &NodeKind| match kind {
        NodeKind::Word(_) => 0u8,
        NodeKind::Column(_) => 1,
        NodeKind::Table(_) => 2,
    };
    assert!(prompt.nodes.iter().map(|node| order(&node.kind)).is_sorted());
    for node in &prompt.nodes {
        assert!(node.pieces.start < node.pieces.end && node.pieces.end < length as u32);
        let start = match node.kind {
            NodeKind::Word(_) => 0,
            NodeKind::Column(_) => 1,
            NodeKind::Table(_) => 2,
        };
        assert_eq!(prompt.starts[node.pieces.start as usize], start);
    }
    assert_eq!(prompt.starts.iter().filter(|start| **start > 0).count(), size - prompt.words.len());
    for from in 0..size {
        for to in 0..size {
            let (there, back) = (prompt.relations[from * size + to], prompt.relations[to * size + from]);
            assert!(there != 0 && there >> RELATIONS == 0);
            for (relation, mirror) in MIRRORS {
                assert_eq!(there & relation.bit() != 0, back & mirror.bit() != 0, "{relation:?} {from} {to}");
            }
        }
    }
    let shown: HashSet<NodeKind> = prompt.nodes.iter().map(|node| node.kind).collect();
    for table in index.schema().table_ids().filter(|table| shown.contains(&NodeKind::Table(*table))) {
        assert!(index.schema().columns_of(table).any(|id| shown.contains(&NodeKind::Column(id))), "{table:?} is bare");
    }
}

/// Relations that hold from the other side too.
const MIRRORS: &[(Relation, Relation)] = &[
    (Relation::WordColumnExact, Relation::ColumnWordExact),
    (Relation::WordColumnTime, Relation::ColumnWordTime),
    (Relation::WordTableAbbreviation, Relation::TableWordAbbreviation),
    (Relation::ForeignKey, Relation::ForeignKeyBack),
    (Relation::PrimaryKeyOfTable, Relation::TableOfPrimaryKey),
    (Relation::ColumnNamesTable, Relation::TableNamedByColumn),
    (Relation::TableReferences, Relation::TableReferenced),
    (Relation::SameName, Relation::SameName),
];

#[test]
fn every_question_gets_a_whole_prompt() {
    let index = index(school());
    for question in [
        "How many students?",
        "東京の学生は何人ですか",
        "Сколько студентов?",
        "\"; DROP TABLE x; --",
        "O'Brien’s “grade” \u{0} \u{202e} 🙂 e\u{301}cole",
        "x",
        "7",
        "born after May 2019 with grade > 3.5",
    ] {
        let prompt = prompt(&index, question, &PromptOptions::default());
        check_layout(&index, &prompt);
        assert_eq!(prompt.notes, [] as [String; 0], "{question}");
        for word in &prompt.words {
            assert_eq!(question[word.range()], word.text);
        }
    }
}

#[test]
fn numbers_and_times_meet_columns_of_their_kind() {
    let index = index(school());
    let prompt = prompt(&index, "born in May 2019, graded 3", &PromptOptions::default());
    let size = prompt.nodes.len();
    let has = |word: &str, name: &str, relation: Relation| {
        let from = prompt.words.iter().position(|other| other.text == word).unwrap();
        let wanted = NodeKind::Column(column(index.schema(), name));
        let to = prompt.nodes.iter().position(|node| node.kind == wanted).unwrap();
        prompt.relations[from * size + to] & relation.bit() != 0
    };
    assert!(has("May", "Students.enrolled", Relation::WordColumnTime));
    assert!(has("2019", "dept.BirthDate", Relation::WordColumnTime));
    assert!(has("3", "Students.grade", Relation::WordColumnNumber));
    assert!(!has("3", "Students.enrolled", Relation::WordColumnTime));
    assert!(!has("May", "Students.grade", Relation::WordColumnNumber));
}

#[test]
fn a_question_without_words_is_refused() {
    let index = index(school());
    for question in ["", "  \n", "?!", "\u{0}"] {
        let refused = index.prompt(&tokenizer(), question, &PromptOptions::default());
        assert!(matches!(refused, Err(Error::Input { .. })), "{question:?}");
    }
}

#[test]
fn a_long_question_is_cut_and_says_so() {
    let index = index(school());
    for question in ["a student ".repeat(5_000), "x".repeat(100_000), "abcdefghij ".repeat(300)] {
        let options = PromptOptions { max_pieces: 512, ..PromptOptions::default() };
        let prompt = prompt(&index, &question, &options);
        check_layout(&index, &prompt);
        assert!(prompt.words.len() <= MAX_WORDS && prompt.piece_ids.len() <= 512);
        assert_eq!(prompt.notes.len(), usize::from(question.contains(' ')), "{:?}", prompt.notes);
    }
}

/// 500 tables of 10 columns; each but the first refers to the one before.
fn large() -> Schema {
    let mut builder = SchemaBuilder::new("large");
    for table in 0..500 {
        builder.table(&format!("thing{table}")).column("id", "INTEGER").column("previous_id", "INTEGER");
        for column in 0..8 {
            builder.column(&format!("part{}", table * 8 + column), "TEXT");
        }
        builder.primary_key(&["id"]);
        if table > 0 {
            builder.foreign_key(&["previous_id"], &format!("thing{}", table - 1), &["id"]);
        }
    }
    builder.build().unwrap()
}

#[test]
fn a_large_schema_is_cut_to_what_matches() {
    let index = index(large());
    let kept = HashSet::from([column(index.schema(), "thing7.part60")]);
    let options = PromptOptions { max_pieces: 400, keep: Some(&kept), ..PromptOptions::default() };
    let prompt = prompt(&index, "the part 2403 of each thing300", &options);
    check_layout(&index, &prompt);
    let shown: HashSet<NodeKind> = prompt.nodes.iter().map(|node| node.kind).collect();
    for name in ["thing300.part2403", "thing300.id", "thing7.part60", "thing7.id"] {
        assert!(shown.contains(&NodeKind::Column(column(index.schema(), name))), "{name}");
    }
    assert!(prompt.piece_ids.len() <= 400);
    assert!(prompt.notes[0].starts_with("the schema is large: 4"), "{:?}", prompt.notes);
}

#[test]
fn orders_are_kept() {
    let index = index(school());
    let columns = vec![vec![ColumnId(5), ColumnId(1)], vec![ColumnId(8)]];
    let order = vec![TableId(1), TableId(0)];
    let options = PromptOptions { table_order: Some(order), column_order: Some(columns), ..PromptOptions::default() };
    let prompt = prompt(&index, "grades", &options);
    check_layout(&index, &prompt);
    let kinds: Vec<NodeKind> = prompt.nodes[1..].iter().map(|node| node.kind).collect();
    let columns = [8, 5, 1].map(|id| NodeKind::Column(ColumnId(id)));
    assert_eq!(kinds, [&columns[..], &[1, 0].map(|id| NodeKind::Table(TableId(id)))].concat());
}

#[test]
fn prompts_are_the_same_every_time() {
    let question = "students of the computer science department born in May 2019";
    let make = || prompt(&index(school()), question, &PromptOptions::default());
    assert_eq!(make(), make());
}

#[test]
fn questions_are_cut_into_words() {
    let check = |text: &str, expected: &[&str]| {
        let words = split_question(text);
        assert_eq!(words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), expected);
    };
    check("O'Brien's 3.5%", &["O", "'", "Brien", "'", "s", "3.5", "%"]);
    check("a_b 1,000 x.", &["a", "_", "b", "1", ",", "000", "x", "."]);
    check("naïve e\u{301}cole 東京2020", &["naïve", "e\u{301}cole", "東", "京", "2020"]);
    check(" \t", &[]);
}

/// A literal read from a span, and the span found again from the literal.
struct Case {
    question: &'static str,
    span: &'static str,
    target: ValueTarget,
    expected: Literal,
}

impl Case {
    fn new(question: &'static str, span: &'static str, target: ValueTarget, expected: Literal) -> Self {
        Self { question, span, target, expected }
    }

    fn check(&self, index: &SchemaIndex) {
        let words = split_question(self.question);
        let values = QuestionValues::new(index, self.question, &words, true);
        let at = self.question.find(self.span).unwrap();
        let start = words.iter().position(|word| word.start == at).unwrap();
        let end = words.iter().position(|word| word.end == at + self.span.len()).unwrap();
        assert_eq!(values.literal(start, end, &self.target), self.expected, "{}", self.question);
        assert_eq!(values.find(&self.expected, &self.target), Some((start, end)), "{}", self.question);
    }
}

#[test]
fn spans_are_read_as_literals_and_found_again() {
    let index = index(school());
    let id = |name: &str| column(index.schema(), name);
    let of = |name: &str| ValueTarget::Column(id(name));
    let part = |part: DatePart| ValueTarget::DatePart(part, id("Students.enrolled"));
    let number = |text: &str| Literal::Number(text.to_owned());
    let text = |text: &str| Literal::Text(text.to_owned());
    for case in [
        Case::new("rooms over 1,000?", "1,000", of("dept.qty_rooms"), number("1000")),
        Case::new("more than twenty five", "twenty five", ValueTarget::Number, number("25")),
        Case::new("at least two", "two", ValueTarget::Number, number("2")),
        Case::new("over 1.5 million", "1.5 million", ValueTarget::Number, number("1500000")),
        Case::new("the top ten", "ten", ValueTarget::Limit, number("10")),
        Case::new("graded -2.5", "-2.5", of("Students.grade"), number("-2.5")),
        Case::new("taller than 180cm", "180cm", ValueTarget::Number, number("180")),
        Case::new("in the third grade", "third", of("Students.grade"), number("3")),
        Case::new("in computer science", "computer science", of("dept.name"), text("Computer Science")),
        Case::new("all engineers", "engineers", of("dept.name"), text("Engineer")),
        Case::new("in compter science", "compter science", of("dept.name"), text("Computer Science")),
        Case::new("named o'brien", "o'brien", of("Students.fname"), text("O'Brien")),
        Case::new("is 'Zoe' here", "Zoe", of("Students.fname"), text("Zoe")),
        Case::new("female students", "female", of("Students.sex"), text("F")),
        Case::new("containing 'sci'", "sci", ValueTarget::Pattern(id("dept.name")), text("Sci")),
        Case::new("enrolled on May 3rd, 2024", "May 3rd, 2024", of("Students.enrolled"), text("2024-05-03")),
        Case::new("enrolled on 2024-05-03", "2024-05-03", of("Students.enrolled"), text("2024-05-03")),
        Case::new("enrolled in April 2024", "April 2024", part(DatePart::YearMonth), text("2024-04")),
        Case::new("enrolled in 2024-04", "2024-04", part(DatePart::YearMonth), text("2024-04")),
        Case::new("enrolled in May", "May", part(DatePart::Month), text("05")),
        Case::new("enrolled in 2019", "2019", part(DatePart::Year), text("2019")),
        Case::new("on the 17th", "17th", part(DatePart::Day), text("17")),
    ] {
        case.check(&index);
    }
}

#[test]
fn spans_are_read_as_cells_of_the_same_meaning() {
    let index = index(club());
    let of = |name: &str| ValueTarget::Column(column(index.schema(), &format!("member.{name}")));
    let number = |text: &str| Literal::Number(text.to_owned());
    let text = |text: &str| Literal::Text(text.to_owned());
    for case in [
        Case::new("all German members", "German", of("country"), text("Germany")),
        Case::new("the South Koreans", "Koreans", of("country"), text("South Korea")),
        Case::new("members of the U.S.", "U.S", of("country"), text("USA")),
        Case::new("members from Sweden", "Sweden", of("nationality"), text("Swedish")),
        Case::new("members from Germany", "Germany", of("country_code"), text("DE")),
        Case::new("members from New York", "New York", of("state"), text("NY")),
        Case::new("all women", "women", of("sex"), text("F")),
        Case::new("the men's team", "men", of("team"), text("Male")),
    ] {
        case.check(&index);
    }
    let check = |question: &str, span: &str, target: &str, expected: Literal| {
        let words = split_question(question);
        let place = words.iter().position(|word| word.text == span).unwrap();
        let values = QuestionValues::new(&index, question, &words, true);
        assert_eq!(values.literal(place, place, &of(target)), expected, "{question}");
    };
    check("joined in March", "March", "join_month", number("3"));
    check("on Monday", "Monday", "weekday", text("Mon"));
    check("active: yes", "yes", "active", number("1"));
    check("is it true", "true", "paid", text("yes"));
    // What no cell means is spelled as the cells are.
    check("all Spanish members", "Spanish", "country", text("Spain"));
    check("members from Norway", "Norway", "nationality", text("Norwegian"));
    check("members from Italy", "Italy", "country_code", text("IT"));
    check("all Spanish members", "Spanish", "first_name", text("Spanish"));
}

#[test]
fn what_the_question_does_not_spell_is_guessed() {
    let index = index(school());
    let check = |question: &str, name: &str, expected: &str| {
        let words = split_question(question);
        let values = QuestionValues::new(&index, question, &words, true);
        let guess = values.other(&ValueTarget::Column(column(index.schema(), name)));
        assert_eq!(guess, Literal::Text(expected.to_owned()), "{question}");
    };
    check("who does engineering?", "dept.name", "Engineer");
    check("mathematicians", "dept.name", "Math");
    check("nothing of it", "dept.name", "Computer Science");
    check("enrolled before October 2023", "Students.enrolled", "2023-10-01");
    check("enrolled before 2012", "Students.enrolled", "2012-01-01");
    check("enrolled lately", "Students.enrolled", "value");
}

#[test]
fn places_and_truth_are_guessed() {
    let index = index(club());
    let check = |question: &str, name: &str, expected: &str| {
        let words = split_question(question);
        let values = QuestionValues::new(&index, question, &words, true);
        let guess = values.other(&ValueTarget::Column(column(index.schema(), &format!("member.{name}"))));
        assert_eq!(guess, Literal::Text(expected.to_owned()), "{question}");
    };
    check("all German members", "country", "Germany");
    check("Frenchmen who live in Germany", "country", "France");
    check("members who have paid", "paid", "yes");
}

#[test]
fn values_are_total() {
    let index = index(school());
    let question = "? % ' a";
    let words = split_question(question);
    let values = QuestionValues::new(&index, question, &words, true);
    let mut targets = vec![ValueTarget::Number, ValueTarget::Limit];
    for id in index.schema().column_ids() {
        targets.extend([ValueTarget::Column(id), ValueTarget::Pattern(id)]);
        let parts = [DatePart::Year, DatePart::YearMonth, DatePart::Month, DatePart::Day];
        targets.extend(parts.map(|part| ValueTarget::DatePart(part, id)));
    }
    for target in &targets {
        for (start, end) in [(0, 0), (0, 3), (2, 1), (9, 12), (3, 99)] {
            let _ = values.literal(start, end, target);
        }
        let _ = values.other(target);
        assert_eq!(values.find(&Literal::Text(String::new()), target), None);
    }
    assert_eq!(values.literal(0, 0, &ValueTarget::Limit), Literal::Number("1".to_owned()));
}

#[test]
fn a_tokenizer_with_other_special_pieces_is_refused() {
    for bytes in [&b"{}"[..], b"", b"\xff"] {
        assert!(matches!(Tokenizer::from_bytes(bytes), Err(Error::Weights { .. })));
    }
    assert!(matches!(Tokenizer::from_file("no/such/file"), Err(Error::Weights { .. })));
}
