//! HTTP through the router itself, with a fake network: every status, every bad input, many requests at once.

use crate::fake;
use crate::root;
use argiope::Result;
use argiope::pipeline::{Engine, Summariser};
use argiope::serve::{
    AnswerBody, CODES, ErrorBody, ROUTES, ServeSettings, Service, SummaryBody, app, document, listen,
};
use argiope::sql::{Dialect, check};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tower::ServiceExt;

const DDL: &str = "CREATE TABLE singer (singer_id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
CREATE TABLE concert (concert_id INTEGER PRIMARY KEY, title TEXT, singer_id INTEGER REFERENCES singer (singer_id));";

/// A router whose model is loaded.
async fn ready(settings: ServeSettings) -> Router {
    let (service, loaded) = Service::start(settings, || Ok(fake::engine()), no_summaries).unwrap();
    loaded.await.unwrap().unwrap();
    app(service)
}

/// No model for summaries: the first sentences are all there is.
fn no_summaries() -> Result<Summariser> {
    Ok(Summariser::without_model())
}

async fn default() -> Router {
    ready(ServeSettings::default()).await
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn code(&self) -> String {
        let body: ErrorBody = serde_json::from_slice(&self.body).unwrap();
        body.error.code
    }

    fn answer(&self) -> AnswerBody {
        assert_eq!(self.status, StatusCode::OK, "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn send(app: &Router, method: &str, path: &str, body: impl Into<Body>) -> Reply {
    let request = Request::builder().method(method).uri(path).body(body.into()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Reply { status: parts.status, headers: parts.headers, body }
}

async fn ask(app: &Router, body: &Value) -> Reply {
    send(app, "POST", "/sql", body.to_string()).await
}

fn question(text: &str) -> Value {
    json!({"question": text, "schema": {"ddl": DDL}})
}

/// One request has this status and code; the next is served all the same.
async fn check_refused(app: &Router, body: impl Into<Body>, status: u16, code: &str) -> Reply {
    let reply = send(app, "POST", "/sql", body).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code), "{}", reply.json());
    ask(app, &question("How many singers are there?")).await.answer();
    reply
}

#[tokio::test]
async fn a_question_gets_valid_sql_with_scores_and_links() {
    let app = default().await;
    let mut body = question("What is the age of each singer?");
    body["n_best"] = 4.into();
    let answer = ask(&app, &body).await.answer();
    let (schema, _) = argiope::pipeline::read_ddl(DDL, "x").unwrap();
    for sql in answer.alternatives.iter().map(|other| &other.sql).chain([&answer.sql]) {
        check(sql, Dialect::Sqlite, &schema).unwrap();
    }
    // Fewer than asked for where several forms are written as one text.
    assert!((1..=3).contains(&answer.alternatives.len()));
    let scores: Vec<f64> =
        std::iter::once(answer.confidence).chain(answer.alternatives.iter().map(|other| other.score)).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b) && scores.iter().all(|score| (0.0..=1.0).contains(score)));
    assert!(scores.iter().sum::<f64>() <= 1.0 + 1e-9);
    let age = answer.links.iter().find(|link| link.text == "age" && link.column.as_deref() == Some("age")).unwrap();
    assert_eq!((age.start, age.end, age.kind.as_str(), age.table.as_str()), (12, 15, "exact", "singer"));
    assert_eq!(answer.model, "fake");
    assert!(answer.timing_ms.total >= answer.timing_ms.decode);
}

#[tokio::test]
async fn the_same_question_gets_the_same_answer() {
    let app = default().await;
    let first = ask(&app, &question("Which singers sing?")).await.answer();
    for _ in 0..3 {
        let again = ask(&app, &question("Which singers sing?")).await.answer();
        assert_eq!(
            (&again.sql, again.confidence, &again.alternatives),
            (&first.sql, first.confidence, &first.alternatives)
        );
    }
}

#[tokio::test]
async fn every_dialect_is_spoken() {
    let app = default().await;
    let (schema, _) = argiope::pipeline::read_ddl(DDL, "x").unwrap();
    for (name, dialect) in [("sqlite", Dialect::Sqlite), ("postgres", Dialect::Postgres), ("mysql", Dialect::MySql)] {
        let mut body = question("Which concerts are there?");
        body["dialect"] = name.into();
        check(&ask(&app, &body).await.answer().sql, dialect, &schema).unwrap();
    }
}

