//! Every entry of `cases/exporters/reference.json` keeps what it declares, request by request.

#![allow(unsafe_code, reason = "one test asks the system to write where nobody may")]

mod reference_support;

use std::collections::HashSet;

use bufcheck_model::case::ExporterCase;
use bufcheck_model::reference::{
    FormatAlone, Malformed, NdimWithoutShape, ObjAfterRefusal, ReferenceSpec, Sharing,
};
use bufcheck_protocol::format::{Format, Platform};
use pyo3::prelude::*;
use reference_support::{Held, Seen, ask, exporters, make, references, spec, with_python};
use serde_json::Value as Json;

const FILE: &str = include_str!("../../../cases/exporters/reference.json");

/// SIMPLE, WRITABLE, ND, STRIDES, C, F, ANY, INDIRECT, FULL, `FULL_RO`, C and FORMAT, FORMAT, half macros.
const REQUESTS: [i32; 16] = [
    0x0, 0x1, 0x8, 0x9, 0x18, 0x38, 0x58, 0x98, 0x118, 0x11d, 0x11c, 0x3c, 0x4, 0x10, 0x20, 0x78,
];

fn each(check: impl Fn(Python<'_>, &ExporterCase, &ReferenceSpec)) {
    with_python(|py| {
        for case in exporters(FILE).exporters {
            let spec = case
                .reference
                .as_deref()
                .unwrap_or_else(|| panic!("{}: no reference", case.id));
            check(py, &case, spec);
        }
    });
}

#[test]
fn ids_are_unique_and_there_are_enough() {
    let file = exporters(FILE);
    let ids: HashSet<_> = file.exporters.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), file.exporters.len());
    assert!(ids.len() >= 40, "{}", ids.len());
    assert!(
        ids.iter()
            .all(|id| id.starts_with("reference/") && !id.contains(' '))
    );
}

#[test]
fn declarations_agree_with_the_description_and_the_content() {
    for case in exporters(FILE).exporters {
        let spec = case.reference.as_deref().expect("a reference");
        assert!(spec.defect.is_none() && spec.hostile.is_none(), "{}", case.id);
        assert_eq!(case.readonly, Some(spec.readonly), "{}", case.id);
        assert_eq!(case.format.as_deref(), Some(spec.format.as_str()), "{}", case.id);
        assert_eq!(case.shape.as_ref(), Some(&spec.shape), "{}", case.id);
        let Some(values) = &case.values else { continue };
        let content = spec
            .content()
            .unwrap_or_else(|error| panic!("{}: {error}", case.id));
        let format = Format::parse(&spec.format).unwrap_or_else(|error| panic!("{}: {error}", case.id));
        let decoder = format
            .decoder(spec.itemsize, &Platform::host())
            .unwrap_or_else(|error| panic!("{}: {error}", case.id));
        let mut flat = Vec::new();
        flatten(values, spec.shape.len(), &mut flat);
        let items: Vec<_> = content
            .chunks_exact(usize::try_from(spec.itemsize).expect("small"))
            .collect();
        assert_eq!(items.len(), flat.len(), "{}", case.id);
        for (item, declared) in items.into_iter().zip(flat) {
            let value = decoder
                .decode(item)
                .unwrap_or_else(|error| panic!("{}: {error}", case.id));
            assert!(
                value.equals_json(declared),
                "{}: {value:?} is not {declared}",
                case.id
            );
        }
    }
}

fn flatten<'a>(values: &'a Json, depth: usize, into: &mut Vec<&'a Json>) {
    match depth {
        0 => into.push(values),
        _ => values
            .as_array()
            .expect("a list an axis")
            .iter()
            .for_each(|inner| flatten(inner, depth - 1, into)),
    }
}

#[test]
fn each_request_gets_what_the_layout_allows() {
    each(|py, case, spec| {
        let object = make(py, spec);
        for _ in 0..2 {
            for flags in REQUESTS {
                if flags == 0x100 {
                    continue;
                }
                check(&case.id, spec, flags, &ask(&object, flags));
            }
        }
    });
}

