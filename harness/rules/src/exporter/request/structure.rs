//! What each structure macro asks for: which arrays are given, and how the memory is ordered.
//!
//! Knows one macro at a time. Must never know whether a request should have been granted at all.

use crate::broken::Broken;
use crate::exporter::evidence::Grant;
use crate::exporter::handed::{not_contiguous, pointers_followed_blindly};
use crate::exporter::words;
use crate::exporter::words::sensible;
use bufcheck_model::observation::Field;
use bufcheck_protocol::outcome::Contiguity;
use bufcheck_protocol::outcome::contiguity;

pub(super) fn nd_gives_shape(grant: &Grant<'_>) -> Option<Broken> {
    let (request, view) = (grant.request, grant.view);
    let left_alone = view.untouched.contains(Field::Shape);
    if !request.wants_shape() || !sensible(request) || view.ndim <= 0 || !view.shape.is_null() || left_alone {
        return None;
    }
    Some(Broken::new(
        format!("`shape` is NULL, with `ndim` {}", view.ndim),
        "`shape` with one number for each axis, because it was asked",
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
