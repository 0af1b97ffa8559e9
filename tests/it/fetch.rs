//! Fetching from a small hub on loopback: whole, cut, wrong, pinned, offline, refused; and what is found afterwards.

use crate::small_hub::{Behaviour, COMMIT, ID, LARGE, OLD, SmallHub, files};
use argiope::Error;
use argiope::pipeline::{FetchProgress, Fetched, HubName, HubSettings, Places, Purpose, fetch};
use assert_cmd::Command;
use std::path::{Path, PathBuf};

/// A folder of one test, removed at its end.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fetch-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn model(&self) -> PathBuf {
        self.0.join("hub/models--spiders--tiny-t5")
    }

    fn snapshot(&self, commit: &str) -> PathBuf {
        self.model().join("snapshots").join(commit)
    }

    /// Names of what is among the blobs with this ending.
    fn parts(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.model().join("blobs")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some()).collect()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Keeps what it is told.
#[derive(Default)]
struct Told {
    begun: Vec<(String, Option<u64>, u64)>,
    bytes: u64,
    ended: usize,
}

impl FetchProgress for Told {
    fn begin(&mut self, file: &str, bytes: Option<u64>, have: u64) {
        self.begun.push((file.to_owned(), bytes, have));
    }

    fn advance(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    fn end(&mut self) {
        self.ended += 1;
    }

    fn note(&mut self, text: &str) {
        panic!("{text}");
    }
}

fn good() -> Behaviour {
    Behaviour { files: files(), ..Behaviour::default() }
}

fn get(name: &str, settings: &HubSettings) -> Result<Fetched, Error> {
    fetch(&HubName::parse(name).unwrap(), settings, &mut Told::default())
}

fn check_fails(result: Result<Fetched, Error>, words: &[&str]) {
    let error = result.unwrap_err();
    let text = match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[test]
fn what_is_needed_comes_whole_and_lies_where_python_looks() {
    let (hub, home) = (SmallHub::start(good()), Home::new("whole"));
    let settings = hub.settings(&home.0);
    let mut told = Told::default();
    let fetched = fetch(&HubName::parse(ID).unwrap(), &settings, &mut told).unwrap();
    assert_eq!((fetched.folder.as_path(), fetched.commit.as_str()), (home.snapshot(COMMIT).as_path(), COMMIT));
    let mut names: Vec<String> = std::fs::read_dir(&fetched.folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let wanted = ["README.md", "config.json", "generation_config.json", "model.safetensors", "tokenizer.json"];
    assert_eq!(names, wanted);
    for name in wanted {
        let path = fetched.folder.join(name);
        assert_eq!(std::fs::read(&path).unwrap(), files()[name]);
        if cfg!(unix) {
            assert!(std::fs::read_link(&path).unwrap().starts_with("../../blobs"), "a relative link");
        }
    }
    assert_eq!(std::fs::read_to_string(home.model().join("refs/main")).unwrap(), COMMIT);
    assert!(home.parts().is_empty());
    let total: u64 = wanted.iter().map(|name| files()[*name].len() as u64).sum();
    assert_eq!((fetched.bytes, fetched.fetched, told.bytes, told.ended), (total, total, total, 5));
    assert_eq!(told.begun.last().unwrap(), &("model.safetensors".to_owned(), Some(300_000), 0));
    // The second time nothing is asked.
    hub.requests();
    let again = get(ID, &settings).unwrap();
    assert_eq!((again.fetched, again.bytes), (0, total));
    assert!(hub.requests().is_empty());
}

#[test]
fn a_cut_is_resumed_at_once() {
    let (hub, home) = (SmallHub::start(Behaviour { cuts: (2, 100_000), ..good() }), Home::new("cut"));
    let fetched = get(ID, &hub.settings(&home.0)).unwrap();
    assert_eq!(std::fs::read(fetched.folder.join("model.safetensors")).unwrap(), files()["model.safetensors"]);
    let asked: Vec<_> = hub.requests().into_iter().filter(|request| request.path.starts_with("/cdn/")).collect();
    let ranges: Vec<_> = asked.iter().map(|request| request.range.as_deref()).collect();
    assert_eq!(ranges, [None, Some("bytes=100000-"), Some("bytes=200000-")]);
}

#[test]
fn a_part_that_was_left_is_taken_up_and_never_used_before_it_is_whole() {
    let (hub, home) = (SmallHub::start(Behaviour { cuts: (1, 100_000), ..good() }), Home::new("left"));
    let settings = hub.settings(&home.0);
    // No bytes at all from here on: the fetch gives up.
    let gives_up = |hub: &SmallHub| hub.change(|now| now.cuts = (3, 0));
    hub.change(|now| now.cuts = (1, 100_000));
    let stop = StopsAfter { hub: &hub, then: &gives_up };
    check_fails(
        fetch(&HubName::parse(ID).unwrap(), &settings, &mut { stop }),
        &["cannot be reached", "100000 bytes into model.safetensors"],
    );
    let parts = home.parts();
    assert_eq!((parts.len(), parts[0].metadata().unwrap().len()), (1, 100_000));
    assert!(!home.snapshot(COMMIT).join("model.safetensors").exists());
    let places = Places::new(Vec::new()).with_hub(settings.clone());
    assert!(places.find(ID).unwrap_err().to_string().contains("`argiope fetch spiders/tiny-t5` brings it"));
    assert_eq!(places.list()[0].missing, ["model.safetensors"]);
    hub.change(|now| now.cuts = (0, 0));
    hub.requests();
    let fetched = get(ID, &settings).unwrap();
    assert_eq!(fetched.fetched, 200_000);
    assert!(hub.requests().iter().any(|request| request.range.as_deref() == Some("bytes=100000-")));
    assert_eq!(std::fs::read(fetched.folder.join("model.safetensors")).unwrap(), files()["model.safetensors"]);
}

/// Changes the hub once the large file has begun to come.
struct StopsAfter<'a> {
    hub: &'a SmallHub,
    then: &'a dyn Fn(&SmallHub),
}

impl FetchProgress for StopsAfter<'_> {
    fn begin(&mut self, _: &str, _: Option<u64>, _: u64) {}

    fn advance(&mut self, bytes: u64) {
        if bytes >= LARGE as u64 {
            (self.then)(self.hub);
        }
    }

    fn end(&mut self) {}

    fn note(&mut self, _: &str) {}
}

#[test]
fn a_wrong_part_is_thrown_away() {
    for ignores_ranges in [false, true] {
        let (hub, home) = (SmallHub::start(Behaviour { ignores_ranges, ..good() }), Home::new("wrong-part"));
        let settings = hub.settings(&home.0);
        let large = files()["model.safetensors"].clone();
        let fetched = get(ID, &settings).unwrap();
        let blob = std::fs::canonicalize(fetched.folder.join("model.safetensors")).unwrap();
        std::fs::remove_dir_all(home.model().join("snapshots")).unwrap();
        std::fs::remove_file(&blob).unwrap();
        for part in [vec![7; 1_000], vec![7; 300_000], vec![7; 400_000], large[..1_000].to_vec(), large.clone()] {
            std::fs::write(blob.with_added_extension("incomplete"), part).unwrap();
            let fetched = get(ID, &settings).unwrap();
            assert_eq!(std::fs::read(fetched.folder.join("model.safetensors")).unwrap(), large);
            assert!(home.parts().is_empty());
            std::fs::remove_file(&blob).unwrap();
        }
    }
}

#[test]
fn a_wrong_checksum_is_refused_and_nothing_stays() {
    let (hub, home) = (SmallHub::start(Behaviour { changes_bytes: true, ..good() }), Home::new("checksum"));
    let settings = hub.settings(&home.0);
    check_fails(get(ID, &settings), &["model.safetensors: its SHA-256 is", "it is not used"]);
    assert!(!home.snapshot(COMMIT).join("model.safetensors").exists());
    assert!(home.parts().is_empty() && !settings.lock.exists());
    hub.change(|now| now.changes_bytes = false);
    get(ID, &settings).unwrap();
}

#[test]
fn a_file_that_was_spoilt_on_the_disk_is_fetched_again() {
    let (hub, home) = (SmallHub::start(good()), Home::new("spoilt"));
    let settings = hub.settings(&home.0);
    let fetched = get(ID, &settings).unwrap();
    for name in ["model.safetensors", "config.json"] {
        let blob = std::fs::canonicalize(fetched.folder.join(name)).unwrap();
        let mut bytes = std::fs::read(&blob).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&blob, bytes).unwrap();
        assert_eq!(get(ID, &settings).unwrap().fetched, files()[name].len() as u64);
        assert_eq!(std::fs::read(&blob).unwrap(), files()[name]);
    }
}

