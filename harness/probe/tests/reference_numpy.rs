//! Every entry of `cases/exporters/rust-numpy.json` holds what it declares.

mod reference_support;

use bufcheck_protocol::format::{Format, Platform};
use pyo3::prelude::*;
use reference_support::{ask, exporters, with_python};
use serde_json::Value as Json;

const FILE: &str = include_str!("../../../cases/exporters/rust-numpy.json");

#[test]
fn arrays_hold_the_declared_values() {
    with_python(|py| {
        let file = exporters(FILE);
        assert!(file.exporters.len() >= 12);
        for case in file.exporters {
            let spec = case.rust_numpy.as_ref().expect("an array");
            let array = bufcheck_probe::rust_numpy::make(py, spec);
            let array = array
                .unwrap_or_else(|error| panic!("{}: {error}", case.id))
                .into_bound(py);
            let seen = ask(&array, 0x11c);
            assert_eq!(seen.code, 0, "{}: {seen:?}", case.id);
            let shape: Vec<u64> = seen
                .shape
                .iter()
                .flatten()
                .map(|extent| extent.cast_unsigned() as u64)
                .collect();
            assert_eq!(Some(&shape), case.shape.as_ref(), "{}", case.id);
            assert_eq!(Some(seen.readonly != 0), case.readonly, "{}", case.id);
            assert_eq!(seen.format, case.format, "{}", case.id);
            assert_eq!(
                ask(&array, 0x1).code == -1 && ask(&array, 0x19).code == -1,
                spec.readonly,
                "{}",
                case.id
            );
            let format = Format::parse(seen.format.as_deref().expect("a format")).expect("it parses");
            let platform = Platform::host();
            let decoder = format
                .decoder(seen.itemsize.cast_unsigned() as u64, &platform)
                .expect("it fits");
            let mut flat = Vec::new();
            flatten(case.values.as_ref().expect("values"), shape.len(), &mut flat);
            let content = seen.content.expect("content");
            let items: Vec<_> = content
                .chunks_exact(usize::try_from(seen.itemsize).expect("small"))
                .collect();
            assert_eq!(items.len(), flat.len(), "{}", case.id);
            for (item, declared) in items.into_iter().zip(flat) {
                let value = decoder.decode(item).expect("it decodes");
                assert!(
                    value.equals_json(declared),
                    "{}: {value:?} is not {declared}",
                    case.id
                );
            }
        }
    });
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
fn order_and_owner_are_as_described() {
    with_python(|py| {
        for case in exporters(FILE).exporters {
            let spec = case.rust_numpy.as_ref().expect("an array");
            let array = bufcheck_probe::rust_numpy::make(py, spec)
                .expect("made")
                .into_bound(py);
            let flag = |name: &str| -> bool {
                array
                    .getattr("flags")
                    .and_then(|flags| flags.get_item(name)?.extract())
                    .expect("a flag")
            };
            let plain = spec.slices.is_empty() && !spec.transpose && spec.shape.len() > 1;
            if plain && !spec.elements.is_empty() {
                let fortran = spec.order == bufcheck_model::reference::MemoryOrder::F;
                assert_eq!(
                    flag("F_CONTIGUOUS") && !flag("C_CONTIGUOUS") || spec.shape.contains(&1),
                    fortran || spec.shape.contains(&1),
                    "{}",
                    case.id
                );
            }
            if spec.slices.is_empty() && !spec.transpose {
                let numpy_owns = spec.owner == bufcheck_model::reference::NumpyOwner::Numpy;
                assert_eq!(flag("OWNDATA"), numpy_owns, "{}", case.id);
            }
        }
    });
}

#[test]
fn values_that_do_not_fit_are_refused() {
    with_python(|py| {
        for (text, part) in [
            (r#"{"dtype": "i8", "shape": [1], "elements": [128]}"#, "128"),
            (r#"{"dtype": "u8", "shape": [1], "elements": [-1]}"#, "-1"),
            (r#"{"dtype": "bool", "shape": [1], "elements": [1]}"#, "Bool"),
            (
                r#"{"dtype": "complex64", "shape": [1], "elements": [1.0]}"#,
                "Complex64",
            ),
            (r#"{"dtype": "f64", "shape": [2], "elements": [1.0]}"#, "1 values"),
        ] {
            let spec = serde_json::from_str(text).expect(text);
            let error = bufcheck_probe::rust_numpy::make(py, &spec)
                .expect_err(text)
                .to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    });
}
