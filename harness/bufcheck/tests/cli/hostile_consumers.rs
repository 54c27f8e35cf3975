//! Functions that do to their process what no function should, among others that are sound.
//!
//! Knows the sentence that each gets, and the exit status. Must never know how a child is watched.

#![cfg(target_os = "linux")]

use crate::support::command::{bufcheck_in, exits_in, stderr, stdout};

const MODULE: &str = r#"
import os, signal, sys, threading, time

def sound(buf): return sum(memoryview(buf).tobytes())
def hangs(buf):
    # One kind of buffer is enough, and costs less time.
    while memoryview(buf).format == "?": time.sleep(1)
    return sound(buf)
def exits(buf): sound(buf); sys.exit("done")
def leaves(buf): sound(buf); os._exit(0)
def aborts(buf): sound(buf); os.abort()
def ends_its_parent(buf): sound(buf); os.kill(os.getppid(), signal.SIGKILL)
def prints(buf): print("x" * 100_000); os.write(1, b"y" * 100_000); return sound(buf)
def forks(buf):
    # Both come back.
    os.fork()
    return sound(buf)
def threads(buf):
    thread = threading.Thread(target=sound, args=(buf,)); thread.start(); thread.join()
    return sound(buf)
def leaves_threads(buf):
    # As where there can be no more of them.
    MADE.append(1)
    if len(MADE) > 40: raise RuntimeError("can't start new thread")
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    return sound(buf)
MADE = []
def closes(buf): os.closerange(3, 256); return sound(buf)
def closes_all(buf): result = sound(buf); os.closerange(0, 1 << 16); return result
def takes_signals(buf):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD): signal.signal(number, signal.SIG_IGN)
    import faulthandler; faulthandler.enable()
    return sound(buf)
def counts(buf): return len(buf)
def never_looks(buf): return 3
def wants_more(buf, key): return sound(buf) + key
def wants_set_up(buf):
    sound(buf)
    raise RuntimeError("call init first")
number = 7
"#;

/// What is told of each function: its status, and a part of a sentence, of its own or of a finding.
const TOLD: [(&str, &str, &str); 18] = [
    ("sound", "conforms", ""),
    (
        "hangs",
        "deviates",
        "the process did not come back within the deadline, given four bools",
    ),
    (
        "exits",
        "conforms",
        "it came to no result with any buffer, so that none was judged (SystemExit: done)",
    ),
    (
        "leaves",
        "deviates",
        "the process ended with status 0, given ten bytes",
    ),
    (
        "aborts",
        "deviates",
        "the process was killed by signal 6 (SIGABRT), given ten bytes",
    ),
    (
        "ends_its_parent",
        "harness-fault",
        "the worker was killed by signal 9 (SIGKILL)",
    ),
    ("prints", "conforms", ""),
    ("forks", "conforms", ""),
    ("threads", "conforms", ""),
    (
        "leaves_threads",
        "conforms",
        "in the end it refused what it had taken at first (RuntimeError: can't start new",
    ),
    ("closes", "conforms", ""),
    (
        "closes_all",
        "harness-fault",
        "it closed descriptors that it did not open",
    ),
    ("takes_signals", "conforms", ""),
    (
        "counts",
        "nothing-granted",
        "it never asked for a buffer, and came to 10 without one",
    ),
    (
        "never_looks",
        "nothing-granted",
        "it never asked for a buffer, and came to 3 without one",
    ),
    (
        "wants_more",
        "nothing-granted",
        "what else it needs belongs into the call, as in `zlib:crc32(buf, 7)`",
    ),
    (
        "wants_set_up",
        "conforms",
        "(RuntimeError: call init first): what else it needs belongs into the call",
    ),
    (
        "number",
        "harness-fault",
        "this is `int`, which cannot be called: name a function",
    ),
];

#[test]
fn each_is_told_and_costs_the_others_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("hostile.py"), MODULE).expect("a module");
    let entry = |(name, _, _): &(&str, &str, &str)| {
        format!("[[consumer]]\nid = \"hostile/{name}\"\ncall = \"hostile:{name}\"\n")
    };
    let mut registered: String = TOLD.iter().map(entry).collect();
    registered += "[[consumer]]\nid = \"hostile/oracle\"\ncall = \"hostile:sound\"\noracle = \"sum(item)\"\n";
    std::fs::write(folder.path().join("bufcheck.toml"), registered).expect("a file");
    exits_in(folder.path(), &["run", "--quiet", "--json", "report.json"], 1);
    let text = std::fs::read_to_string(folder.path().join("report.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let found = report["subjects"].as_array().expect("subjects");
    assert_eq!(found.len(), TOLD.len() + 1);
    for (name, status, part) in TOLD {
        let subject = found
            .iter()
            .find(|subject| subject["id"] == format!("hostile/{name}"));
        let subject = subject.expect(name);
        assert_eq!(subject["status"], status, "{name}: {subject:#}");
        assert!(
            subject.to_string().contains(part),
            "{name}: no {part:?} in {subject:#}"
        );
        // Nobody is accused of what a process does to itself.
        let all = subject["findings"].as_array().into_iter().flatten();
        let rules: Vec<&str> = all.filter_map(|finding| finding["rule"].as_str()).collect();
        let wanted: &[&str] = match name {
            "hangs" | "leaves" | "aborts" => &["consumer.survives"],
            _ => &[],
        };
        assert_eq!(rules, wanted, "{name}: {subject:#}");
    }
    let oracle = found.iter().find(|subject| subject["id"] == "hostile/oracle");
    let oracle = oracle.expect("it was tried");
    assert_eq!(oracle["status"], "harness-fault", "{oracle:#}");
    assert!(
        oracle.to_string().contains("`oracle` raised for every buffer"),
        "{oracle:#}"
    );
}

#[test]
fn calls_in_a_row_are_not_made_where_one_does_not_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("hostile.py"), MODULE).expect("a module");
    for (name, part) in [
        ("hangs", "no calls were made in a row: "),
        (
            "counts",
            "it never asked for a buffer, and came to 10 without one",
        ),
    ] {
        let call = format!("hostile:{name}");
        let words = ["fuzz", "--consumer", &call, "--steps", "40", "--seed", "1"];
        let output = bufcheck_in(folder.path(), &words);
        let told = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            told.contains(part),
            "{name}: no {part:?} in {told}{}",
            stderr(&output)
        );
    }
}
