//! How long judging takes on the 1,034 dev predictions of dail_sql_gpt4: exact match alone, and everything cold, with
//! gold results kept, and once more on the same predictions. Needs the benchmark's files (`ARGIOPE_DATA`, else `../shared/data`); says so where they are missing.
#![allow(missing_docs, clippy::expect_used, reason = "a benchmark")]

use std::path::{Path, PathBuf};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rayon::prelude::*;
use spider_eval::exec::Limits;
use spider_eval::exec::batch::Options;
use spider_eval::tables::AllTables;
use spider_eval::{exact, files, score};

fn judge(criterion: &mut Criterion) {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let data = std::env::var_os("ARGIOPE_DATA").map_or_else(|| PathBuf::from(default), PathBuf::from).join("spider");
    if !data.exists() {
        eprintln!("SKIPPED: {} is not there; set ARGIOPE_DATA", data.display());
        return;
    }
    let tables = AllTables::read(&data.join("tables.json")).expect("tables");
    let gold = files::read_gold(&data.join("dev_gold.sql")).expect("gold");
    let predictions = data.join("verdicts/dail_sql_gpt4.sql");
    let predictions = files::read_predictions(&predictions, &gold).expect("predictions");
    let mut group = criterion.benchmark_group("dail_sql_gpt4");
    group.sample_size(10);
    group.bench_function("exact match alone", |bench| {
        bench.iter(|| {
            let pairs = gold.par_iter().zip(&predictions);
            let judged = pairs.filter_map(|(gold, predicted)| {
                exact::judge(&gold.sql, predicted, tables.get(&gold.db_id)?).ok().filter(|verdict| verdict.exact)
            });
            judged.count()
        });
    });
    let options = |cache: Option<&Path>| Options {
        databases: data.join("database"),
        cache: cache.map(Path::to_owned),
        limits: Limits::default(),
    };
    group.bench_function("everything, cold", |bench| {
        bench.iter(|| score::score(&gold, &predictions, &tables, Some(&options(None))).expect("scores"));
    });
    let folder = std::env::temp_dir().join(format!("judge-bench-{}", std::process::id()));
    let (kept, used) = (folder.join("gold"), folder.join("used"));
    let texts: Vec<String> = gold.iter().map(|gold| gold.sql.clone()).collect();
    score::score(&gold, &texts, &tables, Some(&options(Some(&kept)))).expect("scores");
    group.bench_function("everything, gold kept", |bench| {
        let everything = |()| score::score(&gold, &predictions, &tables, Some(&options(Some(&used)))).expect("scores");
        bench.iter_batched(|| copy(&kept, &used), everything, BatchSize::PerIteration);
    });
    group.bench_function("everything, the same predictions again", |bench| {
        bench.iter(|| score::score(&gold, &predictions, &tables, Some(&options(Some(&used)))).expect("scores"));
    });
    let _ = std::fs::remove_dir_all(folder);
}

/// Makes `to` a folder of the same files as `from`.
fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).expect("a folder");
    for file in std::fs::read_dir(from).expect("a folder").flatten() {
        std::fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
    }
}

criterion_group!(benches, judge);
criterion_main!(benches);