#[test]
fn a_name_means_one_commit_until_told_otherwise() {
    let (hub, home) = (SmallHub::start(good()), Home::new("pin"));
    let settings = hub.settings(&home.0);
    let places = Places::new(Vec::new()).with_hub(settings.clone());
    assert_eq!(get(&format!("{ID}@old"), &settings).unwrap().commit, OLD);
    assert_eq!(places.find(ID).unwrap(), home.snapshot(OLD));
    // Without a revision the pin holds, even for another machine with a copy of the lock file.
    assert_eq!(get(ID, &settings).unwrap().commit, OLD);
    let other = Home::new("pin-other");
    let elsewhere = HubSettings { lock: settings.lock.clone(), ..hub.settings(&other.0) };
    assert_eq!(get(ID, &elsewhere).unwrap().commit, OLD);
    // Naming a branch moves it.
    let moved = "f".repeat(40);
    hub.change(|now| now.moved_to = Some(moved.clone()));
    assert_eq!(get(&format!("{ID}@main"), &settings).unwrap().commit, moved);
    assert_eq!(places.find(ID).unwrap(), home.snapshot(&moved));
    assert_eq!(places.find(&format!("{ID}@old")).unwrap(), home.snapshot(OLD));
    assert_eq!(places.find(&format!("{ID}@{OLD}")).unwrap(), home.snapshot(OLD));
    check_fails(get(&format!("{ID}@nowhere"), &settings), &["no revision \"nowhere\""]);
    // What was pinned and what comes must be the same.
    hub.change(|now| drop(now.files.insert("config.json".to_owned(), b"{}".to_vec())));
    let third = Home::new("pin-third");
    let elsewhere = HubSettings { lock: settings.lock.clone(), ..hub.settings(&third.0) };
    check_fails(get(ID, &elsewhere), &["config.json", "announced", "not used"]);
}

