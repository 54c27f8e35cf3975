//! Calls that make memoryviews.
//!
//! Knows what they are made of. Must never know an answer that the protocol's types give.

use bufcheck_model::interpreter::{
    Ask, Basis, Fact, InterpreterFile, Make, Mode, Object, Operation, Permission, View,
};

use super::build::{Writing, file, group};
use super::layouts::{Lie, Named, flat, lying, through_pointers};
use super::objects::{exporter, in_mode, python};

fn ask(of: Make) -> Ask {
    Ask::Memoryview {
        of,
        operation: Operation::Attributes,
    }
}

/// One axis without items whose step is not that of an item.
fn is_empty_slice(view: &View) -> bool {
    view.shape.as_deref() == Some(&[0])
        && view
            .strides
            .as_ref()
            .is_some_and(|strides| strides[0] != view.itemsize)
}

/// Views that an exporter grants with strides.
fn exported() -> impl Iterator<Item = Named> {
    let views = flat(&[2]).into_iter().chain(through_pointers(2));
    views.filter(|named| named.view.strides.is_some() || named.view.ndim() == 0)
}

/// `PyMemoryView_FromObject`.
pub(super) fn from_object() -> InterpreterFile {
    let mut fields = group(
        "fromobject/fields",
        "capi.memoryview-fields",
        Basis::Documented,
        "the attributes and the bytes of a memoryview of every arrangement",
    );
    let mut requests = group(
        "fromobject/requests",
        "capi.memoryview-fromobject-request",
        Basis::DeFacto,
        "FULL_RO is asked once, and given back with the memoryview",
    );
    let mut empty = group(
        "fromobject/empty-slice",
        "capi.memoryview-fields",
        Basis::Documented,
        "one axis without items: contiguous, whatever its step",
    );
    let mut refused = group(
        "fromobject/refused",
        "capi.memoryview-fields",
        Basis::Inferred,
        "exporters that refuse, and objects that are none",
    );
    for named in exported() {
        let object = exporter(named.view.clone());
        if is_empty_slice(&named.view) {
            let facts = [Fact::CContiguous, Fact::FContiguous, Fact::Contiguous];
            empty.ask_for(&facts, &named.name, ask(Make::Object(object)));
            continue;
        }
        let request = [Fact::Raises, Fact::Log, Fact::Held];
        requests.ask_for(&request, &named.name, ask(Make::Object(object.clone())));
        fields.ask(&named.name, ask(Make::Object(object)));
    }
    let plain = lying(&[2, 3], 2, Lie::C).map_or_else(View::default, |named| named.view);
    for (name, readonly) in [("readonly", 1), ("readonly-7", 7)] {
        let view = View {
            readonly,
            ..plain.clone()
        };
        fields.ask(name, ask(Make::Object(exporter(view))));
    }
    fields.ask(
        "handed-on",
        ask(Make::Object(in_mode(plain.clone(), Mode::Redirect))),
    );
    for (name, mode) in [("refuses", Mode::Refuse), ("raises-another", Mode::RefuseValue)] {
        refused.ask(name, ask(Make::Object(in_mode(plain.clone(), mode))));
    }
    for (name, expression) in [("int", "1"), ("str", "'abc'"), ("none", "None"), ("list", "[1]")] {
        let made = ask(Make::Object(python("", expression)));
        refused.state(name, made, [(Fact::Raises, "TypeError".into())]);
    }
    let mut writable = group(
        "fromobject/writable-when-asked",
        "capi.memoryview-fields",
        Basis::Documented,
        "an exporter that is writable only for those who ask to write",
    );
    writable.state(
        "bytes",
        ask(Make::Object(in_mode(plain, Mode::WritableWhenAsked))),
        [(Fact::Readonly, 0.into())],
    );
    file(
        "Memoryviews of objects: `PyMemoryView_FromObject`.",
        vec![fields, requests, empty, refused, writable],
    )
}

/// `PyMemoryView_FromMemory`.
pub(super) fn from_memory() -> InterpreterFile {
    let mut fields = group(
        "frommemory/fields",
        "capi.memoryview-from-memory",
        Basis::Documented,
        "one axis of bytes, read-only or not, which nobody owns",
    );
    for size in [0, 1, 2, 7, 64, 4096] {
        for (name, permission) in [("read", Permission::Read), ("write", Permission::Write)] {
            fields.ask(&format!("{size}-{name}"), ask(Make::Memory { size, permission }));
        }
    }
    file(
        "Memoryviews of plain memory: `PyMemoryView_FromMemory`.",
        vec![fields],
    )
}

