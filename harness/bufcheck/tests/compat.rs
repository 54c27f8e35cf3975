//! `bufcheck compat` as a user meets it: words, exit statuses, the table.

mod support;

use bufcheck_model::compat::{Compat, Verdict};
use bufcheck_model::spy::Lie;

use support::command::{exits, stdout};

#[test]
fn one_object_is_given_to_many_functions() {
    let words = [
        "compat",
        "builtins:memoryview(bytearray(range(6)))[::2]",
        "--consumers",
        "bytes/{new,find}",
        "--json",
        "-",
    ];
    let output = exits(&words, 0);
    let table: Compat =
        serde_json::from_str(&stdout(&output)).expect("the table alone is on standard output");
    let verdicts: Vec<_> = table
        .cells()
        .map(|(row, _, cell)| (row.id.as_str(), cell.verdict))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("bytes/new", Verdict::Works),
            ("bytes/find", Verdict::ExporterRefuses)
        ]
    );
    let content = table.exporters[0].content.as_ref().expect("it shows something");
    assert_eq!(
        (content.shape.as_slice(), content.lie),
        ([3].as_slice(), Lie::Apart)
    );
}

#[test]
fn one_function_is_given_many_objects() {
    let words = [
        "compat",
        "--consumer",
        "builtins:bytes",
        "--exporters",
        "bytes/*",
        "-q",
    ];
    exits(&words, 0);
    let words = [
        "compat",
        "--consumer",
        "builtins:int(memoryview(buf).hex(), 1)",
        "builtins:bytes(3)",
        "builtins:bytearray(3)",
    ];
    let output = exits(&words, 0);
    assert!(
        stdout(&output).contains("refused by the consumer (2): ValueError"),
        "{}",
        stdout(&output)
    );
}

/// The result of a view is right, and that of the object is what else it is.
#[test]
fn wrong_results_and_deaths_exit_1() {
    let words = [
        "compat",
        "builtins:bytes(3)",
        "--consumer",
        "os:abort() if isinstance(buf, bytes) else 0",
    ];
    let output = exits(&words, 1);
    assert!(
        stdout(&output).contains("ended the process (1)"),
        "{}",
        stdout(&output)
    );
    let words = [
        "compat",
        "builtins:bytes(3)",
        "--consumer",
        "builtins:type(buf).__name__ == 'bytes'",
    ];
    let output = exits(&words, 0);
    assert!(
        stdout(&output).contains("taken for something else (1)"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn what_cannot_be_tried_is_told() {
    exits(&["compat", "nowhere:thing", "--consumer", "builtins:bytes"], 3);
    exits(&["compat", "--consumers", "nothing/of/that"], 5);
}
