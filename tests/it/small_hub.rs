//! A hub on loopback: answers as the real one does, and badly where a test says so.
//!
//! `GET /api/models/ID/revision/REV` lists, `GET /ID/resolve/COMMIT/FILE` gives; large files are given from another
//! path (as from another host), and what they are is said in the redirect's headers.

use argiope::pipeline::HubSettings;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The commit of `main`.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The commit of `old`.
pub(crate) const OLD: &str = "89abcdef0123456789abcdef0123456789abcdef";

/// The model that is there.
pub(crate) const ID: &str = "spiders/tiny-t5";

/// How the hub behaves.
#[derive(Clone, Default)]
pub(crate) struct Behaviour {
    /// Files of every commit; those of [`LARGE`] bytes or more are large ones.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// `main` is this commit instead of [`COMMIT`].
    pub(crate) moved_to: Option<String>,
    /// So many answers with large files end after so many bytes of them.
    pub(crate) cuts: (usize, usize),
    /// Ranges are given from the beginning.
    pub(crate) ignores_ranges: bool,
    /// Large files have their last byte changed.
    pub(crate) changes_bytes: bool,
    /// Only who sends this token is served.
    pub(crate) token: Option<String>,
    /// What follows is answered with a page of text.
    pub(crate) is_no_hub: bool,
}

/// Files of this size are large ones, in bytes.
pub(crate) const LARGE: usize = 10_000;

/// The server; ends with the process.
pub(crate) struct SmallHub {
    /// `http://127.0.0.1:PORT`
    pub(crate) endpoint: String,
    /// May be changed while it serves.
    pub(crate) behaviour: Arc<Mutex<Behaviour>>,
    /// Every request: path, range, authorization.
    log: Arc<Mutex<Vec<Request>>>,
}

/// A request that came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
    port: u16,
}

/// The files of a small checkpoint, with what is not needed.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    let large: Vec<u8> = (0..300_000u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let files: [(&str, &[u8]); 8] = [
        ("config.json", br#"{"model_type": "t5", "is_encoder_decoder": true}"#),
        ("generation_config.json", b"{}"),
        ("tokenizer.json", b"{\"version\": \"1.0\"}"),
        ("README.md", b"---\nlicense: apache-2.0\npipeline_tag: translation\n---\n# tiny"),
        ("model.safetensors", &large),
        ("pytorch_model.bin", &large),
        ("tf_model.h5", &large),
        (".gitattributes", b"x"),
    ];
    files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect()
}

impl SmallHub {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let hub = Self { endpoint, behaviour: Arc::new(Mutex::new(behaviour)), log: Arc::default() };
        let (behaviour, log) = (Arc::clone(&hub.behaviour), Arc::clone(&hub.log));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (behaviour, log) = (Arc::clone(&behaviour), Arc::clone(&log));
                // What a client does not want to hear is no failure.
                std::thread::spawn(move || drop(serve(&stream, &behaviour, &log)));
            }
        });
        hub
    }

    /// Settings with this hub and a cache in this folder.
    pub(crate) fn settings(&self, home: &Path) -> HubSettings {
        HubSettings { endpoint: self.endpoint.clone(), ..HubSettings::new(home.join("hub")) }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap());
    }

    /// The requests since the last call.
    pub(crate) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

/// One request on a connection of its own.
fn serve(stream: &TcpStream, behaviour: &Mutex<Behaviour>, log: &Mutex<Vec<Request>>) -> std::io::Result<()> {
    let request = Request { port: stream.local_addr()?.port(), ..read(stream)? };
    log.lock().unwrap().push(request.clone());
    let mut now = behaviour.lock().unwrap();
    let cut = (now.cuts.0 > 0 && request.path.starts_with("/cdn/")).then_some(now.cuts.1);
    now.cuts.0 -= usize::from(cut.is_some());
    let now = now.clone();
    let (head, mut body) = answer(&request, &now);
    let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    body.truncate(cut.unwrap_or(body.len()));
    let mut out = stream;
    out.write_all(head.as_bytes())?;
    out.write_all(&body)
}