/// `PyMemoryView_FromBuffer`.
pub(super) fn from_buffer() -> InterpreterFile {
    let rule = "capi.memoryview-from-buffer-owns";
    let mut fields = group(
        "frombuffer/fields",
        rule,
        Basis::Documented,
        "views of every arrangement; struct and arrays are overwritten after the call",
    );
    let mut sparse = group(
        "frombuffer/left-out",
        rule,
        Basis::Inferred,
        "fields that are NULL read as they do in any view",
    );
    let mut limits = group("frombuffer/limits", rule, Basis::DeFacto, "64 axes, and one more");
    let views = flat(&[2]).into_iter().chain(through_pointers(2));
    for named in views.filter(|named| !is_empty_slice(&named.view)) {
        let implied = named.view.strides.is_none() && named.view.ndim() > 0;
        let writing = if implied { &mut sparse } else { &mut fields };
        writing.ask(&named.name, ask(Make::Buffer(named.view.clone())));
    }
    let plain = lying(&[3], 1, Lie::C).map_or_else(View::default, |named| named.view);
    let readonly = View {
        readonly: 1,
        ..plain.clone()
    };
    fields.ask("readonly", ask(Make::Buffer(readonly)));
    sparse.ask(
        "format-null",
        ask(Make::Buffer(View {
            format: None,
            ..plain.clone()
        })),
    );
    sparse.ask(
        "shape-null",
        ask(Make::Buffer(View {
            format: None,
            shape: None,
            strides: None,
            len: Some(3),
            ndim: Some(1),
            ..plain
        })),
    );
    let mut granted = group(
        "frombuffer/granted",
        "obj.temporary-buffers-null",
        Basis::Documented,
        "what an exporter granted stays the caller's: the memoryview of the struct has no owner and gives nothing back",
    );
    for named in exported().filter(|named| !is_empty_slice(&named.view)) {
        granted.ask(&named.name, ask(Make::Granted(exporter(named.view))));
    }
    many_axes(&mut limits);
    file(
        "Memoryviews of a struct: `PyMemoryView_FromBuffer`.",
        vec![fields, sparse, granted, limits],
    )
}

/// As many axes as a view may have, and one more.
fn many_axes(limits: &mut Writing) {
    let axes = |count: usize| View {
        size: 1,
        format: Some("B".into()),
        itemsize: 1,
        shape: Some(vec![1; count]),
        strides: Some(vec![1; count]),
        ..View::default()
    };
    limits.ask("64-axes", ask(Make::Buffer(axes(64))));
    limits.state(
        "65-axes",
        ask(Make::Buffer(axes(65))),
        [(Fact::Raises, "ValueError".into())],
    );
}

/// `PyMemoryView_GetContiguous`.
pub(super) fn get_contiguous() -> InterpreterFile {
    let rule = "capi.memoryview-getcontiguous";
    let mut read = group(
        "getcontiguous/read",
        rule,
        Basis::Documented,
        "for reading: the original memory where it is contiguous in that order, else a copy",
    );
    let mut write = group(
        "getcontiguous/write",
        rule,
        Basis::Documented,
        "for writing to memory that is contiguous in that order, or read-only",
    );
    let mut gaps = group(
        "getcontiguous/write-to-gaps",
        "capi.memoryview-getcontiguous",
        Basis::DeFacto,
        "for writing to memory that is not contiguous in that order: refused, though the text makes a copy",
    );
    for named in exported().filter(|named| !is_empty_slice(&named.view)) {
        for order in ['C', 'F'] {
            for (what, permission) in [("read", Permission::Read), ("write", Permission::Write)] {
                let make = |object: Object| {
                    ask(Make::Contiguous {
                        object,
                        permission,
                        order,
                    })
                };
                let fits = named.view.layout().is_ok_and(|layout| {
                    layout.is_contiguous(if order == 'C' {
                        bufcheck_protocol::layout::Order::C
                    } else {
                        bufcheck_protocol::layout::Order::F
                    })
                });
                let name = format!("{}-{what}-{order}", named.name);
                let writing = match permission {
                    Permission::Read => &mut read,
                    Permission::Write if fits => &mut write,
                    Permission::Write => &mut gaps,
                };
                writing.ask(&name, make(exporter(named.view.clone())));
                if permission == Permission::Write && fits && named.view.ndim() < 3 {
                    let view = View {
                        readonly: 1,
                        ..named.view.clone()
                    };
                    write.ask(&format!("{name}-of-readonly"), make(exporter(view)));
                }
            }
        }
    }
    file(
        "Contiguous memoryviews: `PyMemoryView_GetContiguous`.",
        vec![read, write, gaps],
    )
}
