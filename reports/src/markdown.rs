//! Markdown, for the summary page of a CI job.
//!
//! Knows the dialect of GitHub: tables, and HTML for code and folding. Must never let a name from a report
//! become markup.

use std::fmt::Write as _;

use bufcheck_model::report::{Report, Status};

use crate::group::{Entry, Group, Kind, WORST, by_subject, not_tested, worst};
use crate::untried;
use crate::verdict::{Class, class, spans, verdict};
use crate::weight::{harm, rules, shout, title};
use crate::words::{self, line, list};
use bufcheck_model::link;

/// How many new findings are told in full.
const SHOWN: usize = 50;

/// The sentence of verdict, the subjects, the new findings, and the recorded ones folded away.
pub fn render(report: &Report) -> String {
    let groups = by_subject(report);
    let verdict = verdict(report, &groups);
    let mut text = format!("# bufcheck\n\n**{}**", sentence(&verdict.sentence));
    for more in &verdict.rest {
        let _ = write!(text, " {}", sentence(more));
    }
    text.push_str("\n\n");
    worst_findings(&mut text, report, &groups);
    new_findings(&mut text, report, &groups);
    subjects(&mut text, report, &groups);
    recorded(&mut text, &groups);
    not_run(&mut text, report);
    not_tried(&mut text, report);
    stale(&mut text, report);
    text
}

