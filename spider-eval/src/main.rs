//! `spider-eval`: the judge's command line.

fn main() -> std::process::ExitCode {
    spider_eval::cli::main()
}
