//! `pyo3_main!`: the conformance tests of a `PyO3` crate, in a test program that is its own worker.
//!
//! Knows how a test program becomes a worker when it starts itself again, and how targets are written. Must
//! never call Python in the process that runs the tests, and never judge.
//!
//! In `Cargo.toml` of the crate under test, whose `lib` is of the types `cdylib` and `rlib`:
//!
//! ```toml
//! [dev-dependencies]
//! bufcheck = "0.1"
//!
//! [[test]]
//! name = "buffers"
//! harness = false
//! ```
//!
//! and in `tests/buffers.rs`:
//!
//! ```ignore
//! use mycrate::mymodule;
//!
//! bufcheck::pyo3_main!(mymodule, "mymodule.Image(4, 3)");
//! ```
//!
//! The module is registered with the interpreter that the test program embeds, so nothing has to be installed.
//! Each target is tested in a process of its own: a crash costs one test.

use std::path::Path;
use std::process::ExitCode;

use bufcheck_model::chain;
#[doc(hidden)]
pub use bufcheck_probe as probe;
use bufcheck_runner::supervise::host::Host;
#[doc(hidden)]
pub use pyo3;

use crate::trials;

/// The argument with which a test program starts itself as a worker.
pub const WORKER_ARGUMENT: &str = "--bufcheck-worker";

/// A crate under test, as `pyo3_main!` describes it.
#[derive(Debug, Clone, Copy)]
pub struct Crate<'a> {
    /// The folder of its `Cargo.toml`; a `bufcheck.toml` there declares facts and known deviations.
    pub folder: &'a str,
    /// The name of the test program in `cargo test --test NAME`.
    pub test: &'a str,
    /// `module.expression` or `module:expression`. None: the exporters that the `bufcheck.toml` registers.
    pub targets: &'a [&'a str],
}

/// Whether this process was started as a worker.
pub fn is_worker() -> bool {
    std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == WORKER_ARGUMENT)
}

/// Serves as a worker whose interpreter knows the module that `register` adds.
///
/// Generic, so that the code that calls Python is compiled into the test program, not into this library:
/// the `bufcheck` command uses the library, too, and must not load Python.
pub fn serve<R: FnOnce()>(register: R) -> ExitCode {
    register();
    match probe::host::worker::embedded() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(&error));
            ExitCode::from(probe::host::worker::FAULT)
        }
    }
}

/// Runs the tests that the command line selects.
pub fn run(tested: &Crate<'_>) -> ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let trials = std::env::current_exe().map_err(|error| format!("failed to find this program: {error}"));
    let trials = trials.and_then(|program| {
        let host = Host::Embedded {
            program,
            arguments: vec![WORKER_ARGUMENT.into()],
        };
        let targets: Vec<String> = tested.targets.iter().map(|target| as_target(target)).collect();
        trials::embedded(host, Path::new(tested.folder), tested.test, &targets).map_err(|error| chain(&error))
    });
    match trials {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(2)
        }
    }
}

/// `module:expression` of a target that may be written `module.expression`.
fn as_target(text: &str) -> String {
    let name = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    match text.split_at(name) {
        (module, rest) if rest.starts_with('.') && !dotted_module(rest) => format!("{module}:{}", &rest[1..]),
        _ => text.to_owned(),
    }
}

/// Whether these are the submodules of a `module.submodule:expression`.
fn dotted_module(rest: &str) -> bool {
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
    end.is_some_and(|end| rest[end..].starts_with(':'))
}

/// The `main` of a test program that checks exporters of a `PyO3` module.
///
/// The first argument is the module, imported by its name; the others are targets. Without targets, the
/// exporters are tested that a `bufcheck.toml` beside `Cargo.toml` registers. See [`embed`](crate::embed).
#[macro_export]
macro_rules! pyo3_main {
    ($module:ident $(, $target:expr)* $(,)?) => {
        fn main() -> ::std::process::ExitCode {
            if $crate::embed::is_worker() {
                return $crate::embed::serve(|| {
                    $crate::embed::pyo3::append_to_inittab!($module);
                });
            }
            $crate::embed::run(&$crate::embed::Crate {
                folder: env!("CARGO_MANIFEST_DIR"),
                test: env!("CARGO_CRATE_NAME"),
                targets: &[$($target),*],
            })
        }
    };
}

#[cfg(test)]
mod tests {
    use super::as_target;

    #[test]
    fn targets_are_written_with_a_dot_or_a_colon() {
        for (text, target) in [
            ("image.Image(4, 3)", "image:Image(4, 3)"),
            ("image:Image(4, 3)", "image:Image(4, 3)"),
            ("image.deep:Image({1: 2})", "image.deep:Image({1: 2})"),
            ("image.deep.Image({1: 2})", "image:deep.Image({1: 2})"),
            ("image.Image(a[1:2])", "image:Image(a[1:2])"),
            ("image.IMAGE", "image:IMAGE"),
            ("image", "image"),
        ] {
            assert_eq!(as_target(text), target, "{text}");
        }
    }
}
