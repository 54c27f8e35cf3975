//! `scan MODULE`: what a module exports, checked as far as it can be made.
//!
//! Knows which ways of making an object are safe to try: an attribute as it stands, a type without arguments,
//! a registered recipe. Must never import the module: workers do.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bufcheck_model::report::{Report, Status};
use bufcheck_reports::Untrusted;
use bufcheck_runner::exporter::scan::{Found, Listing, list};
use bufcheck_runner::plan::Subjects;

use super::args::RunOptions;
use super::check::{configuration, level, observe, settings, tell_unusable};
use super::exit::Exit;
use super::exit::exit;
use super::failure::Failure;
use super::{output, scan_consumers};
use crate::hosts::Installation;

/// `bufcheck scan MODULE [--consumers]`
pub(super) fn scan(
    module: &str,
    consumers: bool,
    options: &RunOptions,
    installation: &Installation,
) -> Result<Exit, Failure> {
    if consumers {
        return scan_consumers::scan(module, options, installation);
    }
    let configuration = configuration(options)?;
    let settings = settings(options, configuration.as_ref(), installation)?;
    let listing = list(&mut settings.slot(&settings.hosts[0]), module)?;
    let recipes: Vec<String> = configuration
        .iter()
        .flat_map(|found| &found.config.exporter)
        .filter(|case| {
            case.make
                .as_deref()
                .is_some_and(|make| package(make) == package(module))
        })
        .map(|case| case.id.clone())
        .collect();
    let found = listing.objects.iter().chain(&listing.types).map(Found::target);
    let targets: Vec<String> = recipes
        .iter()
        .cloned()
        .chain(found.filter(|target| !recipes.contains(target)))
        .collect();
    if targets.is_empty() {
        let problem =
            format!("`{module}` holds no type that fills the buffer slot, and no object of such a type");
        return Err(Failure::Nothing(problem));
    }
    let subjects = Subjects::exporters(&targets, configuration.as_ref());
    let (mut report, unusable) = observe(&subjects, &[], options, configuration.as_ref(), installation)?;
    let missing = unmade(&mut report, &listing);
    output::write(&report, &options.output)?;
    tell(module, &listing, &missing, options);
    tell_unusable(&unusable);
    Ok(exit(&report, level(options, configuration.as_ref()), &unusable))
}

fn package(target: &str) -> &str {
    target.split(['.', ':']).next().unwrap_or_default()
}

/// A type of which there is no object, and why.
struct Missing<'a> {
    found: &'a Found,
    problem: String,
}

/// Types that want arguments are no faults: they are not tested, or tested already by way of a recipe.
fn unmade<'a>(report: &mut Report, listing: &'a Listing) -> Vec<Missing<'a>> {
    const NOT_MADE: &str = "the object could not be made: ";
    let tested: BTreeSet<String> = report
        .subjects
        .iter()
        .filter(|subject| subject.status.is_tested())
        .filter_map(|subject| subject.type_name.clone())
        .collect();
    let mut missing: Vec<Missing<'_>> = Vec::new();
    let mut covered = 0;
    let mut open = 0;
    report.subjects.retain_mut(|subject| {
        let found = listing.types.iter().find(|found| found.target() == subject.id);
        let problem = subject
            .reason
            .first()
            .and_then(|reason| reason.strip_prefix(NOT_MADE))
            .map(str::to_owned);
        let (Some(found), Some(problem), Status::HarnessFault) = (found, problem, subject.status) else {
            return true;
        };
        if tested.contains(&found.type_name) {
            covered += 1;
            return false;
        }
        open += 1;
        subject.status = Status::NotTested;
        subject.reason = vec![format!(
            "needs a recipe, since `{}()` raised {problem}",
            found.name
        )];
        if !missing.iter().any(|known| known.found == found) {
            missing.push(Missing { found, problem });
        }
        true
    });
    let totals = &mut report.totals.subjects;
    if covered + open > 0
        && let Some(faults) = totals.get_mut(Status::HarnessFault.name())
    {
        *faults = faults.saturating_sub(covered + open);
        if *faults == 0 {
            totals.remove(Status::HarnessFault.name());
        }
    }
    if open > 0 {
        *totals.entry(Status::NotTested.name().to_owned()).or_default() += open;
    }
    missing
}

fn tell(module: &str, listing: &Listing, missing: &[Missing<'_>], options: &RunOptions) {
    if options.output.quiet {
        return;
    }
    let mut text = format!(
        "\n`{}`: types that fill the buffer slot: {}, of which {} could not be made; objects of such types: \
         {}.\n",
        Untrusted::line(module),
        listing.types.len(),
        missing.len(),
        listing.objects.len()
    );
    if !missing.is_empty() {
        text.push_str("Recipes that are missing in `bufcheck.toml`:\n");
    }
    for Missing { found, problem } in missing {
        let _ = write!(
            text,
            "\n# {}\n[[exporter]]\nmake = \"{}(...)\"\n",
            Untrusted::lines(problem).to_string().replace('\n', "\n# "),
            Untrusted::line(&found.target())
        );
    }
    output::say(&text, &options.output);
}