#[test]
fn offline_only_what_is_here_is_used() {
    let (hub, home) = (SmallHub::start(good()), Home::new("offline"));
    let online = hub.settings(&home.0);
    let offline = HubSettings { offline: true, ..online.clone() };
    check_fails(get(ID, &offline), &["HF_HUB_OFFLINE", "copy the model"]);
    get(ID, &online).unwrap();
    hub.requests();
    assert_eq!(get(ID, &offline).unwrap().fetched, 0);
    // As Python leaves it: without a pin.
    std::fs::remove_file(&online.lock).unwrap();
    assert_eq!(get(ID, &offline).unwrap().folder, home.snapshot(COMMIT));
    assert_eq!(Places::new(Vec::new()).with_hub(offline.clone()).find(ID).unwrap(), home.snapshot(COMMIT));
    std::fs::remove_file(home.snapshot(COMMIT).join("model.safetensors")).unwrap();
    check_fails(get(ID, &offline), &["not whole", "HF_HUB_OFFLINE"]);
    assert!(hub.requests().is_empty(), "offline is offline");
}

#[test]
fn the_token_goes_to_the_hub_and_to_nobody_else() {
    let (hub, home) = (SmallHub::start(Behaviour { token: Some("hf_x".to_owned()), ..good() }), Home::new("token"));
    let without = hub.settings(&home.0);
    check_fails(get(ID, &without), &["consent", "HF_TOKEN"]);
    let with = HubSettings { token: Some("hf_x".to_owned()), ..without };
    hub.requests();
    get(ID, &with).unwrap();
    for request in hub.requests() {
        let told = request.authorization.as_deref();
        assert_eq!(told, (!request.path.starts_with("/cdn/")).then_some("Bearer hf_x"), "{}", request.path);
    }
}

#[test]
fn what_the_hub_does_not_have_is_explained() {
    let (hub, home) = (SmallHub::start(good()), Home::new("refused"));
    let settings = hub.settings(&home.0);
    check_fails(get("spiders/none", &settings), &["spiders/none", "does not have it", "HF_TOKEN"]);
    hub.change(|now| drop(now.files.remove("model.safetensors")));
    hub.change(|now| drop(now.files.remove("pytorch_model.bin")));
    check_fails(get(ID, &settings), &["no model.safetensors or pytorch_model.bin", "tf_model.h5"]);
    hub.change(|now| now.is_no_hub = true);
    check_fails(get(ID, &settings), &["does not answer as a hub", "HF_ENDPOINT"]);
    let nobody = HubSettings { endpoint: "http://127.0.0.1:1".to_owned(), ..settings.clone() };
    check_fails(get(ID, &nobody), &["cannot be reached", "copy the model", "--model"]);
    let nonsense = HubSettings { endpoint: "nonsense".to_owned(), ..settings };
    check_fails(get(ID, &nonsense), &["HF_ENDPOINT", "nonsense"]);
}

