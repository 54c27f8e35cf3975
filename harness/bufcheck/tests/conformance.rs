//! `cargo test`: every exporter of the corpus, or of the file named by `BUFCHECK_CONFIG`, as tests.

use std::process::ExitCode;

use bufcheck::hosts::Installation;
use bufcheck::trials;

fn main() -> ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    match trials::conformance(&Installation::around_program(), bufcheck::BUILT_FOR) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(failure) => {
            eprintln!("error: {}", bufcheck_model::chain(&failure));
            ExitCode::from(2)
        }
    }
}
