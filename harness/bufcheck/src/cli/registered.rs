//! Where the subjects of a report are registered.
//!
//! Knows the headers of a configuration, and the root that paths are told from. Must never know a subject but by its id.

use std::path::Path;

use bufcheck_model::report::{Line, Report};
use bufcheck_runner::plan::config::Configuration;

/// Writes down for every subject the line of the configuration at which its entry begins.
pub(super) fn note(report: &mut Report, configuration: &Configuration) {
    let file = from_root(&configuration.file);
    let (exporters, consumers) = (
        headers(&configuration.text, "exporter"),
        headers(&configuration.text, "consumer"),
    );
    let config = &configuration.config;
    let ids = config.exporter.iter().map(|case| case.id.as_str()).zip(exporters);
    let ids = ids.chain(config.consumer.iter().map(|case| case.id.as_str()).zip(consumers));
    let lines: std::collections::HashMap<&str, usize> = ids.collect();
    for subject in &mut report.subjects {
        subject.registered = lines.get(subject.id.as_str()).map(|line| Line {
            file: file.clone(),
            line: *line,
        });
    }
}

/// The lines (1-based) at which the entries of a kind begin. Entries that stand in one array have none of their own.
fn headers(text: &str, kind: &str) -> Vec<usize> {
    let (own, project) = (format!("[[{kind}]]"), format!("[[tool.bufcheck.{kind}]]"));
    let begins = |line: &str| line.trim().starts_with(&own) || line.trim().starts_with(&project);
    let lines = text.lines().enumerate().filter(|(_, line)| begins(line));
    lines.map(|(number, _)| number + 1).collect()
}

/// The path of a file from the root of its repository, else from this folder, else its name.
fn from_root(file: &Path) -> String {
    let whole = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let repository = whole.ancestors().skip(1).find(|folder| {
        [".git", ".hg", ".jj"]
            .iter()
            .any(|name| folder.join(name).exists())
    });
    let here = std::env::current_dir().and_then(std::fs::canonicalize).ok();
    let below = [repository, here.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|root| whole.strip_prefix(root).ok());
    let name = || whole.file_name().map(Path::new);
    let path = below.or_else(name).unwrap_or(&whole);
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_begin_at_their_headers() {
        let text =
            "level = \"must\"\n\n[[exporter]]\nid = \"a\"\n[[known]]\n  [[exporter]] # b\n[[consumer]]\n";
        assert_eq!(headers(text, "exporter"), [3, 6]);
        assert_eq!(headers(text, "consumer"), [7]);
        assert_eq!(headers("[[tool.bufcheck.exporter]]\n", "exporter"), [1]);
    }

    #[test]
    fn a_path_is_told_from_the_root_of_its_repository() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("a/.git")).expect("a folder");
        std::fs::create_dir_all(folder.path().join("a/b")).expect("a folder");
        let file = folder.path().join("a/b/bufcheck.toml");
        std::fs::write(&file, "").expect("a file");
        assert_eq!(from_root(&file), "b/bufcheck.toml");
        let elsewhere = folder.path().join("bufcheck.toml");
        std::fs::write(&elsewhere, "").expect("a file");
        assert_eq!(from_root(&elsewhere), "bufcheck.toml");
    }
}
