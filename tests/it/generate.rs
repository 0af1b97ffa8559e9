//! Text to text through the doors, with tiny random checkpoints: the command line, `POST /generate`, and that both say
//! what the library says.

use crate::root;
use argiope::pipeline::{NumberFormat, Places, Summariser, TextEngine, TextModel, TextOptions, TextRequest};
use argiope::serve::{ErrorBody, GeneratedBody, Load, Models, ServeSettings, Service, app};
use assert_cmd::Command;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tower::ServiceExt;

/// A folder of one test with checkpoints below `weights`.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("generate-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        for family in ["t5", "marian"] {
            write_checkpoint(&folder.join("weights").join(family), family);
        }
        Self(folder)
    }

    fn folder(&self, family: &str) -> PathBuf {
        self.0.join("weights").join(family)
    }

    fn engine(&self, family: &str) -> TextEngine {
        let entry = Places::new(vec![self.0.join("weights")]).entry(family).unwrap();
        TextEngine::load(entry, TextOptions::default()).unwrap()
    }

    /// The binary in this folder: exit code, stdout, stderr.
    fn argiope(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::cargo_bin("argiope").unwrap();
        command.current_dir(&self.0).env_clear().env("HOME", &self.0).env("ARGIOPE_WEIGHTS", self.0.join("weights"));
        let output = command.args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    fn check_fails(&self, arguments: &[&str], words: &[&str]) {
        let (code, out, err) = self.argiope(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(words.iter().all(|word| err.contains(word)) && !err.contains("panicked"), "{words:?}: {err}");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The fixture's network with a tokenizer of single letters.
fn write_checkpoint(folder: &Path, family: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let fixture = root().join("tests/data/hub").join(family);
    for file in ["config.json", "generation_config.json", "model.safetensors"] {
        std::fs::copy(fixture.join(file), folder.join(file)).unwrap();
    }
    let config: Value = serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
    let id = |key: &str| config[key].as_u64().unwrap();
    let special = [id("pad_token_id"), id("eos_token_id"), 1];
    let mut letters = (' '..='~').chain('À'..);
    let piece = |id: u64| {
        let letter = if special.contains(&id) { format!("<{id}>") } else { letters.next().unwrap().to_string() };
        (letter, id)
    };
    let vocabulary: BTreeMap<String, u64> = (0..id("vocab_size")).map(piece).collect();
    let added = |id: &u64| {
        json!({"id": id, "content": format!("<{id}>"), "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true})
    };
    let end = format!("<{}>", id("eos_token_id"));
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "pre_tokenizer": null,
        "added_tokens": special.iter().map(added).collect::<Vec<_>>(),
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": end, "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {end.clone(): {"id": end, "ids": [id("eos_token_id")], "tokens": [end]}}},
        "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "dropout": null, "unk_token": "<1>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "vocab": vocabulary, "merges": []},
    });
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
}

const TEXTS: [&str; 4] = ["translate: A house.", "The spider writes", "x", "How many singers are there?"];

#[test]
fn a_text_gets_what_the_library_says() {
    let place = Place::new("one");
    let model = TextModel::load(&place.folder("t5"), TextOptions::default()).unwrap();
    for text in TEXTS {
        let expected = &model.generate(&[text], model.settings()).unwrap()[0];
        let (code, out, err) = place.argiope(&["generate", "--model", "t5", text]);
        assert_eq!((code, out.trim_end_matches('\n')), (0, expected.text.as_str()), "{err}");
        assert!(!out.contains("<29>") && !out.contains("<0>"), "special pieces are left out: {out}");
    }
    let folder = place.folder("marian");
    let (code, out, err) = place.argiope(&["generate", "--json", "--model", folder.to_str().unwrap(), "x"]);
    let answer: GeneratedBody = serde_json::from_str(&out).unwrap();
    assert_eq!((code, answer.model.as_str(), answer.alternatives.len()), (0, "marian", 0), "{err}");
    assert!(answer.timing_ms.total >= answer.timing_ms.encode + answer.timing_ms.decode);
}

#[test]
fn a_checkpoint_summarises_by_its_task() {
    let place = Place::new("summary");
    let config = place.folder("t5").join("config.json");
    let mut described: Value = serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    described["task_specific_params"] = json!({"summarization": {"prefix": "sum: ", "num_beams": 2, "max_length": 30}});
    std::fs::write(&config, described.to_string()).unwrap();
    let model = TextModel::load(&place.folder("t5"), TextOptions::default()).unwrap();
    let article = "The old bridge fell into the river. Nobody was hurt.";
    std::fs::write(place.0.join("bridge.story"), format!("{article}\n\n@highlight\n\nThe bridge fell")).unwrap();
    let task = &model.tasks()["summarization"];
    let expected = model.generate(&[&format!("sum: {article}")], &task.settings).unwrap().remove(0).text;

    let (code, out, err) = place.argiope(&["summarize", "--model", "t5", "--json", "--score", "bridge.story"]);
    let answer: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {err}"));
    assert_eq!(
        (code, answer["model"].as_str(), answer["sentences"].as_array().map(Vec::len)),
        (0, Some("t5"), Some(0))
    );
    assert!(answer["rouge"]["rouge1"].is_number(), "{out}");
    let summary = answer["summary"].as_str().unwrap();
    assert!(summary.lines().all(|line| expected.contains(line)), "{summary:?} is not {expected:?}");
    assert!(err.contains("written freely by t5"), "{err}");
    let (code, out, _) = place.argiope(&["summarize", "--model", "t5", "bridge.story"]);
    assert_eq!((code, out.trim_end_matches('\n')), (0, summary));
    place.check_fails(&["summarize", "--model", "t5", "--method", "extract", "bridge.story"], &["writes freely"]);
}

#[test]
fn flags_go_before_the_file() {
    let place = Place::new("flags");
    let mut settings = TextModel::load(&place.folder("t5"), TextOptions::default()).unwrap().settings().clone();
    (settings.beam_width, settings.n_best, settings.max_new_tokens) = (3, 3, Some(7));
    let model = TextModel::load(&place.folder("t5"), TextOptions::default()).unwrap();
    let expected = model.generate(&[TEXTS[0]], &settings).unwrap().remove(0);
    let flags = ["generate", "--model", "t5", "--json", "--beam-width", "3", "--max-tokens", "7", TEXTS[0]];
    let answer: GeneratedBody = serde_json::from_str(&place.argiope(&flags).1).unwrap();
    assert_eq!(answer.text, expected.text);
    let others: Vec<_> = answer.alternatives.iter().map(|other| (other.text.clone(), other.score)).collect();
    assert_eq!(others, expected.alternatives.iter().map(|other| (other.text.clone(), other.score)).collect::<Vec<_>>());
    assert_eq!(others.len(), 2);
    assert!(answer.text.chars().count() <= 7);
}

#[test]
fn weights_are_kept_as_asked() {
    let place = Place::new("numbers");
    let options = TextOptions { format: NumberFormat::Int8, ..TextOptions::default() };
    let model = TextModel::load(&place.folder("t5"), options).unwrap();
    let expected = &model.generate(&[TEXTS[0]], model.settings()).unwrap()[0];
    let (code, out, err) = place.argiope(&["generate", "--model", "t5", "--number-format", "int8", TEXTS[0]]);
    assert_eq!((code, out.trim_end_matches('\n')), (0, expected.text.as_str()), "{err}");
    let (code, _, err) = place.argiope(&["generate", "--model", "t5", "--number-format", "q4", TEXTS[0]]);
    assert!(code == 2 && err.contains("known are auto, f32"), "{err}");
}

#[test]
fn a_file_keeps_its_order_and_goes_on_after_bad_lines() {
    let place = Place::new("batch");
    let mut lines: Vec<Vec<u8>> = TEXTS.iter().map(|text| json!({"text": text, "id": 3}).to_string().into()).collect();
    lines.insert(1, b"not json".to_vec());
    lines.insert(3, br#"{"text": "  "}"#.to_vec());
    lines.insert(4, b"{\"text\": \"\xff\"}".to_vec());
    lines.push(Vec::new());
    lines.extend((0..8).map(|number| json!({"text": format!("text {number}")}).to_string().into()));
    std::fs::write(place.0.join("texts.jsonl"), lines.join(&b'\n')).unwrap();
    let (code, out, err) = place.argiope(&["generate", "--model", "t5", "--batch", "texts.jsonl"]);
    assert_eq!((code, out.split('\n').count()), (1, lines.len() + 1), "{err}");
    let bad = [1, 3, 4, 7];
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(err.contains(&format!("texts.jsonl:{}: ", number + 1)), bad.contains(&number), "{err}");
        let got = out.split('\n').nth(number).unwrap();
        if bad.contains(&number) {
            assert_eq!(got, "");
        } else {
            let text = serde_json::from_slice::<Value>(line).unwrap()["text"].as_str().unwrap().to_owned();
            let single = &place.engine("t5").answer(&[&text], &TextRequest::default()).unwrap()[0];
            assert_eq!(got, single.text, "a batch answers as a single text does");
        }
    }
    std::fs::write(place.0.join("two.jsonl"), "{\"text\": \"a\"}\r\n{\"text\": \"b\"}").unwrap();
    let (code, out, _) = place.argiope(&["generate", "--model", "t5", "--json", "--batch", "two.jsonl"]);
    assert_eq!((code, out.lines().count()), (0, 2));
    assert!(out.lines().all(|line| serde_json::from_str::<GeneratedBody>(line).is_ok()));
}

#[test]
fn what_cannot_be_is_explained() {
    let place = Place::new("bad");
    place.check_fails(&["generate", "x"], &["--model must name"]);
    place.check_fails(&["generate", "--model", "none", "x"], &["models found: marian, t5"]);
    place.check_fails(&["generate", "--model", "a/b", "x"], &["`argiope fetch a/b` brings it"]);
    place.check_fails(&["generate", "--model", "t5"], &["TEXT"]);
    place.check_fails(&["generate", "--model", "t5", ""], &["the text is empty"]);
    place.check_fails(&["generate", "--model", "t5", "--max-tokens", "0", "x"], &["max_tokens"]);
    place.check_fails(&["generate", "--model", "t5", "--batch", "none.jsonl"], &["none.jsonl"]);
    place.check_fails(&["sql", "--model", "t5", "--schema", "s.sql", "x"], &["error: "]);
    let config = place.folder("t5").join("config.json");
    std::fs::write(&config, r#"{"model_type": "bert"}"#).unwrap();
    place.check_fails(&["generate", "--model", "t5", "x"], &["no text-to-text model", "bert"]);
    std::fs::write(&config, "{").unwrap();
    place.check_fails(&["generate", "--model", "t5", "x"], &["t5"]);
}

#[test]
fn what_is_not_read_is_said() {
    let place = Place::new("long");
    let text = "spider ".repeat(100);
    let (code, out, err) = place.argiope(&["generate", "--model", "marian", "--max-tokens", "1", "--json", &text]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(serde_json::from_str::<GeneratedBody>(&out).unwrap().notes.len(), 1);
    assert!(err.contains("note: ") && err.contains("not read"), "{err}");
}

/// A router over checkpoints.
async fn serve(place: &Place, settings: ServeSettings) -> Router {
    let load = |family: &str| {
        let entry = Places::new(vec![place.0.join("weights")]).entry(family).unwrap();
        let load: Load<TextEngine> = Box::new(move || TextEngine::load(entry, TextOptions::default()));
        (family.to_owned(), load)
    };
    let models = Models {
        sql: Box::new(|| Ok(crate::fake::engine())),
        sql_entry: None,
        summaries: Box::new(|| Ok(Summariser::without_model())),
        texts: vec![load("t5"), load("marian")],
    };
    let (service, loaded) = Service::start_all(settings, models).unwrap();
    loaded.await.unwrap().unwrap();
    app(service)
}

async fn send(app: &Router, method: &str, path: &str, body: String) -> (u16, Vec<u8>, bool) {
    let request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let (status, again) = (response.status().as_u16(), response.headers().contains_key(header::RETRY_AFTER));
    (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec(), again)
}

async fn generate(app: &Router, body: &Value) -> GeneratedBody {
    let (status, body, _) = send(app, "POST", "/generate", body.to_string()).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

async fn check_refused(app: &Router, body: &Value, status: u16, code: &str, words: &str) {
    let (found, body, _) = send(app, "POST", "/generate", body.to_string()).await;
    let error: ErrorBody = serde_json::from_slice(&body).unwrap();
    assert_eq!((found, error.error.code.as_str()), (status, code), "{error:?}");
    assert!(error.error.message.contains(words), "{error:?}");
}

#[tokio::test]
async fn the_route_answers_as_the_library_does() {
    let place = Place::new("route");
    let app = serve(&place, ServeSettings::default()).await;
    for family in ["t5", "marian"] {
        let engine = place.engine(family);
        for text in &TEXTS[..2] {
            let expected = &engine.answer(&[text], &TextRequest::default()).unwrap()[0];
            let answer = generate(&app, &json!({"text": text, "model": family})).await;
            assert_eq!((answer.text, answer.model.as_str()), (expected.text.clone(), family));
        }
    }
    let body = json!({"text": TEXTS[1], "model": "t5", "beam_width": 4, "max_tokens": 9});
    let answer = generate(&app, &body).await;
    assert_eq!(answer.alternatives.len(), 3);
    assert!(answer.alternatives.is_sorted_by(|a, b| a.score >= b.score));
    assert_eq!(generate(&app, &body).await.alternatives, answer.alternatives);
}

#[tokio::test]
async fn bad_requests_are_refused_and_the_next_is_served() {
    let place = Place::new("refused");
    let app = serve(&place, ServeSettings { max_body_bytes: 2_000, ..ServeSettings::default() }).await;
    let good = json!({"text": "x", "model": "t5"});
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    check_refused(&app, &with("model", "t6".into()), 422, "input", "t5, marian").await;
    check_refused(&app, &with("text", " ".into()), 422, "input", "empty").await;
    check_refused(&app, &with("beam_width", 0.into()), 422, "input", "beam_width").await;
    check_refused(&app, &with("beam_width", 33.into()), 422, "input", "1 to 32").await;
    check_refused(&app, &with("max_tokens", 0.into()), 422, "input", "max_tokens").await;
    check_refused(&app, &with("max_tokens", 2049.into()), 422, "input", "2048").await;
    check_refused(&app, &with("max_token", 3.into()), 400, "unreadable", "max_token").await;
    check_refused(&app, &json!({"text": "x"}), 400, "unreadable", "model").await;
    check_refused(&app, &with("text", "x".repeat(3_000).into()), 413, "too_large", "2000").await;
    generate(&app, &good).await;
    let no_summaries = || Ok(Summariser::without_model());
    let none = Service::start(ServeSettings::default(), || Ok(crate::fake::engine()), no_summaries).unwrap();
    none.1.await.unwrap().unwrap();
    check_refused(&argiope::serve::app(none.0), &good, 422, "input", "--text-model").await;
}

#[tokio::test]
async fn a_full_queue_is_429_and_a_passed_deadline_504() {
    let place = Place::new("busy");
    // Nothing passes its deadline here, however slow the machine is.
    let deadline = Duration::from_secs(3_600);
    let app = serve(&place, ServeSettings { queue: 1, deadline, ..ServeSettings::default() }).await;
    let body = json!({"text": "spider ".repeat(300), "model": "t5", "max_tokens": 5}).to_string();
    let ask = |_: usize| {
        let (app, body) = (app.clone(), body.clone());
        tokio::spawn(async move { send(&app, "POST", "/generate", body).await })
    };
    let (mut answered, mut refused) = (0, 0);
    for task in (0..20).map(ask).collect::<Vec<_>>() {
        match task.await.unwrap() {
            (200, ..) => answered += 1,
            (429, _, true) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(answered >= 1 && refused >= 1, "{answered} answered, {refused} refused");
    let app = serve(&place, ServeSettings { deadline: Duration::ZERO, ..ServeSettings::default() }).await;
    // Long enough that the model is not done before the answer is first asked for.
    check_refused(&app, &json!({"text": "x ".repeat(600), "model": "t5"}), 504, "deadline", "0 ms").await;
}

#[tokio::test]
async fn loaded_models_are_told() {
    let place = Place::new("told");
    std::fs::write(place.folder("t5").join("README.md"), "---\nlicense: mit\npipeline_tag: translation\n---").unwrap();
    let app = serve(&place, ServeSettings::default()).await;
    assert_eq!(send(&app, "GET", "/ready", String::new()).await.0, 200);
    let (_, body, _) = send(&app, "GET", "/models", String::new()).await;
    let told: Value = serde_json::from_slice(&body).unwrap();
    let sum = |family: &str| {
        let files = std::fs::read_dir(place.folder(family)).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>()
    };
    let expected = json!({"models": [
        {"name": "fake", "route": "/sql"},
        {"name": "t5", "route": "/generate", "architecture": "t5", "task": "translation", "bytes": sum("t5"), "licence": "mit"},
        {"name": "marian", "route": "/generate", "architecture": "marian", "bytes": sum("marian")},
    ]});
    assert_eq!(told, expected);
}

#[test]
fn serve_takes_several_text_models() {
    let place = Place::new("several");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    crate::tiny::write(&place.0.join("weights"), "sql-small");
    let serve = ["serve", "--addr", addr.as_str()];
    let with = |models: &[&'static str]| [serve.as_slice(), models].concat();
    place.check_fails(&with(&["--text-model", "t5", "--text-model", "marian"]), &["listening on"]);
    place.check_fails(&with(&["--text-model", "t5", "--text-model", "t5"]), &["two text models have the name t5"]);
    place.check_fails(&with(&["--text-model", "none"]), &["no such model"]);
}