#[tokio::test]
async fn tables_may_come_as_json() {
    let app = default().await;
    let tables = json!([
        {"name": "Order Line", "label": "order line", "columns": [
            {"name": "nr", "type": "INTEGER"}, {"name": "größe", "type": "text", "samples": ["groß"], "comment": "size"}],
            "primary_key": ["nr"]},
        {"name": "select", "columns": [{"name": "from"}, {"name": "line"}],
            "foreign_keys": [{"columns": ["line"], "table": "Order Line", "references": ["nr"]}]}
    ]);
    let answer = ask(&app, &json!({"question": "Which lines?", "schema": {"tables": tables}})).await.answer();
    assert!(answer.sql.to_lowercase().starts_with("select"));
}

#[tokio::test]
async fn unreadable_bodies_are_400() {
    let app = default().await;
    check_refused(&app, vec![b'{', 0xff, 0xfe, b'}'], 400, "unreadable").await;
    check_refused(&app, "", 400, "unreadable").await;
    check_refused(&app, "{\"question\": ", 400, "unreadable").await;
    check_refused(&app, "[]", 400, "unreadable").await;
    check_refused(&app, "[".repeat(100_000), 400, "unreadable").await;
    check_refused(&app, json!({"question": 3, "schema": {"ddl": DDL}}).to_string(), 400, "unreadable").await;
    check_refused(&app, json!({"question": "q"}).to_string(), 400, "unreadable").await;
    let typo = json!({"question": "q", "schema": {"ddl": DDL}, "n_bset": 3}).to_string();
    let reply = check_refused(&app, typo, 400, "unreadable").await;
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains("n_bset"));
}

#[tokio::test]
async fn impossible_questions_are_422() {
    let app = default().await;
    for empty in ["", "  \n\t "] {
        check_refused(&app, question(empty).to_string(), 422, "input").await;
    }
    let mut body = question("How many?");
    body["n_best"] = 0.into();
    check_refused(&app, body.to_string(), 422, "input").await;
    body["n_best"] = 33.into();
    check_refused(&app, body.to_string(), 422, "input").await;
    body["n_best"] = 2.into();
    body["dialect"] = "oracle".into();
    check_refused(&app, body.to_string(), 422, "input").await;
    check_refused(&app, json!({"question": "q", "schema": {}}).to_string(), 422, "input").await;
    let both = json!({"question": "q", "schema": {"ddl": DDL, "tables": []}});
    check_refused(&app, both.to_string(), 422, "input").await;
}

#[tokio::test]
async fn unusable_schemas_are_422_with_all_findings() {
    let app = default().await;
    for ddl in ["", "   ", "hello world", "\u{0}\u{1}binary\u{2}", "DROP TABLE x;", "CREATE TABLE"] {
        let body = json!({"question": "q", "schema": {"ddl": ddl}});
        let reply = check_refused(&app, body.to_string(), 422, "schema").await;
        assert!(!reply.json()["error"]["details"].as_array().unwrap().is_empty());
    }
    check_refused(&app, json!({"question": "q", "schema": {"tables": []}}).to_string(), 422, "schema").await;
    let twice = json!({"question": "q", "schema": {"tables": [
        {"name": "a", "columns": [{"name": "x"}, {"name": "X"}]}, {"name": "A", "columns": [{"name": "y"}]}]}});
    let reply = check_refused(&app, twice.to_string(), 422, "schema").await;
    assert!(reply.json()["error"]["details"].as_array().unwrap().len() >= 2, "{}", reply.json());
}

#[tokio::test]
async fn odd_questions_are_answered() {
    let app = default().await;
    let long = "how many singers ".repeat(3_400);
    let odd = [
        "Wie viele Sänger gibt es?",
        "有多少歌手？",
        "Show O'Brien's concerts",
        "\"; DROP TABLE singer; --",
        "'; SELECT 1",
        "nan",
        "a\u{0}b",
        long.as_str(),
    ];
    let (schema, _) = argiope::pipeline::read_ddl(DDL, "x").unwrap();
    for text in odd {
        let answer = ask(&app, &question(text)).await.answer();
        check(&answer.sql, Dialect::Sqlite, &schema).unwrap();
    }
    for nothing in ["?", "🎤🎤🎤"] {
        check_refused(&app, question(nothing).to_string(), 422, "input").await;
    }
}

#[tokio::test]
async fn a_schema_of_500_tables_is_answered() {
    let app = default().await;
    let table = |number: usize| {
        let columns: Vec<Value> = (0..10).map(|place| json!({"name": format!("column_{place}_{number}")})).collect();
        json!({"name": format!("table_{number}"), "columns": columns})
    };
    let tables: Vec<Value> = (0..500).map(table).collect();
    let body = json!({"question": "Show column 3 of table 417", "schema": {"tables": tables}});
    let answer = ask(&app, &body).await.answer();
    assert!(!answer.notes.is_empty(), "what was left out is said");
}

#[tokio::test]
async fn too_large_bodies_are_413() {
    let settings = ServeSettings { max_body_bytes: 2_000, ..ServeSettings::default() };
    let app = ready(settings).await;
    check_refused(&app, "x".repeat(2_001), 413, "too_large").await;
}

