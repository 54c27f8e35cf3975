//! An answer, field by field, beside what its request demands.
//!
//! Knows how each demand is worded, and that the memory is as the widest answer shows it. Must never know memory.

use bufcheck_model::example::Compared;
use bufcheck_model::observation::{Array, Field, ObjRef, Refusal, View};
use bufcheck_protocol::layout::{Layout, Order};
use bufcheck_protocol::outcome::{Contiguity, FieldStates, Outcome, Presence};
use bufcheck_protocol::outcome::{field_states, native_meets, outcome};
use bufcheck_protocol::request::Request;

use crate::exporter::words;
use crate::exporter::{Evidence, Grant, Native};

/// The fields that a rule, or a family of rules, is about.
const ABOUT: [(&str, Field); 11] = [
    ("request.nd-gives-shape", Field::Shape),
    ("buf", Field::Buf),
    ("obj", Field::Obj),
    ("len", Field::Len),
    ("itemsize", Field::Itemsize),
    ("readonly", Field::Readonly),
    ("ndim", Field::Ndim),
    ("format", Field::Format),
    ("shape", Field::Shape),
    ("strides", Field::Strides),
    ("suboffsets", Field::Suboffsets),
];

/// The answer to a request, beside what is demanded of it.
pub(super) fn compared(evidence: &Evidence<'_>, request: Request, rule: &str) -> Vec<Compared> {
    let mut rows = match (evidence.granted(request), evidence.refused(request)) {
        (Some(grant), _) if !rule.starts_with("refusal.") => granted(&grant, rule),
        (_, Some(denial)) => vec![refused(evidence, request, denial.refusal, rule)],
        (Some(grant), None) => granted(&grant, rule),
        (None, None) => vec![row(
            "answer",
            "granted, or `BufferError`",
            "the process ended",
            true,
        )],
    };
    let family = rule.split_once('.').map_or(rule, |(family, _)| family);
    if let Some((_, field)) = ABOUT.iter().find(|(name, _)| *name == rule || *name == family) {
        point_at(&mut rows, field.name());
    } else if family == "request" {
        others_are_told_elsewhere(&mut rows, &["answer", "strides", "readonly"]);
    }
    rows
}

/// Says of the other rows that they are wrong for other reasons; where nothing is, this one is in a way that the demands
/// of the request do not tell.
fn point_at(rows: &mut [Compared], field: &str) {
    let none = !rows.iter().any(|row| row.wrong);
    let Some(own) = rows.iter_mut().find(|row| row.name == field) else {
        return;
    };
    if none {
        own.wrong = true;
        own.wanted.clear();
    } else {
        others_are_told_elsewhere(rows, &[field]);
    }
}

/// Where a finding's own rows show it, what is wrong in others is another finding.
fn others_are_told_elsewhere(rows: &mut [Compared], own: &[&str]) {
    let is_own = |row: &Compared| own.contains(&row.name.as_str());
    if rows.iter().any(|row| row.wrong && is_own(row)) {
        for row in rows.iter_mut().filter(|row| !is_own(row)) {
            row.elsewhere = row.wrong;
        }
    }
}

fn row(name: &str, wanted: impl Into<String>, found: impl Into<String>, wrong: bool) -> Compared {
    Compared {
        name: name.to_owned(),
        wanted: wanted.into(),
        found: found.into(),
        wrong,
        elsewhere: false,
    }
}

fn refused(evidence: &Evidence<'_>, request: Request, refusal: &Refusal, rule: &str) -> Compared {
    let found = match &refusal.raised {
        Some(raised) => format!("refused with {}", words::exception(raised)),
        None => "refused without an exception".to_owned(),
    };
    let right = refusal
        .raised
        .as_ref()
        .is_some_and(|raised| raised.is_buffer_error);
    // The interpreter itself turns these away, by an exception of its own.
    let right = right || words::interpreters_own(request);
    let must = rule.starts_with("request.")
        && evidence.native().is_none_or(|native| {
            outcome(request, native.class, !evidence.grants_writable()) == Outcome::Grant
        });
    let wanted = if must {
        "granted"
    } else {
        "granted, or `BufferError`"
    };
    row("answer", wanted, found, must || !right)
}

