//! Rules of the family `itemsize`: the bytes of one item.
//!
//! Knows that it fits the format, asked or not. Must never know how a format is read.

use super::answers::by_answer;
use super::words::{self, sensible};
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_model::observation::Field;
use bufcheck_protocol::format::Format;
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "itemsize.positive",
        check: Check::Granted(positive),
    },
    Rule {
        id: "itemsize.matches-format",
        check: Check::Granted(matches_format),
    },
    Rule {
        id: "itemsize.matches-extended-format",
        check: Check::Whole(matches_extended_format),
    },
    Rule {
        id: "itemsize.kept-without-format",
        check: Check::Relation,
    },
];

fn positive(grant: &Grant<'_>) -> Option<Broken> {
    let view = grant.view;
    if view.itemsize > 0 || view.untouched.contains(Field::Itemsize) {
        return None;
    }
    if view.itemsize == 0 {
        // Items of no size exist ("0s"); without a format only bytes to read disprove them.
        let evidence = grant.evidence;
        let native = evidence.native_grant();
        let shown = [Some(grant.facts), native.as_ref().map(|native| native.facts)];
        let shown = shown
            .into_iter()
            .flatten()
            .find_map(|facts| facts.format.as_ref()?.as_ref().ok());
        let declared = || evidence.declared.format.as_deref().map(Format::parse)?.ok();
        let nothing = match shown.cloned().or_else(declared) {
            Some(format) => format.accepts_itemsize(0, evidence.platform),
            None => view.len == 0,
        };
        if nothing {
            return None;
        }
    }
    Some(Broken::new(
        format!("`itemsize` is {}", view.itemsize),
        "the bytes of one item, more than 0",
    ))
}

/// The format that was asked and given, with the item size.
fn asked_format<'a>(grant: &Grant<'a>) -> Option<(&'a Format, u64)> {
    if !grant.request.wants_format()
        || !sensible(grant.request)
        || grant.view.untouched.contains(Field::Itemsize)
    {
        return None;
    }
    let format = grant.facts.format.as_ref()?.as_ref().ok()?;
    Some((format, u64::try_from(grant.view.itemsize).ok()?))
}

fn matches_format(grant: &Grant<'_>) -> Option<Broken> {
    let (format, itemsize) = asked_format(grant)?;
    let size = format.struct_module_size(grant.evidence.platform)?;
    // Behind the last field of an "@" struct some tools pad and the struct module does not.
    (size != itemsize && !format.accepts_itemsize(itemsize, grant.evidence.platform))
        .then(|| mismatch(grant, &[size]))
}

fn matches_extended_format(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    by_answer(
        evidence,
        |request| request.wants_format() && sensible(request),
        |_, grant| {
            let (format, itemsize) = asked_format(grant)?;
            let platform = evidence.platform;
            if format.struct_module_accepts(platform) {
                return None;
            }
            let sizes = format.accepted_sizes(platform).ok()?;
            (!sizes.contains(&itemsize)).then(|| mismatch(grant, &sizes))
        },
    )
}

fn mismatch(grant: &Grant<'_>, sizes: &[u64]) -> Broken {
    let sizes: Vec<String> = sizes.iter().map(u64::to_string).collect();
    Broken::new(
        format!("`itemsize` is {}", grant.view.itemsize),
        format!(
            "{}: what the format {} describes",
            sizes.join(" or "),
            words::text(&grant.view.format)
        ),
    )
}
