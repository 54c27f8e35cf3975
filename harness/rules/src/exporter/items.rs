//! The items of a content against the values that the exporter's author declared.
//!
//! Knows how nested JSON values become items in C order, and by which format a view's bytes are to be read.
//! Must never know which rule a difference breaks.

use std::cell::RefCell;
use std::num::NonZeroUsize;

use serde_json::Value as Json;

use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_model::observation::Content;
use bufcheck_protocol::format::{Format, Value};

/// Declared values, one for each item in C index order.
pub(super) struct Truth<'e> {
    evidence: &'e Evidence<'e>,
    values: Vec<&'e Json>,
    shape: Vec<u64>,
    /// The format of views that state none, and the bytes of its items.
    format: Option<(Format, u64)>,
    /// Contents that were found as declared, with the format they were read by: many answers share one.
    agreed: RefCell<Vec<Reading>>,
}

/// Index of a content, bytes of an item, and the format where the view states it.
type Reading = (u32, u64, Option<String>);

/// The first item that is not as declared.
pub(super) struct Difference {
    /// The item, in words.
    pub(super) item: String,
    /// Its value, or what is wrong with the number of items.
    pub(super) found: String,
    /// What was declared.
    pub(super) declared: String,
}

impl<'e> Truth<'e> {
    /// What is declared about the values; `None` if nothing is, if they change by themselves, or if they do not nest as
    /// the shape says (then the declaration itself is at fault).
    pub(super) fn of(evidence: &'e Evidence<'e>) -> Option<Self> {
        if !evidence.is_steady() {
            return None;
        }
        let declared = evidence.declared;
        let nested = declared.values.as_ref()?;
        let axes = match &declared.shape {
            Some(shape) => shape.len(),
            None => evidence.native()?.layout.ndim(),
        };
        let mut shape = Vec::with_capacity(axes);
        let mut values = vec![nested];
        for _ in 0..axes {
            let rows: Vec<&Vec<Json>> = values.into_iter().map(Json::as_array).collect::<Option<_>>()?;
            let extent = rows.first().map_or(0, |row| row.len());
            if rows.iter().any(|row| row.len() != extent) {
                return None;
            }
            shape.push(extent as u64);
            values = rows.into_iter().flatten().collect();
        }
        // An axis without items hides the extents behind it.
        if let Some(declared) = &declared.shape
            && (values.is_empty() != declared.contains(&0) || (!values.is_empty() && *declared != shape))
        {
            return None;
        }
        Some(Self {
            evidence,
            values,
            shape,
            format: unstated(evidence),
            agreed: RefCell::default(),
        })
    }

    /// The first item of the view's content that is not as declared, read by the view's own format, or by
    /// the exporter's or the declared one where the view states none.
    pub(super) fn difference(&self, grant: &Grant<'_>) -> Option<Difference> {
        let own = grant.facts.format.as_ref().filter(|_| states_format(grant));
        let (format, itemsize) = if let Some(format) = own {
            (format.as_ref().ok()?, u64::try_from(grant.view.itemsize).ok()?)
        } else {
            let (format, itemsize) = self.format.as_ref()?;
            (format, *itemsize)
        };
        let (index, content) = (grant.view.content?, grant.content?);
        let stated = own.map(|_| format.text());
        let known =
            |reading: &Reading| (reading.0, reading.1) == (index, itemsize) && reading.2.as_deref() == stated;
        if self.agreed.borrow().iter().any(known) {
            return None;
        }
        let decoder = format.decoder(itemsize, self.evidence.platform).ok()?;
        let difference = self.difference_by(content, itemsize, |bytes| decoder.decode(bytes).ok());
        if difference.is_none() {
            let reading = (index, itemsize, stated.map(str::to_owned));
            self.agreed.borrow_mut().push(reading);
        }
        difference
    }

    /// The first item of a content that `decode` does not read as declared; addresses are no values.
    pub(super) fn difference_by(
        &self,
        content: &Content,
        itemsize: u64,
        decode: impl Fn(&[u8]) -> Option<Value>,
    ) -> Option<Difference> {
        let step = usize::try_from(itemsize).ok().and_then(NonZeroUsize::new)?;
        let mut items = 0;
        for (nth, bytes) in content.bytes.chunks_exact(step.get()).enumerate() {
            items += 1;
            let Some(declared) = self.values.get(nth) else {
                continue;
            };
            let value = decode(bytes)?;
            if !value.holds_addresses() && !value.equals_json(declared) {
                return Some(Difference {
                    item: self.place(nth),
                    found: shorten(&value.to_json()),
                    declared: shorten(declared),
                });
            }
        }
        let whole = content.complete && content.unreadable.is_none();
        (items > self.values.len() || whole && items < self.values.len()).then(|| Difference {
            item: "the content".into(),
            found: format!("{items} items"),
            declared: format!("{} items", self.values.len()),
        })
    }

    /// Whether there is an item to compare in this content.
    pub(super) fn can_compare(&self, content: &Content, itemsize: u64) -> bool {
        itemsize > 0 && !self.values.is_empty() && content.bytes.len() as u64 >= itemsize
    }

    fn place(&self, mut nth: usize) -> String {
        let mut index = vec![0; self.shape.len()];
        for (at, extent) in index.iter_mut().zip(&self.shape).rev() {
            let extent = usize::try_from(*extent).unwrap_or(usize::MAX).max(1);
            *at = nth % extent;
            nth /= extent;
        }
        format!("item {index:?}")
    }
}

/// Whether the format field of this view says what its items are: FORMAT without ND is contested.
pub(super) fn states_format(grant: &Grant<'_>) -> bool {
    grant.request.wants_format() && grant.request.wants_shape() && !grant.view.format.is_null()
}

fn unstated(evidence: &Evidence<'_>) -> Option<(Format, u64)> {
    let native = evidence.native_grant();
    let itemsize = evidence.native().map(|native| native.layout.itemsize());
    let declared = evidence.declared.format.as_deref();
    let format = match declared.map(Format::parse) {
        Some(Ok(format)) => format,
        Some(Err(_)) => return None,
        None => native?.facts.format.as_ref()?.as_ref().ok()?.clone(),
    };
    let itemsize = match itemsize {
        Some(itemsize) if format.accepts_itemsize(itemsize, evidence.platform) => itemsize,
        Some(_) | None => format.layout(evidence.platform).ok()?.exact,
    };
    Some((format, itemsize))
}

fn shorten(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