/// The documentation's tables once more, by hand.
fn check(id: &str, spec: &ReferenceSpec, flags: i32, seen: &Seen) {
    let told = format!("{id} {flags:#x}: {seen:?}");
    let has = |bits: i32| flags & bits == bits;
    let layout = spec.layout().expect("a layout");
    let pointers = spec.suboffsets.is_some();
    let (c, f) = contiguity(spec);
    let half = flags & 0x1f0 != 0 && !has(0x18);
    let alone = has(4) && !has(8);
    let refused_as_malformed = (spec.malformed == Malformed::Refuse && (half || alone))
        || (spec.format_alone == FormatAlone::Refuse && alone);
    let order_met = (!has(0x38) || c) && (!has(0x58) || f) && (!has(0x98) || c || f) && (has(0x18) || c);
    let pointers_met = !pointers || has(0x118);
    let copied = !(order_met && pointers_met) && spec.flat_copy && !has(0x78);
    let granted =
        !(refused_as_malformed || spec.readonly && has(1)) && ((order_met && pointers_met) || copied);
    assert_eq!(seen.references_after, 0, "{told}");
    assert!(!seen.overrun && seen.raised_by_release.is_none(), "{told}");
    if !granted {
        assert_eq!(
            (seen.code, seen.raised.as_deref()),
            (-1, Some("BufferError")),
            "{told}"
        );
        let left = match spec.obj_after_refusal {
            ObjAfterRefusal::Cleared => "null",
            ObjAfterRefusal::Untouched => "untouched",
        };
        assert_eq!(seen.obj, left, "{told}");
        return;
    }
    assert_eq!((seen.code, &seen.raised), (0, &None), "{told}");
    assert_eq!(seen.len.cast_unsigned() as u64, layout.size(), "{told}");
    assert_eq!(seen.itemsize.cast_unsigned() as u64, spec.itemsize, "{told}");
    assert_eq!(seen.readonly, i32::from(spec.readonly), "{told}");
    let ndim = i32::try_from(spec.shape.len()).expect("small");
    let shown = match spec.ndim_without_shape {
        _ if has(8) => ndim,
        NdimWithoutShape::True => ndim,
        NdimWithoutShape::Zero => 0,
        NdimWithoutShape::One => 1,
    };
    assert_eq!(seen.ndim, shown, "{told}");
    assert_eq!(
        seen.format.as_deref(),
        has(4).then_some(spec.format.as_str()),
        "{told}"
    );
    assert_eq!(seen.shape.is_some(), has(8) && ndim > 0, "{told}");
    assert_eq!(seen.strides.is_some(), has(0x18) && ndim > 0, "{told}");
    assert_eq!(seen.suboffsets.is_some(), has(0x118) && pointers, "{told}");
    if let Some(shape) = &seen.shape {
        assert!(
            shape
                .iter()
                .map(|extent| extent.cast_unsigned() as u64)
                .eq(spec.shape.iter().copied()),
            "{told}"
        );
    }
    if let Ok(content) = spec.content() {
        // Without a shape the content is the flat memory, which the check above made C-contiguous.
        assert_eq!(seen.content.as_ref(), Some(&content), "{told}");
    }
    match spec.chain {
        Some(bufcheck_model::reference::Chain::Redirect(_)) => {
            assert!(seen.obj.starts_with("other"), "{told}");
        }
        Some(bufcheck_model::reference::Chain::ReExport(_)) | None => {
            assert_eq!(seen.obj, "exporter", "{told}");
        }
    }
}

/// C and Fortran contiguity, by walking the strides.
fn contiguity(spec: &ReferenceSpec) -> (bool, bool) {
    let layout = spec.layout().expect("a layout");
    if spec.suboffsets.is_some() {
        return (false, false);
    }
    if spec.shape.contains(&0) {
        return (true, true);
    }
    let adjacent = |mut axes: Box<dyn Iterator<Item = usize>>| {
        let mut step = i128::from(spec.itemsize);
        axes.all(|axis| {
            let fits = spec.shape[axis] == 1 || i128::from(layout.strides()[axis]) == step;
            step *= i128::from(spec.shape[axis]);
            fits
        })
    };
    let ndim = spec.shape.len();
    (adjacent(Box::new((0..ndim).rev())), adjacent(Box::new(0..ndim)))
}

#[test]
fn memoryview_agrees_where_it_can_decode() {
    with_python(|py| {
        let mut decoded = 0;
        for case in exporters(FILE).exporters {
            let spec = case.reference.as_deref().expect("a reference");
            if spec.shape.iter().product::<u64>() > 1 << 20 {
                continue;
            }
            let object = make(py, spec);
            let view = py
                .import("builtins")
                .and_then(|module| module.getattr("memoryview")?.call1((&object,)));
            let view = view.unwrap_or_else(|error| panic!("{}: {error}", case.id));
            let shape: Vec<u64> = view
                .getattr("shape")
                .and_then(|shape| shape.extract())
                .expect("a shape");
            assert_eq!(shape, spec.shape, "{}", case.id);
            let plain = ["<i", "<h", "B", "d", "b", "h", "H", "i", "I", "l", "q", "f", "?"];
            if let Ok(list) = view.call_method0("tolist")
                && plain.contains(&spec.format.as_str())
                && let Some(values) = &case.values
            {
                let json: String = py
                    .import("json")
                    .and_then(|json| json.call_method1("dumps", (list,))?.extract())
                    .expect("a list of numbers");
                let list: Json = serde_json::from_str(&json).expect("JSON");
                let same = if spec.format == "f" {
                    list.is_array()
                } else {
                    list == *values
                };
                assert!(same, "{}: {list} is not {values}", case.id);
                decoded += 1;
            }
            view.call_method0("release").expect("released");
        }
        assert!(decoded >= 20, "{decoded}");
    });
}

#[test]
fn views_are_released_in_any_order_and_through_copies() {
    each(|py, case, spec| {
        if spec.sharing != Sharing::Any || spec.arrays == bufcheck_model::reference::Arrays::View {
            return;
        }
        let object = make(py, spec);
        let before = references(&object);
        let (first, seen) = Held::hold(&object, 0x11c);
        let (second, _) = Held::hold(&object, 0x11c);
        first.release(true);
        assert_eq!(second.content(), seen.content, "{}", case.id);
        second.release(false);
        assert_eq!(references(&object), before, "{}", case.id);
    });
}

