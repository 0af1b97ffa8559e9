//! Keeps the layers: reads the `crate::…` paths of every file under `src/` and the map in ARCHITECTURE.md, and
//! fails when an import points up or sideways, when a heavy dependency has a second owner, or when the map lies.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::root;

/// What each part may import from the crate, as ARCHITECTURE.md says it.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("dialect", &[]),
    ("schema", &["error"]),
    ("query", &["error", "schema"]),
    ("tokens", &["error"]),
    ("link", &["error", "schema", "query", "tokens"]),
    ("form", &["error", "schema", "query"]),
    ("grammar", &["error", "dialect", "schema", "tokens"]),
    ("model", &["error", "tokens"]),
    ("decode", &["error", "tokens"]),
    ("sql", &["error", "dialect", "schema", "query"]),
    ("summary", &["error", "tokens"]),
    (
        "pipeline",
        &[
            "error", "dialect", "schema", "query", "tokens", "link", "form", "grammar", "model", "decode", "sql",
            "summary",
        ],
    ),
    ("serve", &["error", "schema", "query", "tokens", "pipeline"]),
    ("cli", &["error", "schema", "query", "tokens", "pipeline", "serve"]),
];

/// The owners of each heavy dependency.
const OWNERS: &[(&str, &[&str])] = &[
    ("tokenizers", &["tokens"]),
    ("candle_core", &["model"]),
    ("candle_nn", &["model"]),
    ("sqlparser", &["sql"]),
    ("axum", &["serve"]),
    ("utoipa", &["serve"]),
    ("clap", &["cli"]),
    ("rusqlite", &["schema", "pipeline"]),
    ("rust_stemmers", &["link"]),
    ("hf_hub", &["pipeline"]),
];

/// All Rust files of one part (`src/part.rs` or everything below `src/part/`).
fn files_of(part: &str) -> Vec<PathBuf> {
    let src = root().join("src");
    let single = src.join(format!("{part}.rs"));
    if single.exists() {
        return vec![single];
    }
    let mut found = Vec::new();
    let mut folders = vec![src.join(part)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a part has a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The code of a file without comments and without its unit tests (they stand at the foot of the file).
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("source is text");
    let body = text.split("#[cfg(test)]").next().unwrap_or_default();
    body.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The first path segments that follow `prefix` in the code: `crate::link::x` and `crate::{link, form}` alike.
fn segments_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, _) in code.match_indices(prefix) {
        let rest = &code[start + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group)),
            None => drop(found.insert(leading_word(rest))),
        }
    }
    found
}

/// The heads of a `{a::b, c, d::{e, f}}` group, given what follows its opening brace.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut at_head) = (0usize, true);
    for (place, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_head = true,
            letter if depth == 0 && at_head && !letter.is_whitespace() => {
                heads.push(leading_word(&group[place..]));
                at_head = false;
            }
            _ => {}
        }
    }
    heads
}

fn leading_word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

#[test]
fn imports_point_down() {
    let parts: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut wrong = Vec::new();
    for (part, allowed) in &parts {
        for file in files_of(part) {
            for used in segments_after(&code_of(&file), "crate::") {
                if parts.contains_key(used.as_str()) && used != *part && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{} imports {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that point up or sideways:\n{}", wrong.join("\n"));
}

#[test]
fn heavy_dependencies_have_one_owner() {
    let mut wrong = Vec::new();
    for (part, _) in MAY_IMPORT {
        for file in files_of(part) {
            let code = code_of(&file);
            for (dependency, owners) in OWNERS {
                if code.contains(&format!("{dependency}::")) && !owners.contains(part) {
                    wrong.push(format!("{} uses {dependency}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "dependencies outside their owner:\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_owns() {
    let silent: Vec<_> = MAY_IMPORT
        .iter()
        .flat_map(|(part, _)| files_of(part))
        .filter(|file| !fs::read_to_string(file).expect("source is text").starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "files without a `//!` header: {silent:?}");
}

/// Rows of the map look like ``| `link` | … | error, schema, query, tokens |``.
#[test]
fn the_map_tells_the_truth() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    for (part, allowed) in MAY_IMPORT {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{part}` |")))
            .unwrap_or_else(|| panic!("ARCHITECTURE.md has no row for `{part}`"));
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let told: BTreeSet<&str> =
            last.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "—").collect();
        let held: BTreeSet<&str> = allowed.iter().copied().collect();
        assert_eq!(told, held, "the row for `{part}` in ARCHITECTURE.md against MAY_IMPORT");
    }
}

#[test]
fn groups_of_imports_are_read() {
    let heads = segments_after("use crate::{link::{a, b}, form, sql::render as r};", "crate::");
    assert_eq!(heads, ["form", "link", "sql"].map(String::from).into());
}
