//! The memory of an object beside what a consumer takes of it that believes one answer.
//!
//! Knows where items lie and where they are looked for. Must never know scenarios.

use bufcheck_model::example::{Drawing, Place, PlaceKind, Row};
use bufcheck_protocol::format::{Format, Platform};
use bufcheck_protocol::layout::{Layout, Span};
use bufcheck_protocol::outcome::{Contiguity, field_states};
use bufcheck_protocol::request::Request;

use super::tells::tells;
use crate::exporter::{Evidence, Grant};

/// Most items that are drawn in a row.
const DRAWN: usize = 12;

/// Most characters of a value in a drawing.
const WIDEST: usize = 8;

/// The memory as it lies, and as it is taken; `None` where both are the same.
pub(super) fn drawing(evidence: &Evidence<'_>, request: Request) -> Option<Drawing> {
    let (grant, native) = (evidence.granted(request)?, evidence.native()?);
    let layout = &native.layout;
    if layout.needs_indirection() || layout.is_empty() {
        return None;
    }
    let span = layout.span();
    let holds = values(evidence);
    let mut lies: Vec<Place> = items(layout)
        .map(|(nth, at)| Place {
            at,
            bytes: layout.itemsize(),
            name: name(layout, nth),
            holds: usize::try_from(nth)
                .ok()
                .and_then(|nth| holds.get(nth).cloned())
                .unwrap_or_default(),
            kind: PlaceKind::Item,
        })
        .take(4 * DRAWN)
        .collect();
    lies.sort_by_key(|place| place.at);
    let more = layout.count().saturating_sub(DRAWN as u64);
    lies.truncate(DRAWN);
    let taken = taken(&grant, layout, span)?;
    let drawing = Drawing {
        said: said(&taken, request),
        rows: vec![
            Row {
                said: "the object's items as they lie".to_owned(),
                places: with_gaps(lies),
                more,
            },
            Row {
                said: format!("what a consumer of {request} takes"),
                more: taken.len().saturating_sub(DRAWN) as u64,
                places: taken.into_iter().take(DRAWN).collect(),
            },
        ],
    };
    tells(&drawing).then_some(drawing)
}

/// Index in C order and offset of every item.
fn items(layout: &Layout) -> impl Iterator<Item = (u64, i64)> {
    (0..).zip(layout.offsets())
}

fn name(layout: &Layout, nth: u64) -> String {
    let index = layout.index_of(nth);
    if index.is_empty() {
        return "the item".to_owned();
    }
    let index: Vec<String> = index.iter().map(u64::to_string).collect();
    format!("[{}]", index.join(","))
}

/// The places in which a consumer looks for the items, lowest first, with what lies there.
fn taken(grant: &Grant<'_>, native: &Layout, span: Span) -> Option<Vec<Place>> {
    let read = as_read(grant, native)?;
    if read.needs_indirection() {
        return None;
    }
    let at_home: Vec<i64> = native.offsets().take(8 * DRAWN).collect();
    let item = |(nth, at): (u64, i64)| {
        let end = at.saturating_add_unsigned(read.itemsize());
        let home = usize::try_from(nth).ok().and_then(|nth| at_home.get(nth));
        let kind = if at < span.low || end > span.high {
            PlaceKind::Outside
        } else if home.is_some_and(|home| *home != at) {
            PlaceKind::Displaced
        } else {
            PlaceKind::Item
        };
        Place {
            at,
            bytes: read.itemsize(),
            name: if nth < native.count() {
                name(native, nth)
            } else {
                format!("no. {nth}")
            },
            holds: String::new(),
            kind,
        }
    };
    let mut places: Vec<Place> = items(&read).take(4 * DRAWN).map(item).collect();
    places.sort_by_key(|place| place.at);
    Some(places)
}

/// The layout that a consumer sees who believes the answer; in pieces of an item where there is no shape.
fn as_read(grant: &Grant<'_>, native: &Layout) -> Option<Layout> {
    let itemsize = i64::try_from(native.itemsize()).ok()?;
    if !grant.request.wants_shape() {
        let pieces = grant.view.len.checked_div(itemsize)?;
        return Layout::new(itemsize, &[pieces], None, None).ok();
    }
    // Who was to be given a shape, and was not, takes nobody knows what.
    if grant.view.shape.is_null() && grant.view.ndim > 0 {
        return None;
    }
    let layout = grant.facts.layout.as_ref().ok()?;
    let shape: Option<Vec<i64>> = layout
        .shape()
        .iter()
        .map(|extent| i64::try_from(*extent).ok())
        .collect();
    let shape = shape?;
    let size = i64::try_from(layout.itemsize()).ok()?;
    let strides = match field_states(grant.request).contiguity {
        Contiguity::C => Layout::strides_c(size, &shape).ok()?,
        Contiguity::F => Layout::strides_f(size, &shape).ok()?,
        Contiguity::None | Contiguity::Any | Contiguity::CAndF => return Some(layout.clone()),
    };
    Layout::new(size, &shape, Some(&strides), None).ok()
}

/// The gaps between places as places of their own.
fn with_gaps(places: Vec<Place>) -> Vec<Place> {
    let mut all: Vec<Place> = Vec::with_capacity(places.len());
    for place in places {
        let end = all.last().map(|last| last.at.saturating_add_unsigned(last.bytes));
        if let Some(end) = end.filter(|end| *end < place.at) {
            all.push(Place {
                at: end,
                bytes: place.at.abs_diff(end),
                name: String::new(),
                holds: String::new(),
                kind: PlaceKind::Between,
            });
        }
        all.push(place);
    }
    all
}

/// The values of the first items in C order.
fn values(evidence: &Evidence<'_>) -> Vec<String> {
    let shown = |grant: &Grant<'_>| {
        let size = usize::try_from(grant.facts.layout.as_ref().ok()?.itemsize()).ok()?;
        let content = grant.content?;
        let format = grant
            .facts
            .format
            .as_ref()
            .and_then(|format| format.as_ref().ok());
        let items = content.bytes.chunks_exact(size.max(1)).take(4 * DRAWN);
        Some(
            items
                .map(|item| value(item, format, *evidence.platform))
                .collect(),
        )
    };
    evidence
        .native_grant()
        .as_ref()
        .and_then(shown)
        .unwrap_or_default()
}

/// An item as a short value, else as the first of its bytes.
fn value(item: &[u8], format: Option<&Format>, platform: Platform) -> String {
    let told = format
        .and_then(|format| format.decode(item, &platform).ok())
        .filter(|value| !value.holds_addresses())
        .map(|value| value.to_json().to_string())
        .filter(|text| text.chars().count() <= WIDEST);
    told.unwrap_or_else(|| {
        let hex: Vec<String> = item.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
        hex.join(" ") + if item.len() > 3 { ".." } else { "" }
    })
}

fn said(taken: &[Place], request: Request) -> String {
    let count = |wanted| taken.iter().filter(|place| place.kind == wanted).count();
    let (displaced, outside) = (count(PlaceKind::Displaced), count(PlaceKind::Outside));
    let mut parts = Vec::new();
    if displaced > 0 {
        parts.push(format!("{displaced} of its items where others lie or none"));
    }
    if outside > 0 {
        parts.push(format!("{outside} outside the memory of the object's items"));
    }
    format!(
        "Who asks {request} and believes the answer looks for {}.",
        parts.join(" and ")
    )
}
