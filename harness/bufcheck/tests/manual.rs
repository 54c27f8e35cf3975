//! What shells and `man` are told of the command line.

use std::path::Path;
use std::process::{Command, Output};

fn bufcheck(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bufcheck"))
        .args(words)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What it prints when all is well.
#[track_caller]
fn printed(words: &[&str]) -> String {
    let output = bufcheck(Path::new("."), words);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{words:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

#[test]
fn every_shell_is_told_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);
        for word in ["check", "baseline", "completions", "--consumer"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let refused = bufcheck(Path::new("."), &["completions", "csh"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn bash_completes_a_command() {
    let script = printed(&["completions", "bash"]);
    let asked = r#"
        COMP_WORDS=(bufcheck base) COMP_CWORD=1
        _bufcheck bufcheck base bufcheck
        echo "${COMPREPLY[@]}""#;
    let Ok(output) = Command::new("bash")
        .args(["-c", &format!("{script}{asked}")])
        .output()
    else {
        return; // no such shell on this machine
    };
    assert_eq!(
        text(&output.stdout).trim(),
        "baseline",
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let page = printed(&["man"]);
    assert!(page.contains(".TH bufcheck 1"), "{page}");
    assert!(page.contains("Exit status"), "{page}");
    let folder = tempfile::tempdir().expect("a folder");
    let output = bufcheck(folder.path(), &["man", "--out", "pages"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for page in ["bufcheck.1", "bufcheck-check.1", "bufcheck-baseline-init.1"] {
        assert!(folder.path().join("pages").join(page).exists(), "{page}");
    }
    std::fs::write(folder.path().join("taken"), "").expect("a file");
    let output = bufcheck(folder.path(), &["man", "--out", "taken"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("failed to write `taken`"),
        "{}",
        text(&output.stderr)
    );
}
