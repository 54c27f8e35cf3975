//! What each structure macro asks for: which arrays are given, and how the memory is ordered.
//!
//! Knows one macro at a time. Must never know whether a request should have been granted at all.

use crate::broken::Broken;
use crate::exporter::evidence::Grant;
use crate::exporter::handed::{not_contiguous, pointers_followed_blindly};
use crate::exporter::words;
use crate::exporter::words::sensible;
use bufcheck_model::observation::{Array, Field, Text};
use bufcheck_protocol::outcome::Contiguity;
use bufcheck_protocol::outcome::contiguity;
use bufcheck_protocol::request::Request;

pub(super) fn writable_alone(grant: &Grant<'_>) -> Option<Broken> {
    if grant.request != Request::WRITABLE {
        return None;
    }
    flat(grant, "WRITABLE alone is SIMPLE with writable memory")
}

pub(super) fn simple_is_flat(grant: &Grant<'_>) -> Option<Broken> {
    if grant.request != Request::SIMPLE {
        return None;
    }
    flat(grant, "SIMPLE is flat bytes")
}

/// None of the four describing fields.
fn flat(grant: &Grant<'_>, because: &str) -> Option<Broken> {
    let view = grant.view;
    if view.format.is_null() && view.shape.is_null() && view.strides.is_null() && view.suboffsets.is_null() {
        return None;
    }
    let mut set = Vec::new();
    if !view.format.is_null() {
        set.push(format!("`format` is {}", words::text(&view.format)));
    }
    for (name, array) in [
        ("shape", &view.shape),
        ("strides", &view.strides),
        ("suboffsets", &view.suboffsets),
    ] {
        if !array.is_null() {
            set.push(format!("`{name}` is {}", words::array(array)));
        }
    }
    Some(Broken::new(
        set.join(", "),
        format!("`format`, `shape`, `strides` and `suboffsets` all NULL: {because}"),
    ))
}

pub(super) fn nd_gives_shape(grant: &Grant<'_>) -> Option<Broken> {
    let request = grant.request;
    if !request.wants_shape() || request.wants_strides() || !sensible(request) {
        return None;
    }
    let view = grant.view;
    missing(grant, &[("shape", &view.shape)])
        .or_else(|| unasked(&[("strides", &view.strides), ("suboffsets", &view.suboffsets)]))
}

pub(super) fn strides_gives_both(grant: &Grant<'_>) -> Option<Broken> {
    let request = grant.request;
    if !plain_strides(request) || request.takes_suboffsets() {
        return None;
    }
    let view = grant.view;
    missing(grant, &[("shape", &view.shape), ("strides", &view.strides)])
        .or_else(|| unasked(&[("suboffsets", &view.suboffsets)]))
}

pub(super) fn indirect_gives_suboffsets(grant: &Grant<'_>) -> Option<Broken> {
    let request = grant.request;
    if !plain_strides(request) || !request.takes_suboffsets() {
        return None;
    }
    let view = grant.view;
    missing(grant, &[("shape", &view.shape), ("strides", &view.strides)]).or_else(|| {
        let suboffsets = view.suboffsets.values()?;
        suboffsets.iter().all(|suboffset| *suboffset < 0).then(|| {
            Broken::new(
                format!("`suboffsets` is {suboffsets:?}"),
                "NULL, because no axis has a pointer to follow",
            )
        })
    })
}

/// Whether strides are asked without a word on contiguity.
fn plain_strides(request: Request) -> bool {
    request.wants_strides() && sensible(request) && contiguity(request) == Contiguity::None
}

/// The first of these arrays that is NULL although there are axes.
fn missing(grant: &Grant<'_>, arrays: &[(&str, &Array)]) -> Option<Broken> {
    if grant.view.ndim <= 0 {
        return None;
    }
    let (name, _) = arrays.iter().find(|(_, array)| array.is_null())?;
    Some(Broken::new(
        format!("`{name}` is NULL, with `ndim` {}", grant.view.ndim),
        format!("`{name}` with one number for each axis, because it was asked"),
    ))
}

/// The first of these arrays that is not NULL.
fn unasked(arrays: &[(&str, &Array)]) -> Option<Broken> {
    let (name, array) = arrays.iter().find(|(_, array)| !array.is_null())?;
    Some(Broken::new(
        format!("`{name}` is {}", words::array(array)),
        format!("`{name}` NULL, because it was not asked"),
    ))
}

pub(super) fn no_strides_means_c(grant: &Grant<'_>) -> Option<Broken> {
    if grant.request.wants_strides() {
        None
    } else {
        not_contiguous(grant)
    }
}

pub(super) fn c_contiguous(grant: &Grant<'_>) -> Option<Broken> {
    contiguous(grant, Contiguity::C)
}

pub(super) fn f_contiguous(grant: &Grant<'_>) -> Option<Broken> {
    contiguous(grant, Contiguity::F)
}

pub(super) fn any_contiguous(grant: &Grant<'_>) -> Option<Broken> {
    contiguous(grant, Contiguity::Any)
}

pub(super) fn several_contiguity(grant: &Grant<'_>) -> Option<Broken> {
    contiguous(grant, Contiguity::CAndF)
}

fn contiguous(grant: &Grant<'_>, demand: Contiguity) -> Option<Broken> {
    if grant.request.wants_strides() && contiguity(grant.request) == demand {
        not_contiguous(grant)
    } else {
        None
    }
}

pub(super) fn indirect_with_contiguity(grant: &Grant<'_>) -> Option<Broken> {
    let request = grant.request;
    if !request.takes_suboffsets() || contiguity(request) == Contiguity::None {
        return None;
    }
    if sensible(request) && !grant.view.suboffsets.is_null() {
        return Some(Broken::new(
            format!("`suboffsets` is {}", words::array(&grant.view.suboffsets)),
            "NULL: contiguous memory has no pointers to follow",
        ));
    }
    pointers_followed_blindly(grant)
}

pub(super) fn suboffsets_without_indirect(grant: &Grant<'_>) -> Option<Broken> {
    if grant.request.takes_suboffsets() {
        None
    } else {
        pointers_followed_blindly(grant)
    }
}

pub(super) fn format_when_asked(grant: &Grant<'_>) -> Option<Broken> {
    let (request, view) = (grant.request, grant.view);
    if !request.wants_format() || !request.wants_shape() || !sensible(request) {
        return None;
    }
    let found = match &view.format {
        // What stands in the string is for the rules of the format: NumPy's field names may hold UTF-8.
        Text::Ascii(_) | Text::Bytes(_) => return None,
        Text::Null if view.untouched.contains(Field::Format) => "`format` was never written".to_owned(),
        Text::Null | Text::Unreadable(_) | Text::Unterminated(_) => {
            format!("`format` is {}", words::text(&view.format))
        }
    };
    Some(Broken::new(found, "a format string, because FORMAT was asked"))
}