#[test]
fn a_view_outlives_the_last_name() {
    each(|py, case, spec| {
        let object = make(py, spec);
        let view = py
            .import("builtins")
            .and_then(|module| module.getattr("memoryview")?.call1((&object,)));
        let view = view.unwrap_or_else(|error| panic!("{}: {error}", case.id));
        drop(object);
        if spec.shape.iter().product::<u64>() < 1 << 20 {
            let bytes: Vec<u8> = view
                .call_method0("tobytes")
                .and_then(|b| b.extract())
                .expect("bytes");
            assert_eq!(Some(bytes), spec.content().ok(), "{}", case.id);
        }
    });
}

#[test]
fn protected_memory_is_really_protected() {
    with_python(|py| {
        let object = make(
            py,
            &spec(r#"{"shape": [4], "readonly": true, "pages": "protected"}"#),
        );
        let (held, seen) = Held::hold(&object, 0);
        // SAFETY: the system refuses to write to a pipe from nowhere, and to read into protected pages.
        let refused = unsafe {
            let zero = libc::open(c"/dev/zero".as_ptr(), libc::O_RDONLY);
            let got = libc::read(zero, std::ptr::without_provenance_mut(seen.address), 1);
            libc::close(zero);
            got
        };
        assert_eq!(refused, -1);
        held.release(false);
    });
}

#[test]
fn sharing_is_limited_as_described() {
    with_python(|py| {
        let one = make(py, &spec(r#"{"shape": [4], "sharing": "one-view"}"#));
        let (held, _) = Held::hold(&one, 0);
        assert_eq!(ask(&one, 0).raised.as_deref(), Some("BufferError"));
        held.release(false);
        assert_eq!(ask(&one, 0).code, 0);
        let writer = make(py, &spec(r#"{"shape": [4], "sharing": "one-writer"}"#));
        let (reader, _) = Held::hold(&writer, 0);
        assert_eq!(ask(&writer, 0).code, 0);
        assert_eq!(ask(&writer, 1).code, -1);
        reader.release(true);
        let (held, _) = Held::hold(&writer, 1);
        assert_eq!(ask(&writer, 0).code, -1);
        held.release(false);
        assert_eq!(ask(&writer, 1).code, 0);
    });
}

#[test]
fn methods_that_move_memory_wait_for_the_last_release() {
    with_python(|py| {
        let object = make(py, &spec(r#"{"shape": [4]}"#));
        let (first, _) = Held::hold(&object, 0x18);
        let (second, _) = Held::hold(&object, 0x18);
        let raised = |method: &str, arguments: (u64,)| {
            let result = object.call_method1(method, arguments);
            result
                .err()
                .map(|error| error.get_type(py).name().expect("a name").to_string())
        };
        assert_eq!(raised("resize", (9,)).as_deref(), Some("BufferError"));
        assert_eq!(raised("fill", (7,)), None);
        assert_eq!(first.content(), Some(vec![7; 4]));
        second.release(false);
        assert_eq!(raised("resize", (9,)).as_deref(), Some("BufferError"));
        first.release(false);
        assert_eq!(raised("resize", (9,)), None);
        assert_eq!(ask(&object, 0x8).shape, Some(vec![9]));
        object.call_method0("close").expect("no view is held");
        assert_eq!(ask(&object, 0).raised.as_deref(), Some("BufferError"));
    });
}

#[test]
fn nonsense_is_refused_with_a_reason() {
    with_python(|py| {
        for (text, part) in [
            (r#"{"shape": [2, 2], "arrays": "view"}"#, "arrays"),
            (
                r#"{"shape": [2], "arrays": "internal", "release_slot": false}"#,
                "release slot",
            ),
            (r#"{"shape": [2], "suboffsets": [-1]}"#, "suboffsets"),
            (r#"{"shape": [2], "pages": "protected"}"#, "readonly"),
            (r#"{"shape": [2], "flat_copy": true}"#, "readonly"),
            (r#"{"shape": [4], "block": 3}"#, "block 3"),
            (r#"{"shape": [2], "strides": [-1], "offset": 0}"#, "offset 0"),
            (r#"{"shape": [2], "bytes": "0x"}"#, "hexadecimal"),
            (r#"{"shape": [2], "bytes": "010"}"#, "odd"),
            (r#"{"shape": [2], "bytes": "01"}"#, "1 bytes"),
            (
                r#"{"shape": [2], "strides": [0], "bytes": "0102"}"#,
                "share memory",
            ),
            (r#"{"shape": [9223372036854775807], "itemsize": 8}"#, "64 bits"),
            (r#"{"shape": [18446744073709551615]}"#, "63 bits"),
            (r#"{"shape": [2], "strides": [1099511627776]}"#, "at most"),
            (r#"{"shape": [1], "chain": {"redirect": 0}}"#, "1 to 16"),
        ] {
            let error = bufcheck_probe::reference::make(py, &spec(text))
                .expect_err(text)
                .to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    });
}
