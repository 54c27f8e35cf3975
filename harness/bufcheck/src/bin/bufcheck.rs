//! The `bufcheck` command of a cargo build. It never loads Python: workers do.

use std::process::ExitCode;

fn main() -> ExitCode {
    bufcheck::cli::main(
        std::env::args_os(),
        &bufcheck::hosts::Installation::around_program(),
    )
    .into()
}