/// What to look at first, in one line each.
fn worst_findings(text: &mut String, report: &Report, groups: &[Group<'_>]) {
    let rules = rules(report);
    let worst = worst(groups, &rules, WORST);
    if worst.is_empty() {
        return;
    }
    for entry in worst {
        let _ = writeln!(
            text,
            "- **{}** {}: {}",
            shout(harm(entry.finding, &rules)),
            code(&entry.subject.id),
            sentence(title(entry.finding, &rules)),
        );
    }
    text.push('\n');
}

fn new_findings(text: &mut String, report: &Report, groups: &[Group<'_>]) {
    let new: Vec<&Entry<'_>> = groups
        .iter()
        .flat_map(|group| &group.entries)
        .filter(|entry| entry.kind() == Kind::New)
        .collect();
    if new.is_empty() {
        return;
    }
    text.push_str("## New findings\n\n");
    let rules = rules(report);
    for entry in new.iter().take(SHOWN) {
        let finding = entry.finding;
        let _ = writeln!(
            text,
            "### {} {} {}: {}\n",
            shout(harm(finding, &rules)),
            finding.level.name(),
            code(&finding.rule),
            code(&entry.subject.id),
        );
        let mut row = |label: &str, value: String| {
            if !value.is_empty() {
                let _ = writeln!(text, "- **{label}:** {value}");
            }
        };
        row("on", escape(&list(&entry.interpreters, usize::MAX)));
        if finding.requests.is_empty() {
            row("case", escape(&finding.case));
        } else {
            row("request", escape(&finding.requests_said));
        }
        row("wanted", sentence(&finding.wanted));
        row("found", sentence(&finding.found));
        for (interpreter, other) in &entry.others {
            row(
                "found",
                format!("{}: {}", escape(interpreter), sentence(&other.found)),
            );
        }
        row(
            "crash",
            finding
                .death
                .as_ref()
                .map_or_else(String::new, |death| escape(&death.told())),
        );
        let rule = rules.get(finding.rule.as_str());
        row("why", sentence(rule.map_or("", |rule| &rule.why)));
        for folded in &finding.consequences {
            row(
                "follows",
                format!("{}: {}", code(&folded.rule), escape(&folded.found)),
            );
        }
        row("again", code(&finding.repro));
        text.push('\n');
        if let Some(hints) = rule.and_then(|rule| rule.fix.as_ref()) {
            // A blank line on either side: what stands between is Markdown again.
            text.push_str("<details><summary>What to change, by binding</summary>\n\n");
            for (binding, hint) in words::fixes(hints) {
                let _ = writeln!(text, "- **{binding}:** {}", sentence(hint));
            }
            text.push_str("\n</details>\n\n");
        }
    }
    if new.len() > SHOWN {
        let _ = writeln!(text, "{} more are in the other reports.\n", new.len() - SHOWN);
    }
}

fn subjects(text: &mut String, report: &Report, groups: &[Group<'_>]) {
    text.push_str("## Subjects\n\n| subject |");
    for interpreter in &report.interpreters {
        let _ = write!(text, " {} |", escape(&interpreter.id));
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(report.interpreters.len()));
    text.push('\n');
    for group in groups {
        let Some(first) = group.subjects.first() else {
            continue;
        };
        let _ = write!(text, "| {} |", code(&first.id));
        for interpreter in &report.interpreters {
            let here = group
                .subjects
                .iter()
                .find(|subject| subject.interpreter == interpreter.id);
            let said = here.map_or_else(String::new, |subject| {
                let class = class(subject);
                let ended = match subject.status {
                    Status::Died => " (process ended)",
                    Status::Hung => " (process hung)",
                    Status::Conforms
                    | Status::Deviates
                    | Status::NothingGranted
                    | Status::Incomplete
                    | Status::NotTested
                    | Status::HarnessFault => "",
                };
                let name = match class {
                    Class::Broken => format!("**{}**", class.name()),
                    Class::Dubious
                    | Class::Fault
                    | Class::Incomplete
                    | Class::Barren
                    | Class::Racy
                    | Class::Recorded
                    | Class::NotTested
                    | Class::Conforms => class.name().to_owned(),
                };
                format!("{name}{ended}")
            });
            let _ = write!(text, " {said} |");
        }
        text.push('\n');
    }
    text.push('\n');
}

fn recorded(text: &mut String, groups: &[Group<'_>]) {
    let known: Vec<&Entry<'_>> = groups
        .iter()
        .flat_map(|group| &group.entries)
        .filter(|entry| entry.kind() == Kind::Known)
        .collect();
    if known.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "<details><summary>{} as recorded</summary>\n\n| subject | rule | found | wanted | reason |\n|---|---|---|---|---|\n",
        words::count(known.len(), "finding")
    );
    for entry in known {
        let finding = entry.finding;
        let mut reason = escape(finding.reason.as_deref().unwrap_or(""));
        if let Some(address) = &finding.link {
            let _ = match link::target(address) {
                Some(url) => write!(
                    reason,
                    " [{}](<{}>)",
                    escape(&link::short(address)),
                    url.replace(['<', '>'], "")
                ),
                None => write!(reason, " {}", escape(address)),
            };
        }
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            code(&entry.subject.id),
            code(&finding.rule),
            escape(&finding.found),
            escape(&finding.wanted),
            reason.trim()
        );
    }
    text.push_str("\n</details>\n\n");
}

fn not_run(text: &mut String, report: &Report) {
    for (status, title) in [
        (Status::HarnessFault, "Could not be run"),
        (Status::NotTested, "Not tested"),
    ] {
        let reasons = not_tested(report.subjects.iter().filter(|subject| subject.status == status));
        if reasons.is_empty() {
            continue;
        }
        let _ = writeln!(text, "## {title}\n");
        for (reason, subjects) in reasons {
            let ids: Vec<String> = subjects
                .iter()
                .map(|subject| format!("{} on {}", code(&subject.id), escape(&subject.interpreter)))
                .collect();
            let _ = writeln!(text, "- {}: {}", escape(&reason), list(&ids, 20));
        }
        text.push('\n');
    }
}

/// What was left out of subjects that were tested.
fn not_tried(text: &mut String, report: &Report) {
    let mut told = String::new();
    for subject in &report.subjects {
        for line in untried::lines(subject) {
            let (id, place) = (code(&subject.id), escape(&subject.interpreter));
            let _ = writeln!(told, "- {id} on {place}: {}", sentence(&line));
        }
    }
    if !told.is_empty() {
        let _ = writeln!(text, "## Tested in part\n\n{told}");
    }
}

fn stale(text: &mut String, report: &Report) {
    if report.stale.is_empty() {
        return;
    }
    text.push_str("## Stale records\n\n");
    for record in &report.stale {
        let at = record.line.map(|number| format!(":{number}")).unwrap_or_default();
        let on = record
            .interpreter
            .as_ref()
            .map(|id| format!(" (on {})", escape(id)))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "- {}: subject {}, rule {}: {}{on}",
            code(&format!("{}{at}", record.file)),
            code(&record.subject),
            code(&record.rule),
            escape(&record.problem)
        );
    }
    text.push('\n');
}

/// Prose, with what stands between backticks as code.
fn sentence(text: &str) -> String {
    spans(text)
        .into_iter()
        .map(|(name, part)| if name { code(part) } else { escape(part) })
        .collect()
}

/// Text as code. HTML is used because a code span in a table cannot hold every character.
pub(crate) fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

/// Text with everything that Markdown or HTML could take for markup written as a reference to a character.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in line(text).chars() {
        if matches!(
            letter,
            '&' | '<'
                | '>'
                | '"'
                | '\''
                | '|'
                | '`'
                | '\\'
                | '*'
                | '_'
                | '['
                | ']'
                | '#'
                | '~'
                | '!'
                | '@'
                | '$'
        ) {
            let _ = write!(safe, "&#{};", u32::from(letter));
        } else {
            safe.push(letter);
        }
    }
    // A bare address would become a link.
    safe.replace("://", "&#58;//")
}
