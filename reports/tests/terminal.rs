//! What holds for the terminal whatever a report says: few lines, no long ones, nothing but text.

mod support;

use bufcheck_model::case::Level;
use bufcheck_model::report::{Consequence, Finding, Proof, Report, Standing};
use bufcheck_protocol::request::Request;
use bufcheck_reports::terminal::{MAX_LINES, Options, explain, finding, summary};
use support::{HOSTILE, full, recorded, subject};

/// Findings of all sizes: texts that are empty, short, endless, without spaces, and with line ends.
fn findings() -> Vec<Finding> {
    let texts = [
        "",
        "NULL",
        &"word ".repeat(200),
        &"x".repeat(900),
        &"line\n".repeat(50),
        HOSTILE,
    ];
    let mut findings = Vec::new();
    for text in texts {
        for requests in [0, 1, 4, 5, 256] {
            for consequences in [0, 1, 12] {
                let mut finding = support::finding(
                    "format.null-unless-requested",
                    Level::Must,
                    Request::all().take(requests).collect(),
                );
                finding.found = text.into();
                finding.wanted = text.into();
                finding.repro = "bufcheck check 'a:b'".into();
                finding.consequences = vec![
                    Consequence {
                        rule: "shape.null-unless-nd".into(),
                        level: Level::Must,
                        requests: vec![Request::ND],
                        found: text.into(),
                        wanted: text.into(),
                        standing: Standing::New,
                    };
                    consequences
                ];
                let mut known = recorded(finding.clone());
                known.reason = Some(text.into());
                findings.extend([finding, known]);
            }
        }
    }
    findings
}

fn with(findings: Vec<Finding>, id: &str) -> Report {
    let mut report = full();
    let mut subject = subject(id, "cpython-3.11", &report);
    subject.findings = findings;
    report.subjects = vec![subject];
    report
}

#[track_caller]
fn check_lines(text: &str, width: usize) {
    for line in text.lines() {
        let copied = line.contains("  again:") || line.contains("http");
        assert!(
            copied || line.chars().count() <= width,
            "{} columns: {line}",
            line.chars().count()
        );
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert!(!line.contains('\u{202e}'), "{line:?}");
        assert_eq!(line.trim_end(), line, "nothing invisible at the end");
    }
}

#[test]
fn what_an_exporter_says_is_cut_and_what_to_change_is_not() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for id in ["a", HOSTILE, &"long/".repeat(100)] {
        for width in [80, 100, 200] {
            let options = Options {
                width,
                ..Options::default()
            };
            let report = with(findings(), id);
            for shown in &report.subjects[0].findings {
                let text = finding(&report, &report.subjects[0], shown, &options);
                check_lines(&text, width);
                assert!(text.ends_with('\n'));
                // The reasons and remedies of these rules take three lines each at most.
                assert!(text.lines().count() <= MAX_LINES + 6, "{text}");
                let rule = report.rules.iter().find(|rule| rule.id == shown.rule);
                let rule = rule.expect("every finding here is of a rule that the report has");
                let text = words(&text);
                assert!(text.contains(&words(&rule.why)), "{text}");
                let change = &rule.fix.as_ref().expect("a remedy").c;
                assert!(text.contains(&words(&format!("C: {change}"))), "{text}");
            }
        }
    }
}

#[test]
fn a_finding_says_all_it_must() {
    let report = full();
    let image = &report.subjects[1];
    let text = finding(&report, image, &image.findings[1], &Options::default());
    for part in [
        "WRONG DATA must format.null-unless-requested: ",
        "A format that nobody asked for (new, causes 1 more)",
        "`mylib/image`",
        "cpython-3.11",
        "request: all without FORMAT (128 requests)",
        "wanted:  format is NULL",
        "found:   format is \"<i\"",
        "why:     A consumer that did not ask",
        "change:  C: Set `view->format = NULL`",
        "again:   bufcheck run 'mylib/image' --rule format.null-unless-requested",
    ] {
        assert!(text.contains(part), "want `{part}` in\n{text}");
    }
}

#[test]
fn the_binding_is_taken_from_the_names() {
    let mut report = full();
    report.subjects[1].type_name = Some("mylib_pybind11.Image".into());
    let image = &report.subjects[1];
    let text = finding(&report, image, &image.findings[1], &Options::default());
    assert!(text.contains("change:  pybind11: Use `def_buffer`"), "{text}");
}

