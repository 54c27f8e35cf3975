//! A drawing of memory as boxes with places on the page.
//!
//! Knows widths and columns: what has one address stands in one column. Must never hold markup but the numbers of paths.

use std::fmt::Write as _;

use bufcheck_model::example::{Drawing, Place, PlaceKind};
use serde::Serialize;

/// Height of a box.
const BOX: u32 = 28;

/// Height of a row with its words.
const ROW: u32 = 82;

/// Where the boxes of a row begin, below its words.
const TOP: u32 = 24;

/// Left edge of all boxes.
const LEFT: u32 = 2;

/// Most columns: a page is no place for more.
const COLUMNS: usize = 26;

/// A drawing, placed.
#[derive(Serialize)]
pub(super) struct Placed<'a> {
    said: &'a str,
    width: u32,
    height: u32,
    lanes: Vec<Lane<'a>>,
    /// What the kinds of boxes in it mean.
    legend: Vec<&'static str>,
}

#[derive(Serialize)]
struct Lane<'a> {
    said: &'a str,
    y: u32,
    boxes: Vec<Box<'a>>,
    more: u64,
    end: u32,
}

#[derive(Serialize)]
struct Box<'a> {
    kind: &'static str,
    outline: String,
    hatch: String,
    middle: u32,
    holds: &'a str,
    name: &'a str,
}

/// The drawing with a place for everything; `None` where there is nothing to draw.
pub(super) fn placed(drawing: &Drawing) -> Option<Placed<'_>> {
    let columns = Columns::of(drawing)?;
    let lanes: Vec<Lane<'_>> = (0_u32..)
        .zip(&drawing.rows)
        .map(|(nth, row)| {
            let y = nth * ROW;
            let boxes: Vec<Box<'_>> = row
                .places
                .iter()
                .filter_map(|place| columns.place(place, y + TOP))
                .collect();
            let last = row
                .places
                .iter()
                .filter_map(|place| columns.span(place))
                .map(|(_, end)| end)
                .max();
            Lane {
                said: &row.said,
                y: y + TOP - 8,
                boxes,
                more: row.more,
                end: last.unwrap_or(LEFT) + 6,
            }
        })
        .collect();
    let said = drawing
        .rows
        .iter()
        .map(|row| row.said.chars().count())
        .max()
        .unwrap_or(0);
    let words = u32::try_from(said.min(80)).unwrap_or(0) * 8;
    Some(Placed {
        said: &drawing.said,
        width: words.max(columns.width() + 90),
        height: ROW * u32::try_from(drawing.rows.len()).ok()?,
        lanes,
        legend: legend(drawing),
    })
}

/// Addresses, and where each stands.
struct Columns {
    edges: Vec<(i64, u32)>,
}

impl Columns {
    fn of(drawing: &Drawing) -> Option<Self> {
        let places = || drawing.rows.iter().flat_map(|row| &row.places);
        let typical = places()
            .map(|place| place.bytes)
            .filter(|bytes| *bytes > 0)
            .min()?;
        let mut addresses: Vec<i64> = places().flat_map(|place| [place.at, end(place)]).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses.truncate(COLUMNS);
        let widest = if typical == 1 { 30 } else { 58 };
        let mut x = LEFT;
        let mut edges = Vec::with_capacity(addresses.len());
        for (nth, at) in addresses.iter().enumerate() {
            if let Some(before) = nth.checked_sub(1).and_then(|nth| addresses.get(nth)) {
                x += if at.abs_diff(*before) < typical {
                    20
                } else {
                    widest
                };
            }
            edges.push((*at, x));
        }
        Some(Self { edges })
    }

    fn width(&self) -> u32 {
        self.edges.last().map_or(0, |(_, x)| *x)
    }

    fn x(&self, address: i64) -> Option<u32> {
        let known = self.edges.iter().find(|(at, _)| *at == address);
        known.map(|(_, x)| *x)
    }

    fn span(&self, place: &Place) -> Option<(u32, u32)> {
        Some((self.x(place.at)?, self.x(end(place))?))
    }

