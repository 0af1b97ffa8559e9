//! `spider-eval compare` from the command line: pairs, repeated runs, and what it refuses.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use spider_eval::score::METRIC_VERSION;

/// A folder of its own, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("compare-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// The scores of a run whose examples are right as `right` says.
    fn run(&self, name: &str, version: &str, right: &[bool]) -> PathBuf {
        let example = |(index, right): (usize, &bool)| {
            let hardness = ["easy", "medium", "hard", "extra"][index % 4];
            serde_json::json!({"index": index, "db_id": "zoo", "hardness": hardness, "exact": right, "strict": right})
        };
        let examples: Vec<_> = right.iter().enumerate().map(example).collect();
        let scores = serde_json::json!({"metric_version": version, "scores": {}, "examples": examples});
        let path = self.0.join(name);
        std::fs::write(&path, scores.to_string()).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Exit code, standard output and standard error.
fn compare(left: &[&Path], right: &[&Path]) -> (i32, String, String) {
    let side = |paths: &[&Path]| paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(",");
    let mut command = Command::cargo_bin("spider-eval").unwrap();
    let output = command.arg("compare").arg(side(left)).arg(side(right)).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn one_run_each_is_compared_example_by_example() {
    let folder = Folder::new("pair");
    let left = folder.run("a.json", METRIC_VERSION, &[true, true, false, false, false, false, false, false]);
    let right = folder.run("b.json", METRIC_VERSION, &[true, false, true, true, true, true, true, true]);
    let (code, out, _) = compare(&[&left], &[&right]);
    assert_eq!(code, 0);
    assert!(out.contains("exact: 25.0 → 87.5, difference +62.5"), "{out}");
    assert!(out.contains("gained 6, lost 1, McNemar p = 0.1250"), "{out}");
    assert!(out.contains("  medium   gained 1    lost 1"), "{out}");
    assert!(out.contains("  lost: 1 (zoo)"), "{out}");
    assert!(!out.contains("over runs"), "{out}");
}

#[test]
fn repeated_runs_are_compared_by_their_means() {
    let folder = Folder::new("repeated");
    let run = |name: &str, right: usize| {
        folder.run(name, METRIC_VERSION, &(0..100).map(|index| index < right).collect::<Vec<_>>())
    };
    let (first, second, third) = (run("a1.json", 60), run("a2.json", 62), run("a3.json", 61));
    let (fourth, fifth, sixth) = (run("b1.json", 66), run("b2.json", 65), run("b3.json", 67));
    let (code, out, _) = compare(&[&first, &second, &third], &[&fourth, &fifth, &sixth]);
    assert_eq!(code, 0);
    // t = -6.123 724, 4 degrees of freedom
    assert!(out.contains("over runs: 61.00 ± 1.00 (3 runs) → 66.00 ± 1.00 (3 runs), t-test p = 0.0036"), "{out}");
    let (_, out, _) = compare(&[&first, &first], &[&fourth, &fourth]);
    assert!(out.contains("no t-test: too few runs or no spread"), "{out}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = Folder::new("refused");
    let good = folder.run("good.json", METRIC_VERSION, &[true, false]);
    let old = folder.run("old.json", "0", &[true, false]);
    let longer = folder.run("longer.json", METRIC_VERSION, &[true, false, true]);
    let (code, out, error) = compare(&[&good], &[&old]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("metric version 0") && error.contains("spider-eval score --gold"), "{error}");
    let (code, _, error) = compare(&[&good], &[&longer]);
    assert!(code == 2 && error.contains("different examples"), "{error}");
    let (code, _, error) = compare(&[&good], &[Path::new("nowhere.json")]);
    assert!(code == 2 && error.contains("nowhere.json"), "{error}");
}
