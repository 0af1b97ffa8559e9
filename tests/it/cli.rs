//! The binary itself, over a model with random weights: what comes out where, exit codes, bad input.

use crate::{root, tiny};
use argiope::cli::Cli;
use argiope::sql::{Dialect, check};
use assert_cmd::Command;
use clap::CommandFactory;
#[cfg(unix)]
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

const DDL: &str = "CREATE TABLE singer (singer_id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
CREATE TABLE concert (concert_id INTEGER PRIMARY KEY, title TEXT, singer_id INTEGER REFERENCES singer (singer_id));";

/// A folder of one test with a model, a schema, a database and a `tables.json`.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        tiny::write(&folder.join("weights"), "sql-small");
        let place = Self(folder);
        place.write("schema.sql", DDL);
        let database = rusqlite::Connection::open(place.path("singers.sqlite")).unwrap();
        database.execute_batch(DDL).unwrap();
        database.execute_batch("INSERT INTO singer VALUES (1, 'Zoë', 30), (2, 'Ann', NULL);").unwrap();
        let tables = serde_json::json!([{
            "db_id": "music", "table_names_original": ["singer"], "table_names": ["singer"],
            "column_names_original": [[-1, "*"], [0, "id"], [0, "name"]],
            "column_names": [[-1, "*"], [0, "id"], [0, "name"]],
            "column_types": ["text", "number", "text"], "primary_keys": [1], "foreign_keys": [],
        }, {
            "db_id": "pets", "table_names_original": ["pet"], "table_names": ["pet"],
            "column_names_original": [[-1, "*"], [0, "pet_id"]], "column_names": [[-1, "*"], [0, "pet id"]],
            "column_types": ["text", "number"], "primary_keys": [1], "foreign_keys": [],
        }]);
        place.write("tables.json", tables.to_string());
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// The binary in this folder, with none of the machine's settings.
    fn argiope(&self, arguments: &[&str]) -> Ran {
        self.argiope_with(arguments, &[])
    }

    fn argiope_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = Command::cargo_bin("argiope").unwrap();
        command.current_dir(&self.0).env_clear().env("HOME", &self.0).env("ARGIOPE_WEIGHTS", self.path("weights"));
        let output = command.envs(environment.iter().copied()).args(arguments).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn done(self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        self.out
    }

    /// Failed with this code and message; nothing on stdout, and no panic.
    fn failed(self, code: i32, message: &str) {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        assert!(self.err.contains(message), "{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}

fn valid(sql: &str, dialect: Dialect) {
    let (schema, _) = argiope::pipeline::read_ddl(DDL, "x").unwrap();
    check(sql.trim_end(), dialect, &schema).unwrap();
}

#[test]
fn a_question_gets_one_line_of_sql() {
    let place = Place::new("one");
    let sql = place.argiope(&["sql", "--schema", "schema.sql", "How many singers are there?"]).done();
    assert_eq!(sql.lines().count(), 1);
    valid(&sql, Dialect::Sqlite);
    for (name, dialect) in [("sqlite", Dialect::Sqlite), ("postgres", Dialect::Postgres), ("mysql", Dialect::MySql)] {
        let arguments = ["sql", "--schema", "schema.sql", "--dialect", name, "Which singers are there?"];
        valid(&place.argiope(&arguments).done(), dialect);
    }
}

#[test]
fn every_source_of_schemas_works() {
    let place = Place::new("sources");
    valid(&place.argiope(&["sql", "--db", "singers.sqlite", "How old is Zoë?"]).done(), Dialect::Sqlite);
    place.argiope(&["sql", "--tables", "tables.json", "--db-id", "pets", "How many?"]).done();
    let ran = place.argiope(&["sql", "--tables", "tables.json", "--db-id", "pets", "--databases", ".", "How many?"]);
    assert!(ran.err.contains("used without cells"), "{}", ran.err);
    place.argiope(&["sql", "--tables", "tables.json", "How many?"]).failed(2, "say which with --db-id");
    place.argiope(&["sql", "--tables", "tables.json", "--db-id", "x", "How many?"]).failed(2, "no schema \"x\"");
    place.argiope(&["sql", "How many?"]).failed(2, "--schema, --db or --tables");
}

#[test]
fn n_best_and_json_print_scores() {
    let place = Place::new("scores");
    let lines = place.argiope(&["sql", "--schema", "schema.sql", "--n-best", "3", "Which singers?"]).done();
    let scores: Vec<f64> = lines.lines().map(|line| line.split_once('\t').unwrap().0.parse().unwrap()).collect();
    assert!(scores.len() > 1 && scores.is_sorted_by(|a, b| a >= b), "{lines}");
    let json = place.argiope(&["sql", "--schema", "schema.sql", "--n-best", "3", "--json", "Which singers?"]).done();
    let answer: argiope::serve::AnswerBody = serde_json::from_str(&json).unwrap();
    assert_eq!(lines.lines().next().unwrap(), format!("{:.4}\t{}", answer.confidence, answer.sql));
    assert_eq!(answer.alternatives.len() + 1, scores.len());
    assert!(!answer.links.is_empty());
}

#[test]
fn run_prints_the_rows() {
    let place = Place::new("run");
    let out = place.argiope(&["sql", "--db", "singers.sqlite", "--run", "Who sings?"]).done();
    let (sql, table) = out.split_once("\n\n").unwrap();
    valid(sql, Dialect::Sqlite);
    assert!(table.trim_end().ends_with("rows)"), "{table}");
    let json = place.argiope(&["sql", "--db", "singers.sqlite", "--run", "--json", "Who sings?"]).done();
    let answer: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(answer["result"]["columns"].is_array(), "{json}");
    place.argiope(&["sql", "--schema", "schema.sql", "--run", "Who?"]).failed(2, "--db");
    place.argiope(&["sql", "--schema", "schema.sql", "--guided", "Who?"]).failed(2, "--db");
    let guided = place.argiope(&["sql", "--db", "singers.sqlite", "--guided", "--run", "Who sings?"]).done();
    assert!(guided.trim_end().ends_with("rows)"), "{guided}");
}

#[test]
fn batches_keep_the_order_and_go_on_after_bad_lines() {
    let place = Place::new("batch");
    let lines: [&[u8]; 9] = [
        br#"{"question": "How many singers?", "db_id": "music", "query": "passed over"}"#,
        br#"{"question": "How many pets?", "db_id": "pets"}"#,
        b"not json",
        br#"{"question": "", "db_id": "music"}"#,
        br#"{"question": "How many?", "db_id": "nowhere"}"#,
        br#"{"question": "How many?"}"#,
        b"{\"question\": \"\xff\xfe\", \"db_id\": \"music\"}",
        b"",
        br#"{"question": "O'Brien; DROP TABLE singer; --", "db_id": "music"}"#,
    ];
    place.write("questions.jsonl", [lines.join(&b'\n'), b"\n".to_vec()].concat());
    let ran = place.argiope(&["sql", "--batch", "questions.jsonl", "--tables", "tables.json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let out: Vec<&str> = ran.out.split_terminator('\n').collect();
    assert_eq!(out.len(), 9);
    for (place, line) in out.iter().enumerate() {
        let good = [0, 1, 8].contains(&place);
        assert_eq!(!line.is_empty(), good, "line {}: {line}", place + 1);
        assert_eq!(ran.err.contains(&format!("questions.jsonl:{}: ", place + 1)), !good, "{}", ran.err);
    }
    assert!(out[1].to_lowercase().contains("pet"));
    let single = place.argiope(&["sql", "--tables", "tables.json", "--db-id", "pets", "How many pets?"]).done();
    assert_eq!(single.trim_end(), out[1], "a batch answers as a single question does");
}

#[test]
fn batches_print_json_and_need_no_db_id_with_one_schema() {
    let place = Place::new("batch-json");
    place.write("questions.jsonl", "{\"question\": \"How many singers?\"}\r\n{\"question\": \"Who?\"}");
    let out = place.argiope(&["sql", "--batch", "questions.jsonl", "--schema", "schema.sql", "--json"]).done();
    assert_eq!(out.lines().count(), 2);
    for line in out.lines() {
        valid(&serde_json::from_str::<argiope::serve::AnswerBody>(line).unwrap().sql, Dialect::Sqlite);
    }
    place.write("empty.jsonl", "");
    assert_eq!(place.argiope(&["sql", "--batch", "empty.jsonl", "--schema", "schema.sql"]).done(), "");
    place.argiope(&["sql", "--batch", "none.jsonl", "--schema", "schema.sql"]).failed(2, "none.jsonl");
}

#[test]
fn bad_schemas_and_questions_are_explained() {
    let place = Place::new("bad");
    let ask = |file: &str, question: &str| place.argiope(&["sql", "--schema", file, question]);
    ask("schema.sql", "").failed(2, "error: ");
    ask("none.sql", "How many?").failed(2, "none.sql");
    place.write("empty.sql", "");
    ask("empty.sql", "How many?").failed(2, "hint: give CREATE TABLE text");
    place.write("words.sql", "this is no SQL at all");
    ask("words.sql", "How many?").failed(2, "the schema cannot be read");
    place.write("binary.sql", [0u8, 159, 146, 150, 0, 1, 2]);
    ask("binary.sql", "How many?").failed(2, "binary.sql");
    ask("singers.sqlite", "How many?").failed(2, "give it as --db");
    place.write("twice.sql", "CREATE TABLE a (x int); CREATE TABLE A (y int); CREATE TABLE b (z int, Z int);");
    let ran = ask("twice.sql", "How many?");
    assert_eq!(ran.code, 2);
    place.write("words.sqlite", "no database");
    place.argiope(&["sql", "--db", "words.sqlite", "How many?"]).failed(2, "words.sqlite");
    place.write("tables.json", "[{]");
    place.argiope(&["sql", "--tables", "tables.json", "How many?"]).failed(2, "error: ");
}

#[test]
fn missing_and_cut_weights_are_explained() {
    let place = Place::new("weights");
    let ask = |model: &str| place.argiope(&["sql", "--model", model, "--schema", "schema.sql", "How many?"]);
    ask("nothing").failed(2, "models found: sql-small");
    ask("./nothing").failed(2, "no such folder");
    let weights = place.path("weights/sql-small/model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &whole[..whole.len() - 100]).unwrap();
    ask("sql-small").failed(2, "model.safetensors");
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&weights, changed).unwrap();
    ask("sql-small").failed(2, "model.safetensors");
    std::fs::remove_file(&weights).unwrap();
    ask("sql-small").failed(2, "missing: model.safetensors");
    let listed = place.argiope(&["models"]).done();
    assert!(listed.starts_with("sql-small\t") && listed.contains("missing: model.safetensors"), "{listed}");
}

#[test]
fn flags_go_before_environment_before_file() {
    let place = Place::new("settings");
    let base = ["sql", "--schema", "schema.sql", "How many?"];
    place.write("config.json", r#"{"model": "from-file"}"#);
    let with_file = [base.as_slice(), &["--config", "config.json"]].concat();
    place.argiope(&with_file).failed(2, "from-file");
    place.argiope_with(&with_file, &[("ARGIOPE_MODEL", "from-environment")]).failed(2, "from-environment");
    let with_flag = [with_file.as_slice(), &["--model", "from-flag"]].concat();
    place.argiope_with(&with_flag, &[("ARGIOPE_MODEL", "from-environment")]).failed(2, "from-flag");
    place.argiope_with(&base, &[("ARGIOPE_CONFIG", "config.json")]).failed(2, "from-file");
    place.write("config.json", r#"{"modle": "x"}"#);
    place.argiope(&with_file).failed(2, "modle");
    place.argiope(&[base.as_slice(), &["--device", "tpu"]].concat()).failed(2, "cuda:N");
    place.argiope(&[base.as_slice(), &["--beam-width", "0"]].concat()).failed(2, "beam_width");
}

#[test]
fn a_wrong_use_is_code_2() {
    let place = Place::new("usage");
    for arguments in [
        &["sql"][..],
        &["sql", "--nonsense"],
        &["sql", "--schema", "a", "--db", "b", "q"],
        &["sql", "--batch", "a", "q"],
        &["sql", "--db-id", "x", "q"],
        &["nonsense"],
        &["serve", "--addr", "nowhere"],
    ] {
        assert_eq!(place.argiope(arguments).code, 2, "{arguments:?}");
    }
}

/// Starts on a port of the system's choice, answers, says nothing of the question in its log, and ends when told to.
#[cfg(unix)]
#[test]
fn the_server_starts_answers_and_stops() {
    let place = Place::new("serve");
    let mut server = std::process::Command::new(assert_cmd::cargo::cargo_bin("argiope"))
        .args(["serve", "--addr", "127.0.0.1:0", "--queue", "2"])
        .env_clear()
        .env("HOME", &place.0)
        .env("ARGIOPE_LOG", "debug")
        .env("ARGIOPE_WEIGHTS", place.path("weights"))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    let mut lines = String::new();
    while !lines.contains("listening on http://") {
        assert!(log.read_line(&mut lines).unwrap() > 0, "{lines}");
    }
    let addr = lines.trim_end().rsplit("http://").next().unwrap().to_owned();
    while !http(&addr, "GET", "/ready", "").starts_with("HTTP/1.1 200") {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let body = serde_json::json!({"question": "How many zebras?", "schema": {"ddl": DDL}}).to_string();
    assert!(http(&addr, "POST", "/sql", &body).contains("\"sql\""));
    assert!(http(&addr, "POST", "/sql", "{zebras").starts_with("HTTP/1.1 400"));
    let told = std::process::Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
    log.read_to_string(&mut lines).unwrap();
    let told = ["zebra", "SELECT", "singer"].iter().any(|word| lines.contains(word));
    assert!(lines.contains("responded") && !told, "{lines}");
    place.argiope(&["serve", "--addr", "127.0.0.1:0", "--model", "nothing"]).failed(2, "no such model");
}

/// One request on a connection of its own.
#[cfg(unix)]
fn http(addr: &str, method: &str, path: &str, body: &str) -> String {
    let mut connection = std::net::TcpStream::connect(addr).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}", body.len());
    connection.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut reply = String::new();
    connection.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn an_address_in_use_is_an_error() {
    let place = Place::new("address");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    place.argiope(&["serve", "--addr", &addr]).failed(2, &format!("listening on {addr}"));
}

#[test]
fn every_command_and_flag_is_documented() {
    let docs = std::fs::read_to_string(root().join("docs/cli.md")).unwrap();
    let mut cli = Cli::command();
    cli.build();
    for command in cli.get_subcommands().filter(|command| command.get_name() != "help") {
        assert!(docs.contains(&format!("argiope {}", command.get_name())), "docs/cli.md lacks {}", command.get_name());
        for flag in command.get_arguments().filter_map(|argument| argument.get_long()) {
            let known = flag == "help" || docs.contains(&format!("`--{flag}"));
            assert!(known, "docs/cli.md lacks --{flag} of {}", command.get_name());
        }
    }
}
