//! Modules that are scanned for functions that take buffers.
//!
//! Knows what is printed. Must never know how a worker lists them.

use crate::support::command::{bufcheck_in, stderr, stdout};

const MODULE: &str = "
from zlib import crc32
kept = []
def checksum(data): return crc32(data)
def keeping(data): kept.append(memoryview(data))
def scaled(data, factor): return [item * factor for item in memoryview(data)]
def idle(thing): return 7
class Wrong(Exception): pass
";

#[test]
fn functions_that_ask_are_checked_and_written_down() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("takers.py"), MODULE).expect("a module");
    let output = bufcheck_in(folder.path(), &["scan", "takers", "--consumers"]);
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{told}{}", stderr(&output));
    for part in [
        "release.exactly-once: `takers/keeping`",
        "2 of 3 asked for a buffer",
        "[[consumer]]\nid = \"takers/checksum\"\ncall = \"takers:checksum\"\n",
        "# call = \"takers:scaled(data, factor)\"",
    ] {
        assert!(told.contains(part), "no {part:?} in {told}");
    }
    for part in ["takers/idle", "takers/Wrong", "takers/crc32"] {
        assert!(!told.contains(part), "{part:?} in {told}");
    }
}

#[test]
fn where_nothing_asks_nothing_was_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("idle.py"), "def idle(thing): return 7\n").expect("a module");
    std::fs::write(folder.path().join("empty.py"), "").expect("a module");
    for (module, part) in [
        ("idle", "none asked for a buffer"),
        ("empty", "with one argument"),
    ] {
        let output = bufcheck_in(folder.path(), &["scan", module, "--consumers"]);
        assert_ne!(output.status.code(), Some(0));
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
}