#[test]
fn shards_come_with_their_index() {
    let mut behaviour = good();
    let large = behaviour.files.remove("model.safetensors").unwrap();
    let index = br#"{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}"#;
    behaviour.files.insert("model.safetensors.index.json".to_owned(), index.to_vec());
    behaviour.files.insert("model-00001-of-00002.safetensors".to_owned(), large.clone());
    let (hub, home) = (SmallHub::start(behaviour), Home::new("shards"));
    let settings = hub.settings(&home.0);
    check_fails(get(ID, &settings), &["model-00002-of-00002.safetensors", "lacks"]);
    hub.change(|now| drop(now.files.insert("model-00002-of-00002.safetensors".to_owned(), large)));
    let fetched = get(ID, &settings).unwrap();
    let places = Places::new(Vec::new()).with_hub(settings.clone());
    assert_eq!(places.entry(ID).unwrap().missing, [""; 0]);
    std::fs::remove_file(fetched.folder.join("model-00002-of-00002.safetensors")).unwrap();
    assert!(places.entry(ID).unwrap_err().to_string().contains("missing: model-00002-of-00002.safetensors"));
    std::fs::write(fetched.folder.join("model.safetensors.index.json"), r#"{"weight_map": {"a": "../../x"}}"#).unwrap();
    assert!(places.entry(ID).unwrap_err().to_string().contains("a readable model.safetensors.index.json"));
}

#[test]
fn a_full_disk_and_an_unusable_folder_are_explained() {
    let (hub, home) = (SmallHub::start(good()), Home::new("disk"));
    let settings = hub.settings(&home.0);
    let file = home.0.join("file");
    std::fs::write(&file, "x").unwrap();
    check_fails(get(ID, &HubSettings { cache: file, ..settings.clone() }), &["file", "cannot be used"]);
    if !cfg!(target_os = "linux") {
        return;
    }
    // Where the large file's part would be, the device that is always full.
    let fetched = get(ID, &settings).unwrap();
    let blob = std::fs::canonicalize(fetched.folder.join("model.safetensors")).unwrap();
    std::fs::remove_file(&blob).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/full", blob.with_added_extension("incomplete")).unwrap();
    check_fails(get(ID, &settings), &["the disk is full", "HF_HOME"]);
    assert!(!blob.exists());
}

#[test]
fn what_was_fetched_is_told_with_purpose_size_and_licence() {
    let (hub, home) = (SmallHub::start(good()), Home::new("entry"));
    let settings = hub.settings(&home.0);
    let fetched = get(ID, &settings).unwrap();
    let entry = &Places::new(Vec::new()).with_hub(settings).list()[0];
    assert_eq!((entry.name.as_str(), entry.path.as_path()), (ID, fetched.folder.as_path()));
    let purpose = Purpose::Text { architecture: "t5".to_owned(), task: Some("translation".to_owned()) };
    assert_eq!((&entry.purpose, entry.bytes, entry.licence.as_deref()), (&purpose, fetched.bytes, Some("apache-2.0")));
}

/// The binary in this home, with the variables that Python's library reads.
fn argiope(home: &Home, hub: &SmallHub, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("argiope").unwrap();
    command.current_dir(&home.0).env_clear().env("ARGIOPE_WEIGHTS", home.0.join("none"));
    command.env("HF_HOME", &home.0).env("HF_ENDPOINT", format!("{}/", hub.endpoint));
    let output = command.envs(environment.iter().copied()).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

#[test]
fn the_binary_fetches_lists_and_explains() {
    let (hub, home) = (SmallHub::start(Behaviour { token: Some("hf_x".to_owned()), ..good() }), Home::new("binary"));
    let (code, _, err) = argiope(&home, &hub, &["fetch", ID], &[]);
    assert!(code == 2 && err.contains("consent") && err.contains("hint: "), "{err}");
    let (code, _, err) = argiope(&home, &hub, &["fetch", ID], &[("HF_TOKEN", "hf_x"), ("HF_HUB_OFFLINE", "1")]);
    assert!(code == 2 && err.contains("HF_HUB_OFFLINE"), "{err}");
    assert_eq!(argiope(&home, &hub, &["fetch", "../x"], &[]).0, 2);
    std::fs::write(home.0.join("token"), "hf_x\n").unwrap();
    let (code, out, err) = argiope(&home, &hub, &["fetch", ID], &[]);
    assert_eq!((code, out.trim_end()), (0, home.snapshot(COMMIT).to_str().unwrap()), "{err}");
    assert!(err.contains(COMMIT) && err.contains("0.3 MB came over the network") && !err.contains("hf_x"), "{err}");
    let (code, out, err) = argiope(&home, &hub, &["models"], &[]);
    let folder = home.snapshot(COMMIT);
    let line = format!("{ID}\ttext to text (t5, translation)\t0.3 MB\tapache-2.0\t{}\n", folder.display());
    assert_eq!((code, out.as_str()), (0, line.as_str()), "{err}");
    let (code, out, _) = argiope(&home, &hub, &["models", folder.to_str().unwrap()], &[]);
    assert_eq!((code, out.lines().count()), (0, 2));
    assert_eq!(argiope(&home, &hub, &["models", "nowhere"], &[]).0, 2);
    let elsewhere = home.0.join("elsewhere");
    let (code, out, _) = argiope(&home, &hub, &["models"], &[("HF_HUB_CACHE", elsewhere.to_str().unwrap())]);
    assert_eq!((code, out.as_str()), (1, ""));
}