    fn place<'a>(&self, place: &'a Place, y: u32) -> Option<Box<'a>> {
        let (left, right) = self.span(place)?;
        let width = right.saturating_sub(left);
        let (kind, is_hatched) = match place.kind {
            PlaceKind::Item => ("item", false),
            PlaceKind::Displaced => ("displaced", false),
            PlaceKind::Between => ("between", true),
            PlaceKind::Outside => ("outside", true),
            PlaceKind::Changed => ("changed", true),
        };
        Some(Box {
            kind,
            outline: format!("M{left} {y}h{width}v{BOX}h-{width}z"),
            hatch: if is_hatched {
                hatch(left, y, width)
            } else {
                String::new()
            },
            middle: left + width / 2,
            holds: &place.holds,
            name: &place.name,
        })
    }
}

fn end(place: &Place) -> i64 {
    place.at.saturating_add_unsigned(place.bytes)
}

/// Slanted lines across a box.
fn hatch(left: u32, top: u32, width: u32) -> String {
    let mut path = String::new();
    let mut start = 0;
    while start < width + BOX {
        // A line from the lower left to the upper right, cut at the sides.
        let (from, to) = (start.saturating_sub(BOX), start.min(width));
        let (low, high) = (start - from, start - to);
        if to > from {
            let _ = write!(
                path,
                "M{} {}L{} {}",
                left + from,
                top + low,
                left + to,
                top + high
            );
        }
        start += 8;
    }
    path
}

fn legend(drawing: &Drawing) -> Vec<&'static str> {
    let has = |wanted| {
        drawing
            .rows
            .iter()
            .flat_map(|row| &row.places)
            .any(|place| place.kind == wanted)
    };
    [
        (PlaceKind::Displaced, "bold: where another item lies, or none"),
        (PlaceKind::Between, "hatched, thin: between the items"),
        (PlaceKind::Outside, "hatched: outside the object's memory"),
        (PlaceKind::Changed, "hatched: no longer what it was"),
    ]
    .into_iter()
    .filter(|(kind, _)| has(*kind))
    .map(|(_, said)| said)
    .collect()
}

#[cfg(test)]
mod tests {
    use bufcheck_model::example::Row;

    use super::*;

    fn place(at: i64, bytes: u64, kind: PlaceKind) -> Place {
        Place {
            at,
            bytes,
            name: String::new(),
            holds: String::new(),
            kind,
        }
    }

    #[test]
    fn one_address_is_one_column() {
        let row = |places| Row {
            said: String::new(),
            places,
            more: 0,
        };
        let drawing = Drawing {
            said: "said".into(),
            rows: vec![
                row(vec![
                    place(0, 4, PlaceKind::Item),
                    place(4, 4, PlaceKind::Between),
                    place(8, 4, PlaceKind::Item),
                ]),
                row(vec![
                    place(0, 4, PlaceKind::Item),
                    place(4, 4, PlaceKind::Outside),
                ]),
            ],
        };
        let placed = placed(&drawing).expect("there are places");
        assert_eq!(placed.lanes[0].boxes[1].middle, placed.lanes[1].boxes[1].middle);
        assert!(placed.lanes[0].boxes[2].middle > placed.lanes[0].boxes[1].middle);
        assert!(!placed.lanes[1].boxes[1].hatch.is_empty() && placed.lanes[0].boxes[0].hatch.is_empty());
        assert_eq!(placed.legend.len(), 2);
    }

    #[test]
    fn the_lines_of_a_hatched_box_stay_within_it() {
        for width in [1, 20, 30, 58] {
            let numbers: Vec<u32> = hatch(100, 200, width)
                .split(['M', 'L', ' '])
                .filter_map(|number| number.parse().ok())
                .collect();
            for point in numbers.chunks(2) {
                assert!(
                    (100..=100 + width).contains(&point[0]) && (200..=200 + BOX).contains(&point[1]),
                    "{point:?}"
                );
            }
        }
    }

    #[test]
    fn addresses_at_the_ends_of_what_there_is_are_no_overflow() {
        let drawing = Drawing {
            said: String::new(),
            rows: vec![Row {
                said: String::new(),
                places: vec![
                    place(i64::MIN, u64::MAX, PlaceKind::Item),
                    place(i64::MAX, u64::MAX, PlaceKind::Outside),
                ],
                more: u64::MAX,
            }],
        };
        assert!(placed(&drawing).is_some());
    }
}