fn read(stream: &TcpStream) -> std::io::Result<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut request = Request { path: first.split(' ').nth(1).unwrap_or_default().to_owned(), ..Request::default() };
    for line in lines {
        let line = line?;
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("range") => request.range = Some(value.to_owned()),
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                request.authorization = Some(value.to_owned());
            }
            Some(_) => {}
            None => break,
        }
    }
    Ok(request)
}

fn answer(request: &Request, now: &Behaviour) -> (String, Vec<u8>) {
    let path = request.path.as_str();
    if now.is_no_hub {
        return ("200 OK".to_owned(), b"<html>welcome</html>".to_vec());
    }
    if let Some(file) = path.strip_prefix("/cdn/") {
        // The token is not for those who keep the files.
        return match request.authorization {
            None => ranged(now.large(file), request, now, ""),
            Some(_) => ("400 Bad Request".to_owned(), Vec::new()),
        };
    }
    let told = request.authorization.as_deref();
    if now.token.as_ref().is_some_and(|token| told != Some(&format!("Bearer {token}"))) {
        return ("401 Unauthorized\r\nx-error-code: GatedRepo".to_owned(), Vec::new());
    }
    let main = now.moved_to.clone().unwrap_or_else(|| COMMIT.to_owned());
    if let Some(revision) = path.strip_prefix(&format!("/api/models/{ID}/revision/")) {
        let commit = match revision {
            "main" => main,
            "old" => OLD.to_owned(),
            commit if [COMMIT, OLD, &main].contains(&commit) => commit.to_owned(),
            _ => return ("404 Not Found\r\nx-error-code: RevisionNotFound".to_owned(), Vec::new()),
        };
        let listed: Vec<_> = now.files.keys().map(|name| serde_json::json!({"rfilename": name})).collect();
        let body = serde_json::json!({"id": ID, "sha": commit, "siblings": listed, "private": false});
        return ("200 OK\r\ncontent-type: application/json".to_owned(), body.to_string().into_bytes());
    }
    let file = path.strip_prefix(&format!("/{ID}/resolve/")).and_then(|rest| rest.split_once('/'));
    match file.and_then(|(_, name)| Some((name, now.files.get(name)?))) {
        Some((name, bytes)) if bytes.len() >= LARGE => {
            let sum: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            let size = bytes.len();
            // By another name, and so another host.
            let place = format!("http://localhost:{}/cdn/{name}", request.port);
            let told = format!("x-linked-etag: \"{sum}\"\r\nx-linked-size: {size}");
            (format!("302 Found\r\nlocation: {place}\r\n{told}"), Vec::new())
        }
        Some((name, bytes)) => {
            let sum: String = Sha256::digest(bytes).iter().take(20).map(|byte| format!("{byte:02x}")).collect();
            ranged((name.to_owned(), bytes.clone()), request, now, &format!("\r\netag: \"{sum}\""))
        }
        None => ("404 Not Found\r\nx-error-code: RepoNotFound".to_owned(), Vec::new()),
    }
}

/// A file from the place that was asked for.
fn ranged((_, bytes): (String, Vec<u8>), request: &Request, now: &Behaviour, headers: &str) -> (String, Vec<u8>) {
    let bounds = request.range.as_ref().and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let Some((start, end)) = bounds.filter(|_| !now.ignores_ranges) else {
        return (format!("200 OK{headers}"), bytes);
    };
    let size = bytes.len();
    let start: usize = start.parse().unwrap();
    if start >= size {
        return (format!("416 Range Not Satisfiable\r\ncontent-range: bytes */{size}{headers}"), Vec::new());
    }
    let end = end.parse().map_or(size, |end: usize| (end + 1).min(size));
    let head = format!("206 Partial Content\r\ncontent-range: bytes {start}-{}/{size}{headers}", end - 1);
    (head, bytes[start..end].to_vec())
}

impl Behaviour {
    fn large(&self, file: &str) -> (String, Vec<u8>) {
        let mut bytes = self.files.get(file).cloned().unwrap_or_default();
        if self.changes_bytes
            && let Some(last) = bytes.last_mut()
        {
            *last ^= 1;
        }
        (file.to_owned(), bytes)
    }
}
