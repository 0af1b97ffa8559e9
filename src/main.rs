//! The binary: everything it does is in `argiope::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    argiope::cli::main()
}
