//! Writes one page of each kind into a folder, for `tools/browser` to read as a person does, and logs for `tools/sarif`.
//!
//! Knows the fixtures of the tests. Must never know a browser, nor a validator.

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use bufcheck_model::case::Level;
use bufcheck_model::report::{Absence, Comparison, Difference};
use bufcheck_model::report::{Standing, Status};
use bufcheck_reports::{compat, diff, html, sarif, trace};
use support::large::{add, run, whole};
use support::others::{table, traced};
use support::{HOSTILE, full, kills, recorded};

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/pages".into()));
    std::fs::create_dir_all(&folder)?;
    let mut subject = run(1);
    add(&mut subject, "mylib/image", &[whole(0), whole(1), whole(4)]);
    let mut sound = run(1);
    add(&mut sound, "mylib/sound", &[]);
    let mut corpus = run(3);
    for number in 0..60_usize {
        let findings = if number.is_multiple_of(3) {
            vec![recorded(whole(number))]
        } else {
            Vec::new()
        };
        add(&mut corpus, &format!("package/object-{number}"), &findings);
    }
    let pages = [
        ("full.html", html::render(&full())),
        ("subject.html", html::render(&subject)),
        ("sound.html", html::render(&sound)),
        ("corpus.html", html::render(&corpus)),
        ("selftest.html", html::selftest(&[kills()])),
        ("diff.html", diff::html(&comparison())),
        ("compat.html", compat::html(&table())),
        ("trace.html", trace::html(&traced())),
        ("full.sarif", sarif::render(&full())),
        ("subject.sarif", sarif::render(&subject)),
        ("sound.sarif", sarif::render(&sound)),
    ];
    for (name, page) in pages {
        std::fs::write(folder.join(name), page)?;
    }
    large(&folder.join("bench"))
}

/// Pages as large as those that the budgets speak of; only their sizes and times are of interest.
fn large(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut thirty = run(1);
    for number in 0..30_usize {
        let findings = if number < 5 {
            vec![whole(number), whole(number + 5)]
        } else {
            Vec::new()
        };
        add(&mut thirty, &format!("mylib/object-{number}"), &findings);
    }
    std::fs::write(folder.join("thirty.html"), html::render(&thirty))?;
    // 278 requests of each on each of three interpreters.
    let mut corpus = run(3);
    for number in 0..480_usize {
        let findings = if number % 5 < 2 {
            vec![recorded(whole(number % 40)), recorded(whole(number % 40 + 40))]
        } else {
            Vec::new()
        };
        let name = format!("package-{}/object-{number}", number / 20);
        add(&mut corpus, &name, &findings);
    }
    std::fs::write(folder.join("large.html"), html::render(&corpus))
}

fn comparison() -> Comparison {
    Comparison {
        differences: vec![Difference {
            subject: HOSTILE.into(),
            interpreter: "cpython-3.11".into(),
            rule: "format.null-unless-requested".into(),
            level: Level::Must,
            standing: Standing::New,
            before: None,
            after: Some(HOSTILE.into()),
        }],
        absences: vec![Absence {
            subject: "mylib/gone".into(),
            interpreter: "cpython-3.11".into(),
            before: Some(Status::Conforms),
            after: None,
        }],
    }
}