/// What is demanded of one answer.
struct Demand<'a> {
    view: &'a View,
    layout: Option<&'a Layout>,
    native: Option<&'a Native>,
    native_view: Option<&'a View>,
    states: FieldStates,
    request: Request,
}

fn granted(grant: &Grant<'_>, rule: &str) -> Vec<Compared> {
    let native = grant.evidence.native();
    let native_grant = grant.evidence.native_grant();
    let demand = Demand {
        view: grant.view,
        layout: grant.facts.layout.as_ref().ok(),
        native,
        native_view: native_grant.as_ref().map(|known| known.view),
        states: field_states(grant.request),
        request: grant.request,
    };
    let mut rows = vec![
        demand.answer(rule),
        demand.buf(),
        demand.obj(),
        demand.len(),
        demand.itemsize(),
        demand.readonly(),
        demand.ndim(),
        demand.format(),
        demand.shape(),
        demand.strides(),
        demand.suboffsets(),
    ];
    for field in grant.view.untouched.iter() {
        if let Some(row) = rows.iter_mut().find(|row| row.name == field.name()) {
            "not written".clone_into(&mut row.found);
            row.wrong = true;
        }
    }
    rows
}

impl Demand<'_> {
    fn answer(&self, rule: &str) -> Compared {
        if self.request.wants_writable() && self.view.readonly != 0 {
            return row("answer", "`BufferError`, or memory to write to", "granted", true);
        }
        let meets = self
            .native
            .is_none_or(|native| native_meets(self.request, native.class));
        if meets && self.in_order() != Some(false) {
            return row("answer", "", "granted", false);
        }
        let order = match self.states.contiguity {
            Contiguity::None => "as the request takes it",
            Contiguity::C => "in C order",
            Contiguity::F => "in Fortran order",
            Contiguity::Any => "in C or Fortran order",
            Contiguity::CAndF => "in both orders at once",
        };
        let wrong = self.in_order() == Some(false) || rule.starts_with("request.");
        row(
            "answer",
            format!("`BufferError`, or a copy {order}"),
            "granted",
            wrong,
        )
    }

    /// Whether what was answered lies in the order that the request demands, as far as strides tell.
    fn in_order(&self) -> Option<bool> {
        let layout = self.layout?;
        match self.states.contiguity {
            Contiguity::None => None,
            Contiguity::C => Some(layout.is_contiguous(Order::C)),
            Contiguity::F => Some(layout.is_contiguous(Order::F)),
            Contiguity::Any => Some(layout.is_contiguous(Order::Any)),
            Contiguity::CAndF => Some(layout.is_contiguous(Order::C) && layout.is_contiguous(Order::F)),
        }
    }

    fn buf(&self) -> Compared {
        let null = self.view.buf == 0;
        let found = if null { "NULL" } else { "an address" };
        let items = self.view.len > 0;
        row("buf", if items { "an address" } else { "" }, found, null && items)
    }

    fn obj(&self) -> Compared {
        let (found, wrong) = match &self.view.obj {
            ObjRef::Null => ("NULL".to_owned(), true),
            ObjRef::Untouched => ("not written".to_owned(), true),
            ObjRef::Exporter => ("the exporter".to_owned(), false),
            ObjRef::Other(owner) => (format!("a `{}`", owner.type_name), false),
            ObjRef::Stray(_) => ("no object".to_owned(), true),
        };
        row("obj", "the exporter, or who owns the memory", found, wrong)
    }

    fn len(&self) -> Compared {
        let of = self.layout.filter(|_| self.request.wants_shape());
        let wanted = of.or(self.native.map(|native| &native.layout)).map(Layout::size);
        let wrong = wanted.is_some_and(|size| i64::try_from(size) != Ok(self.view.len));
        row(
            "len",
            wanted.map_or_else(String::new, |size| size.to_string()),
            self.view.len.to_string(),
            wrong || self.view.len < 0,
        )
    }

    fn itemsize(&self) -> Compared {
        let native = self.native.filter(|_| self.request.wants_shape());
        let wanted = native.map(|native| native.layout.itemsize());
        let wrong = wanted.is_some_and(|size| i64::try_from(size) != Ok(self.view.itemsize));
        row(
            "itemsize",
            wanted.map_or_else(String::new, |size| size.to_string()),
            self.view.itemsize.to_string(),
            wrong,
        )
    }

    fn readonly(&self) -> Compared {
        let writable = self.request.wants_writable();
        let wanted = if writable { "0" } else { "0 or 1" };
        let found = self.view.readonly;
        row("readonly", wanted, found.to_string(), writable && found != 0)
    }

    fn ndim(&self) -> Compared {
        let native = self.native.filter(|_| self.request.wants_shape());
        let wanted = native.map(|native| native.layout.ndim());
        let wrong = wanted.is_some_and(|axes| i32::try_from(axes) != Ok(self.view.ndim));
        row(
            "ndim",
            wanted.map_or_else(String::new, |axes| axes.to_string()),
            self.view.ndim.to_string(),
            wrong,
        )
    }

    fn format(&self) -> Compared {
        let found = words::text(&self.view.format);
        let null = self.view.format.is_null();
        match self.states.format {
            Presence::Null => row("format", "NULL", found, !null),
            Presence::Present => {
                let native = self.native_view.filter(|view| !view.format.is_null());
                let wanted = native.map_or("not NULL".to_owned(), |view| words::text(&view.format));
                row("format", wanted, found, null)
            }
            Presence::IfNeeded | Presence::Unsettled => row("format", "", found, false),
        }
    }

    fn shape(&self) -> Compared {
        let shape = self.native.and_then(|native| numbers(native.layout.shape()));
        self.array("shape", &self.view.shape, self.states.shape, shape, true)
    }

    fn strides(&self) -> Compared {
        let layout = self.native.map(|native| &native.layout);
        let in_order = |fill: fn(i64, &[i64]) -> Result<Vec<i64>, _>| {
            let layout = layout?;
            let shape = numbers(layout.shape())?;
            fill(i64::try_from(layout.itemsize()).ok()?, &shape).ok()
        };
        let wanted = match self.states.contiguity {
            Contiguity::None => layout.map(|layout| layout.strides().to_vec()),
            Contiguity::C => in_order(Layout::strides_c),
            Contiguity::F => in_order(Layout::strides_f),
            Contiguity::Any | Contiguity::CAndF => None,
        };
        let mut row = self.array("strides", &self.view.strides, self.states.strides, wanted, false);
        let given = self.view.strides.values().is_some();
        row.wrong |= given && self.in_order() == Some(false);
        row
    }

    fn suboffsets(&self) -> Compared {
        let needed = self
            .native
            .is_some_and(|native| native.layout.needs_indirection());
        let found = words::array(&self.view.suboffsets);
        let null = self.view.suboffsets.is_null();
        match self.states.suboffsets {
            Presence::IfNeeded if needed => row("suboffsets", "set: items lie behind pointers", found, null),
            Presence::IfNeeded | Presence::Null => row("suboffsets", "NULL", found, !null),
            Presence::Present | Presence::Unsettled => row("suboffsets", "", found, false),
        }
    }

    /// An array of the view; where there are axes, `exact` says whether other numbers than those wanted are wrong.
    fn array(
        &self,
        name: &str,
        array: &Array,
        presence: Presence,
        wanted: Option<Vec<i64>>,
        exact: bool,
    ) -> Compared {
        let found = words::array(array);
        match presence {
            Presence::Null => row(name, "NULL", found, !array.is_null()),
            Presence::Present if self.view.ndim == 0 => row(name, "", found, false),
            Presence::Present => {
                let other = match (array.values(), &wanted) {
                    (Some(values), Some(wanted)) => exact && values != wanted.as_slice(),
                    (None, _) => true,
                    (Some(_), None) => false,
                };
                let wanted = wanted.map_or("not NULL".to_owned(), |wanted| format!("{wanted:?}"));
                row(name, wanted, found, other)
            }
            Presence::IfNeeded | Presence::Unsettled => row(name, "", found, false),
        }
    }
}

fn numbers(extents: &[u64]) -> Option<Vec<i64>> {
    extents.iter().map(|extent| i64::try_from(*extent).ok()).collect()
}
