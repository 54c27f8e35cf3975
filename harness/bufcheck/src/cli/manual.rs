//! What a shell and `man` want to know of the command line.
//!
//! Knows how both are made from the words of `args`. Must never say anything that is not there.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::exit::Exit;
use super::failure::Failure;
use super::output;

/// Prints the script that completes the words of `bufcheck` in this shell.
pub(super) fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bufcheck", &mut script);
    output::print(&String::from_utf8_lossy(&script));
    Exit::Conforms
}

/// Prints the page of `bufcheck`, or writes it and one for each command into a folder.
pub(super) fn man(folder: Option<&Path>) -> Result<Exit, Failure> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        // Cannot fail: a vector takes everything.
        let _ = clap_mangen::Man::new(Cli::command()).render(&mut page);
        output::print(&String::from_utf8_lossy(&page));
        return Ok(Exit::Conforms);
    };
    let written = || -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        clap_mangen::generate_to(Cli::command(), folder)
    };
    written().map_err(|source| Failure::Write {
        file: folder.display().to_string(),
        source,
    })?;
    Ok(Exit::Conforms)
}