/// Over a real connection: the length is not told before.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_in_pieces_is_cut_off_at_the_limit() {
    let settings = ServeSettings { max_body_bytes: 2_000, ..ServeSettings::default() };
    let (service, loaded) = Service::start(settings, || Ok(fake::engine()), no_summaries).unwrap();
    loaded.await.unwrap().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = tokio::spawn(listen(listener, service, std::future::pending()));
    let mut client = TcpStream::connect(addr).unwrap();
    client.write_all(b"POST /sql HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
    let piece = format!("3e8\r\n{}\r\n", "x".repeat(1_000));
    client.write_all(piece.repeat(3).as_bytes()).unwrap();
    let mut reply = [0; 12];
    client.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"HTTP/1.1 413");
    server.abort();
}

#[tokio::test]
async fn unknown_routes_and_methods_have_the_same_shape() {
    let app = default().await;
    let reply = send(&app, "GET", "/nowhere", "").await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "no_such_route"));
    let reply = send(&app, "GET", "/sql", "").await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (405, "wrong_method"));
}

#[tokio::test]
async fn a_panic_costs_one_answer() {
    let app = default().await;
    let reply = check_refused(&app, question("panic now").to_string(), 500, "internal").await;
    assert!(!String::from_utf8_lossy(&reply.body).contains("panic"));
    let metrics = send(&app, "GET", "/metrics", "").await;
    assert!(String::from_utf8_lossy(&metrics.body).contains("argiope_panics_total 1"));
}

#[tokio::test]
async fn late_answers_are_504_and_stop_the_work() {
    let app = ready(ServeSettings { deadline: Duration::from_millis(120), ..ServeSettings::default() }).await;
    let begin = std::time::Instant::now();
    let reply = ask(&app, &question("slow")).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (504, "deadline"));
    assert!(begin.elapsed() < Duration::from_secs(2));
    // The model is free again after the step it was in.
    tokio::time::sleep(fake::SLOW * 2).await;
    ask(&app, &question("How many singers?")).await.answer();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_once_on_a_queue_of_eight() {
    let app = ready(ServeSettings { queue: 8, ..ServeSettings::default() }).await;
    let send_one = |number: usize| {
        let app = app.clone();
        tokio::spawn(async move { ask(&app, &question(&format!("How many singers are older than {number}?"))).await })
    };
    let tasks: Vec<_> = (0..200).map(send_one).collect();
    let (mut answered, mut refused) = (0, 0);
    for task in tasks {
        let reply = task.await.unwrap();
        match reply.status.as_u16() {
            200 => answered += 1,
            429 => {
                assert_eq!(reply.code(), "busy");
                let seconds: u64 = reply.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
                assert!(seconds >= 1);
                refused += 1;
            }
            other => panic!("status {other}"),
        }
    }
    assert_eq!(answered + refused, 200);
    assert!(answered >= 8, "{answered} answered");
    ask(&app, &question("And now?")).await.answer();
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let app = ready(ServeSettings { queue: 1, ..ServeSettings::default() }).await;
    let slow = |_: usize| {
        let app = app.clone();
        tokio::spawn(async move { ask(&app, &question("slow slow")).await.status.as_u16() })
    };
    let mut statuses = Vec::new();
    for task in (0..6).map(slow).collect::<Vec<_>>() {
        statuses.push(task.await.unwrap());
    }
    assert!(statuses.contains(&429) && statuses.contains(&200), "{statuses:?}");
}

#[tokio::test]
async fn before_the_model_is_loaded_nothing_is_ready() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let load = move || -> Result<Engine> {
        wait.recv().unwrap();
        Ok(fake::engine())
    };
    let (service, loaded) = Service::start(ServeSettings::default(), load, no_summaries).unwrap();
    let app = app(service);
    assert_eq!(send(&app, "GET", "/health", "").await.status, StatusCode::OK);
    let not_yet = send(&app, "GET", "/ready", "").await;
    assert_eq!((not_yet.status.as_u16(), not_yet.code().as_str()), (503, "not_ready"));
    let refused = ask(&app, &question("How many?")).await;
    assert_eq!(refused.status.as_u16(), 503);
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(send(&app, "GET", "/models", "").await.json(), json!({"models": []}));
    go.send(()).unwrap();
    loaded.await.unwrap().unwrap();
    assert_eq!(send(&app, "GET", "/ready", "").await.status, StatusCode::OK);
    let models = send(&app, "GET", "/models", "").await.json();
    assert_eq!(models, json!({"models": [{"name": "fake", "route": "/sql"}]}));
    ask(&app, &question("How many?")).await.answer();
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_says_so() {
    let load = || Err(argiope::Error::weights("w", "cut"));
    let (service, loaded) = Service::start(ServeSettings::default(), load, no_summaries).unwrap();
    assert!(loaded.await.unwrap().unwrap_err().to_string().contains("cut"));
    assert_eq!(send(&app(service), "GET", "/ready", "").await.status.as_u16(), 503);
}