#[test]
fn no_line_of_a_summary_is_absurd() {
    for verbose in [false, true] {
        for width in [80, 100] {
            let options = Options {
                width,
                verbose,
                ..Options::default()
            };
            check_lines(&summary(&full(), &options), width);
            check_lines(&summary(&with(findings(), HOSTILE), &options), width);
            for rule in &full().rules {
                check_lines(&explain(rule, &options), width);
            }
        }
    }
}

#[test]
fn colour_changes_no_word() {
    let report = full();
    let plain = summary(&report, &Options::default());
    let colored = summary(
        &report,
        &Options {
            color: true,
            ..Options::default()
        },
    );
    assert_ne!(plain, colored);
    let mut stripped = String::new();
    let mut parts = colored.split('\u{1b}');
    stripped.push_str(parts.next().unwrap_or_default());
    for part in parts {
        stripped.push_str(part.split_once('m').map_or(part, |(_, text)| text));
    }
    assert_eq!(stripped, plain);
}

#[test]
fn many_findings_are_counted_unless_all_are_wanted() {
    let report = with(findings(), "a");
    let all = report.subjects[0].findings.len();
    let shown = |text: &str| text.matches("  again:").count();
    let short = summary(&report, &Options::default());
    assert_eq!(shown(&short), 20);
    assert!(
        short.contains("70 more findings not shown here: `--verbose` shows all"),
        "{short}"
    );
    let long = summary(
        &report,
        &Options {
            verbose: true,
            ..Options::default()
        },
    );
    assert_eq!(shown(&long), all);
}

#[test]
fn the_summary_ends_with_a_verdict_and_no_percentage() {
    let report = full();
    let text = summary(&report, &Options::default());
    assert!(!text.contains('%'), "{text}");
    assert!(
        text.contains("break the protocol in a way that no record knows: `mylib/image`"),
        "{text}"
    );
    assert!(
        text.contains("cases/exporters/ctypes.json:120: subject `ctypes/*`, rule `len.*`"),
        "{text}"
    );
    assert!(
        text.contains("needs Python >=3.12: stdlib/user-class on cpython-3.11"),
        "{text}"
    );
    assert!(text.contains("ModuleNotFoundError"), "{text}");
}

/// What a race showed is told in full, and is neither called sound nor a breach.
#[test]
fn what_a_race_shows_is_told_and_decides_nothing() {
    let mut race = support::finding("format.null-unless-asked", Level::Must, Vec::new());
    race.standing = Standing::ByChance;
    let text = summary(&with(vec![race], "a:b"), &Options::default());
    assert!(text.contains("format.null-unless-asked"), "{text}");
    assert!(text.contains("(by-chance)"), "{text}");
    let told = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("1 subject shows a race between threads, which may not show the next time and decides nothing: `a:b`."),
        "{text}"
    );
    assert!(
        !told.contains("breaks the protocol") && !told.contains("conforms"),
        "{text}"
    );
}

#[test]
fn what_was_noticed_is_told_of_a_subject_that_conforms() {
    let mut report = with(Vec::new(), "a:b");
    let silent = summary(&report, &Options::default());
    report.subjects[0].noticed = vec!["the bytes change".into()];
    let told = summary(&report, &Options::default());
    assert!(
        !silent.contains("the bytes change") && told.contains("the bytes change"),
        "{told}"
    );
}

#[test]
fn a_finding_with_a_program_names_the_command_that_runs_it() {
    let mut report = full();
    let place = report
        .subjects
        .iter()
        .position(|subject| subject.id == "mylib/image")
        .expect("it is there");
    let told = |report: &Report| {
        let image = &report.subjects[place];
        finding(report, image, &image.findings[0], &Options::default())
    };
    assert!(!told(&report).contains("bufcheck repro"), "there is no program");
    let rule = report.subjects[place].findings[0].rule.clone();
    report.subjects[place].findings[0].proof = Some(Proof {
        script: "print(1)\n".into(),
        ..Proof::default()
    });
    let command = format!("bufcheck repro 'mylib/image' --rule {rule}\n");
    assert!(told(&report).contains(&command), "{}", told(&report));
}
