//! The rules for consumers that a release, or the end, can prove broken.
//!
//! Knows what makes a proof of what was seen. Must never judge a view whose releases may have been missed.

use bufcheck_model::observation::{Field, FieldSet};
use bufcheck_model::trace::{Event, Happened, Native, Place, Site, Told};
use bufcheck_protocol::request::Request;

use super::fault::Fault;
use super::traced::Traced;
use crate::broken::Broken;

/// The rules.
pub const PROVEN_BY_A_VIEW: &[&str] = &[
    "release.exactly-once",
    "release.internal-unchanged-at-release",
    "consumer.arrays-not-freed",
    "consumer.needs-gil",
    "consumer.request-with-error-set",
];

/// What was done to views against the rules.
pub(super) fn faults(traced: &Traced) -> Vec<Fault<'_>> {
    let mut faults = Vec::new();
    for event in &traced.events {
        let Some(site) = traced.sites.get(&event.site) else {
            continue;
        };
        for (rule, broken) in broken(traced, site, event) {
            let place = event.place.as_ref().or(site.place.as_ref());
            faults.push(fault(traced, site, rule, broken, (event.by.as_ref(), place)));
        }
    }
    for told in traced.answers.iter().filter(|told| told.error_before) {
        if let Some(site) = traced.sites.get(&told.site).filter(|site| is_of_a_module(site)) {
            faults.push(with_error(traced, site, told));
        }
    }
    faults
}

/// The interpreter may ask while it handles an exception of its own.
fn is_of_a_module(site: &Site) -> bool {
    !site.asked_by.interpreter || site.through.is_some()
}

fn with_error<'a>(traced: &'a Traced, site: &'a Site, told: &'a Told) -> Fault<'a> {
    let broken = Broken::new(
        "asked for a buffer while an exception was set",
        "an exception is handled before the next request",
    );
    let rule = "consumer.request-with-error-set";
    fault(traced, site, rule, broken, (None, told.place.as_ref()))
}

fn fault<'a>(
    traced: &Traced,
    site: &'a Site,
    rule: &'static str,
    broken: Broken,
    (by, place): (Option<&'a Native>, Option<&'a Place>),
) -> Fault<'a> {
    Fault {
        rule,
        type_name: &site.made.type_name,
        asked_by: &site.asked_by,
        through: site.through.as_ref(),
        by,
        requests: vec![Request::new(site.flags)],
        broken,
        place,
        pid: traced.start.pid,
    }
}

fn broken(traced: &Traced, site: &Site, event: &Event) -> Vec<(&'static str, Broken)> {
    let complete = traced.is_complete();
    // Where the interpreter calls itself unseen, what it is seen to ask may be part of a request that is not: it asks the
    // memoryview that a class has returned, and puts another owner into the struct.
    let whole = complete || !site.asked_by.interpreter;
    let released = event.owner_releases && whole;
    match event.what {
        // Where there is no release slot, structs are made up that nobody asked for, and nobody looks at one.
        Happened::Changed { fields, untouched } if released => changed(fields, untouched),
        // A view of the same object that was granted before the trace began may be like this one.
        Happened::Again { others_held: false } if released && traced.start.from_start => {
            vec![(
                "release.exactly-once",
                Broken::new(
                    "a struct was released that had been released before, and no other view like it is held",
                    "each view is given back once",
                ),
            )]
        }
        // What the child of a fork holds may be given back by its parent.
        Happened::Lost { .. } if traced.start.forked_from.is_none() && (released || complete) => {
            vec![(
                "release.exactly-once",
                Broken::new(
                    "a view was never given back, and neither its struct nor a copy of it is left",
                    "a release for each view",
                ),
            )]
        }
        Happened::WithoutLock => vec![(
            "consumer.needs-gil",
            Broken::new(
                "released in a thread that did not hold the interpreter lock",
                "requests and releases under the interpreter lock",
            ),
        )],
        Happened::Changed { .. } | Happened::Again { .. } | Happened::Lost { .. } => Vec::new(),
    }
}

/// What `internal` holds belongs to an exporter only if it was written.
fn changed(fields: FieldSet, untouched: FieldSet) -> Vec<(&'static str, Broken)> {
    let mut found = Vec::new();
    if fields.contains(Field::Internal) && !untouched.contains(Field::Internal) {
        found.push((
            "release.internal-unchanged-at-release",
            Broken::new(
                "`internal` had changed when the view was given back",
                "`internal` as the exporter set it",
            ),
        ));
    }
    let arrays = [Field::Format, Field::Shape, Field::Strides, Field::Suboffsets];
    if let Some(field) = arrays
        .into_iter()
        .find(|field| fields.contains(*field) && !untouched.contains(*field))
    {
        let name = field.name();
        found.push((
            "consumer.arrays-not-freed",
            Broken::new(
                format!("`{name}` of the struct had been replaced when the view was given back"),
                "format and arrays as the exporter set them",
            ),
        ));
    }
    found
}
