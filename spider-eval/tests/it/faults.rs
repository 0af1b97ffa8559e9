//! Hostile and broken input: nothing is touched, nothing hangs, every complaint names its place.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use rusqlite::Connection;
use spider_eval::exec::batch::{self, Options, Pair};
use spider_eval::exec::{Failure, Limits, Outcome, Session, file_hash};

/// A folder of its own with `zoo/zoo.sqlite`, removed in the end.
struct Zoo(PathBuf);

impl Zoo {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("zoo-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("zoo")).unwrap();
        let zoo = Self(folder);
        let connection = Connection::open(zoo.database()).unwrap();
        let setup = "CREATE TABLE animal (id INTEGER, name TEXT); INSERT INTO animal VALUES (1, 'ox'), (2, 'ant');
            INSERT INTO animal SELECT 3, CAST(x'c36fff78' AS TEXT);
            CREATE TABLE many AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000) SELECT x FROM n;";
        connection.execute_batch(setup).unwrap();
        std::fs::write(
            zoo.0.join("tables.json"),
            r#"[{"db_id":"zoo","table_names_original":["animal","many"],"column_names_original":[[-1,"*"],[0,"id"],[0,"name"],[1,"x"]],"foreign_keys":[]}]"#,
        )
        .unwrap();
        zoo
    }

    fn database(&self) -> PathBuf {
        self.0.join("zoo/zoo.sqlite")
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn score(&self, gold: &str, predictions: &str) -> (i32, String, String) {
        let (gold, predictions) = (self.write("gold.sql", gold), self.write("pred.sql", predictions));
        let mut command = Command::cargo_bin("spider-eval").unwrap();
        command.arg("score").arg("--gold").arg(gold).arg("--pred").arg(predictions);
        command.arg("--tables").arg(self.0.join("tables.json")).arg("--databases").arg(&self.0);
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }
}

impl Drop for Zoo {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn outcome(folder: &Path, gold: &str, predicted: &str) -> Outcome {
    let limits = Limits { time: Duration::from_millis(300), bytes: 32 << 20, ..Limits::default() };
    let options = Options { databases: folder.to_owned(), cache: None, limits };
    let executed = batch::run(&[Pair { db_id: "zoo", gold, predicted }], &options).unwrap();
    executed.into_iter().next().unwrap().official
}

#[test]
fn hostile_queries_do_no_harm() {
    let zoo = Zoo::new("hostile");
    let before = file_hash(&zoo.database()).unwrap();
    let stolen = zoo.0.join("stolen.sqlite");
    for predicted in [
        "DROP TABLE animal",
        "DELETE FROM animal",
        "UPDATE animal SET id = 0",
        "CREATE TABLE x (y)",
        "CREATE TEMP TABLE x (y)",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = 1",
        &format!("ATTACH '{}' AS stolen", stolen.display()),
        &format!("VACUUM INTO '{}'", stolen.display()),
        "SELECT load_extension('x')",
        "BEGIN",
        "SELECT writefile('x', 'y')",
        "",
        "no SQL at all",
        "SELECT name FROM animal WHERE (((",
        "SELECT nothing FROM animal",
        "SELECT id FROM nowhere",
    ] {
        let found = outcome(&zoo.0, "SELECT name FROM animal", predicted);
        assert!(matches!(found, Outcome::Failed(_)), "{predicted}: {found:?}");
    }
    assert_eq!(before, file_hash(&zoo.database()).unwrap());
    assert!(!stolen.exists());
}

#[test]
fn bombs_are_defused_in_time() {
    let zoo = Zoo::new("bombs");
    let gold = "SELECT count(*) FROM animal";
    for predicted in [
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
        "SELECT count(*) FROM many a, many b, many c WHERE a.x + b.x + c.x < 0",
        "SELECT group_concat(a.x) FROM many a, many b, many c",
        "SELECT count(*) FROM many a, many b, many c, many d ORDER BY random()",
        "SELECT hex(zeroblob(500000000))",
    ] {
        let begin = Instant::now();
        let found = outcome(&zoo.0, gold, predicted);
        assert!(matches!(found, Outcome::Failed(_)), "{predicted}: {found:?}");
        assert!(begin.elapsed() < Duration::from_secs(5), "{predicted}: {:?}", begin.elapsed());
    }
    let found = outcome(&zoo.0, gold, "SELECT a.x FROM many a, many b, many c");
    assert_eq!(found, Outcome::Different, "more rows than gold: stopped at once");
    let found = outcome(&zoo.0, "SELECT x FROM many", "SELECT replace(hex(zeroblob(30000)), '0', 'yy') FROM many");
    assert_eq!(found, Outcome::Failed(Failure::Bytes(32 << 20)));
}

#[test]
fn undecodable_text_is_read_without_its_bad_bytes() {
    let zoo = Zoo::new("bytes");
    let session = Session::open(&zoo.database()).unwrap();
    let rows = session.run("SELECT name FROM animal WHERE id = 3", Limits::default()).unwrap();
    assert_eq!(rows.cells, [spider_eval::exec::Value::Text("ox".into())]);
}

#[test]
fn files_that_do_not_fit_are_refused_with_their_place() {
    let zoo = Zoo::new("files");
    let gold = "SELECT name FROM animal\tzoo\nSELECT id FROM animal\tzoo\n";
    let check = |gold: &str, predictions: &str, expected: &str| {
        let (code, _, errors) = zoo.score(gold, predictions);
        assert_eq!(code, 2, "{errors}");
        assert!(errors.contains(expected), "{errors}");
    };
    check(gold, "SELECT 1\n", "pred.sql:2: this line is missing");
    check(gold, "SELECT 1\n\nSELECT 2\n", "pred.sql:3: this line is one too many");
    check(gold, "SELECT 1\nSELECT 2\tfarm\n", "pred.sql:2: a prediction for database farm");
    check("SELECT name FROM animal\n", "SELECT 1\n", "gold.sql:1: not a query, a tab and a database");
    check("SELECT name FROM animal\tfarm\n", "SELECT 1\n", "database farm is not in the tables file");
    check("", "", "no gold queries");
    zoo.write(
        "zoo/zoo.sqlite",
        "this is text, and no database; it is long enough to have a header of its own, is it not?",
    );
    check(gold, "SELECT 1\nSELECT 2\n", "not a readable SQLite database");
    std::fs::remove_file(zoo.database()).unwrap();
    check(gold, "SELECT 1\nSELECT 2\n", "no such database");
    zoo.write("tables.json", "[{\"db_id\": 1}]");
    check(gold, "SELECT 1\nSELECT 2\n", "not a Spider tables.json");
}

#[test]
fn a_failing_gold_query_is_listed_and_counted() {
    let zoo = Zoo::new("gold");
    let gold = "SELECT name FROM animal\tzoo\nSELECT id FROM animal JOIN many ON animal.id = many.y\tzoo\n";
    let (code, table, errors) = zoo.score(gold, "SELECT name FROM animal\n\n");
    assert_eq!(code, 1);
    assert!(
        errors.contains("gold line 2 (zoo)") && errors.contains("1 examples have a gold query that fails"),
        "{errors}"
    );
    assert!(table.contains("0.500"), "{table}");
}
