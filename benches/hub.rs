//! What a hub checkpoint costs: time to the first piece, pieces a second, memory. Called by `benches/hub_peers.py`, which
//! makes checkpoints with random weights and measures the peers in the same run:
//!
//! `cargo bench --bench hub -- FOLDER FORMAT SOURCE.json` prints one line of JSON a search.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench may fail loudly, and prints")]

use argiope::pipeline::{DeviceChoice, GenerationSettings, TextModel, TextOptions};
use std::{fs, path::Path, time::Instant};

/// Pieces written by each search.
const TARGET: usize = 64;
/// Runs of each search; the median counts.
const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [folder, format, source] = &arguments[..] else {
        eprintln!("SKIPPED: benches/hub_peers.py calls this bench with a checkpoint");
        return;
    };
    let begun = Instant::now();
    let options = TextOptions { device: DeviceChoice::Cpu, format: format.parse().unwrap() };
    let model = TextModel::load(Path::new(folder), options).unwrap();
    let load_ms = begun.elapsed().as_secs_f64() * 1e3;
    let source: Vec<u32> = serde_json::from_slice(&fs::read(source).unwrap()).unwrap();
    for beam_width in [1, 4] {
        let first = median_ms(&model, &source, beam_width, 1);
        let all = median_ms(&model, &source, beam_width, TARGET);
        let rate = (TARGET - 1) as f64 / (all - first) * 1e3;
        println!(
            r#"{{"beam": {beam_width}, "first_ms": {first:.1}, "total_ms": {all:.1}, "pieces_s": {rate:.1}, "load_ms": {load_ms:.0}, "rss_mb": {}}}"#,
            most_memory_mb()
        );
    }
}

/// The median time of a search that writes exactly `pieces`.
fn median_ms(model: &TextModel, source: &[u32], beam_width: usize, pieces: usize) -> f64 {
    let settings = GenerationSettings {
        beam_width,
        max_new_tokens: Some(pieces),
        min_new_tokens: Some(pieces),
        forced_eos_token_id: Vec::new(),
        ..model.settings().clone()
    };
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            let found = model.generate_ids(&[source], &settings).unwrap();
            assert_eq!(found[0][0].ids.len(), pieces);
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

/// The most memory this process held, in MB; 0 where the system does not say.
fn most_memory_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}
