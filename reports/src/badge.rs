//! A badge: the verdict in two words, as an image or as data for a service that draws badges.
//!
//! Knows how few words a verdict can be told in. Must never load anything, nor give a percentage.

use bufcheck_model::report::Report;
use serde_json::json;

use crate::verdict::{Class, distinct};

/// What the badge is about.
const LABEL: &str = "buffer protocol";

/// The words and the colour of a report.
fn told(report: &Report) -> (String, &'static str, &'static str) {
    let subjects = distinct(report);
    let of = |wanted: &[Class]| {
        subjects
            .iter()
            .filter(|(_, class)| wanted.contains(class))
            .count()
    };
    let (broken, dubious) = (of(&[Class::Broken]), of(&[Class::Dubious]));
    let unsure = of(&[Class::Fault, Class::Incomplete, Class::Barren]);
    let (recorded, conforms) = (of(&[Class::Recorded]), of(&[Class::Conforms]));
    let all = broken + dubious + unsure + recorded + conforms;
    if all == 0 {
        ("not tested".into(), "lightgrey", "#6a737d")
    } else if broken > 0 {
        (format!("{broken} of {all} not sound"), "red", "#b3261e")
    } else if report.interrupted || unsure > 0 {
        ("tested in part".into(), "yellow", "#8a6100")
    } else if dubious > 0 {
        (format!("{dubious} of {all} deviate"), "yellow", "#8a6100")
    } else if recorded > 0 {
        ("as recorded".into(), "yellowgreen", "#4b6b00")
    } else {
        ("conforms".into(), "brightgreen", "#1a7f37")
    }
}

/// The badge as an SVG image that needs no font and no network.
pub fn svg(report: &Report) -> String {
    let (message, _, color) = told(report);
    // Verdana of 11 points is about 7 wide; the text is fitted to that.
    let width = |text: &str| u32::try_from(text.chars().count()).unwrap_or(0) * 7;
    let (left, right) = (width(LABEL) + 12, width(&message) + 12);
    let (whole, middle) = (left + right, left + right / 2);
    let (half, label, said) = (left / 2, width(LABEL), width(&message));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" \
         aria-label=\"{LABEL}: {message}\"><title>{LABEL}: {message}</title>\
         <path fill=\"#444c56\" d=\"M0 0h{left}v20H0z\"/><path fill=\"{color}\" d=\"M{left} 0h{right}v20H{left}z\"/>\
         <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\
         <text x=\"{half}\" y=\"14\" textLength=\"{label}\">{LABEL}</text>\
         <text x=\"{middle}\" y=\"14\" textLength=\"{said}\">{message}</text></g></svg>\n"
    )
}

/// The badge as the data of an endpoint (`https://shields.io/badges/endpoint-badge`).
pub fn endpoint(report: &Report) -> String {
    let (message, color, _) = told(report);
    let badge = json!({"schemaVersion": 1, "label": LABEL, "message": message, "color": color});
    format!("{badge:#}\n")
}