/// Over a real connection: the client leaves before its answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_is_skipped() {
    let (service, loaded) = Service::start(ServeSettings::default(), || Ok(fake::engine()), no_summaries).unwrap();
    loaded.await.unwrap().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let app = app(service.clone());
    let server = tokio::spawn(listen(listener, service, async move { drop(stopped.await) }));
    let body = question("slow slow").to_string();
    for _ in 0..3 {
        let mut client = TcpStream::connect(addr).unwrap();
        let head = format!("POST /sql HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
        client.write_all(format!("{head}{body}").as_bytes()).unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(client);
    }
    // One that says more than it sends.
    let mut client = TcpStream::connect(addr).unwrap();
    client.write_all(b"POST /sql HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{").unwrap();
    drop(client);
    let begin = std::time::Instant::now();
    ask(&app, &question("How many singers?")).await.answer();
    assert!(begin.elapsed() < fake::SLOW * 5, "the work for those who left goes on");
    let metrics = send(&app, "GET", "/metrics", "").await;
    let text = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(text.contains("argiope_skipped_total 3"), "{text}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert_eq!(send(&app, "GET", "/ready", "").await.status.as_u16(), 503);
}

#[tokio::test]
async fn an_article_gives_a_summary() {
    let app = default().await;
    let article =
        "(CNN) -- It – rained on the old town all day. Nobody at all was hurt. The trains ran late. Then it stopped.";
    let reply = send(&app, "POST", "/summarize", json!({"article": article}).to_string()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", String::from_utf8_lossy(&reply.body));
    let body: SummaryBody = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((body.sentences.len(), body.model.as_str()), (2, "lead"));
    let characters: Vec<char> = article.chars().collect();
    for line in &body.sentences {
        let source: String = characters[line.start..line.end].iter().collect();
        assert_eq!(source, line.source);
        let kept = line.kept.iter().map(|place| characters[place[0]..place[1]].iter().collect::<String>());
        assert_eq!(kept.collect::<Vec<_>>().join(" "), line.text);
    }
    assert_eq!(body.summary.lines().count(), 2);
}

#[tokio::test]
async fn an_article_that_cannot_be_used_is_422() {
    let app = default().await;
    for body in [
        json!({"article": " \n"}),
        json!({"article": "It rained.", "max_words": 0}),
        json!({"article": "It rained.", "method": "dream"}),
        json!({"article": "It rained.", "method": "extract"}),
        json!({"article": "It rained.", "publisher": "me"}),
    ] {
        let reply = send(&app, "POST", "/summarize", body.to_string()).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "input"), "{body}");
    }
}

#[test]
fn the_openapi_page_has_every_route() {
    let page = serde_json::to_value(document()).unwrap();
    let mut found: Vec<String> = Vec::new();
    for (path, methods) in page["paths"].as_object().unwrap() {
        found.extend(methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let mut expected: Vec<String> = ROUTES.iter().map(|(method, path)| format!("{method} {path}")).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let schemas = page["components"]["schemas"].as_object().unwrap();
    let bodies = ["QuestionBody", "AnswerBody", "ArticleBody", "SummaryBody", "GenerateBody", "GeneratedBody"];
    for name in bodies.into_iter().chain(["ErrorBody", "SchemaBody", "TableBody"]) {
        assert!(schemas.contains_key(name), "no {name}");
    }
}

#[tokio::test]
async fn every_route_answers_and_is_documented() {
    let app = default().await;
    let docs = std::fs::read_to_string(root().join("docs/http.md")).unwrap();
    for (method, path) in ROUTES {
        let (body, status) = match path {
            "/sql" => (question("How many?").to_string(), StatusCode::OK),
            "/summarize" => (json!({"article": "The old bridge fell on Monday."}).to_string(), StatusCode::OK),
            // Understood, but there is no such model: tests of what it answers are in `generate`.
            "/generate" => (json!({"text": "x", "model": "x"}).to_string(), StatusCode::UNPROCESSABLE_ENTITY),
            _ => (String::new(), StatusCode::OK),
        };
        assert_eq!(send(&app, method, path, body).await.status, status, "{method} {path}");
        assert!(docs.contains(&format!("{method} {path}")), "docs/http.md lacks {method} {path}");
    }
    for (code, status) in CODES {
        assert!(docs.contains(&format!("| {status} | `{code}` |")), "docs/http.md lacks {status} {code}");
    }
}
