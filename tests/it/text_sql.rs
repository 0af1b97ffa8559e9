//! `argiope sql` with a text-to-text checkpoint: tiny random weights, so the grammar alone makes SQL of it.

use argiope::pipeline::{Answer, DeviceChoice, Dialect, Engine, InputFormat, Request, load};
use argiope::sql;
use std::fs;
use std::path::{Path, PathBuf};

/// Pieces of the tiny checkpoint.
const PIECES: usize = 203;
/// The piece that ends a text.
const END: usize = 29;

/// A tokenizer for the tiny checkpoint: every printable character and some words.
fn tokenizer() -> serde_json::Value {
    let words = [
        "▁",
        "▁select",
        "▁from",
        "▁where",
        "▁count",
        "▁T",
        "▁as",
        "▁join",
        "▁on",
        "▁(",
        "▁and",
        "▁in",
        "▁not",
        "▁order",
        "▁by",
        "▁group",
        "(*)",
        "name",
        "id",
        "▁union",
        "▁distinct",
        "▁name",
        "▁id",
        "_id",
        "▁limit",
        "'s",
        "▁is",
    ];
    let characters = ('!'..='~').map(String::from);
    let mut rest = characters.chain(words.map(String::from)).chain((0..).map(|number| format!("piece{number}")));
    let piece = |id: usize| match id {
        0 => "<pad>".to_owned(),
        1 => "<unk>".to_owned(),
        END => "</s>".to_owned(),
        _ => rest.next().unwrap_or_default(),
    };
    let vocabulary: Vec<_> = (0..PIECES).map(piece).map(|piece| serde_json::json!([piece, -2.0])).collect();
    let special = |id: usize, content: &str| {
        serde_json::json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true})
    };
    let space = serde_json::json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true});
    serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "post_processor": null,
        "added_tokens": [special(0, "<pad>"), special(1, "<unk>"), special(END, "</s>")],
        "pre_tokenizer": space, "decoder": space,
        "model": {"type": "Unigram", "unk_id": 1, "vocab": vocabulary, "byte_fallback": false},
    })
}

/// A folder with the tiny checkpoint, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, card: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("argiope_{name}_{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for file in ["config.json", "generation_config.json", "model.safetensors"] {
            fs::copy(crate::root().join("tests/data/hub/t5").join(file), folder.join(file)).unwrap();
        }
        fs::write(folder.join("tokenizer.json"), tokenizer().to_string()).unwrap();
        fs::write(folder.join("README.md"), card).unwrap();
        Self(folder)
    }

    fn engine(&self) -> Engine {
        load(&self.0, DeviceChoice::Cpu).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn check(engine: &Engine, text: &str, dialect: Dialect, input: Option<InputFormat>) {
    let (schema, notes) = sql::ddl::read(text, "Pets_1").unwrap();
    let prepared = engine.prepare(schema.clone(), notes).unwrap();
    let request =
        Request { dialect, input, beam_width: 2, n_best: 2, ..Request::new("How many pets are there?", &prepared) };
    let answer = engine.answer(&request).unwrap();
    let texts = std::iter::once(&answer.sql).chain(answer.alternatives.iter().map(|other| &other.sql));
    for text in texts {
        assert_eq!(sql::check(text, dialect, &schema), Ok(()), "{text}");
    }
    assert!((0.0..=1.0).contains(&answer.confidence) && !answer.completed, "{answer:?}");
    assert_eq!(answer, Answer { timing: answer.timing, ..engine.answer(&request).unwrap() }, "the same again");
}

const PETS: &str = "CREATE TABLE pet (id INTEGER PRIMARY KEY, name TEXT, owner_id INTEGER REFERENCES owner(id));
    CREATE TABLE owner (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);";

#[test]
fn random_weights_write_valid_sql() {
    let folder = Folder::new("text_sql", "A tiny model.");
    let engine = folder.engine();
    for dialect in Dialect::ALL {
        check(&engine, PETS, dialect, None);
    }
    check(&engine, PETS, Dialect::Sqlite, Some(InputFormat::Picard));
}

#[test]
fn the_command_takes_a_folder_with_a_text_model() {
    let folder = Folder::new("text_sql_command", "Trained on Spider for PICARD.");
    let schema = folder.0.join("pets.sql");
    fs::write(&schema, PETS).unwrap();
    let printed = run(&["sql", "--schema", path(&schema), "--model", path(&folder.0), "How many pets?"]);
    let (schema, _) = sql::ddl::read(PETS, "pets").unwrap();
    assert_eq!(sql::check(printed.trim(), Dialect::Sqlite, &schema), Ok(()), "{printed}");
    let file = folder.0.join("pets.sql");
    let plain = ["sql", "--schema", path(&file), "--model", path(&folder.0), "--input-format", "plain", "Names?"];
    assert_eq!(sql::check(run(&plain).trim(), Dialect::Sqlite, &schema), Ok(()));
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn run(arguments: &[&str]) -> String {
    let output = assert_cmd::Command::cargo_bin("argiope").unwrap().args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
