//! Every vector of `cases/formats` against this crate's parser.
//!
//! Knows where the vectors lie. Must never know what any of them says.

use std::collections::HashSet;
use std::path::Path;

use bufcheck_model::case::{FormatCase, FormatCases};
use bufcheck_protocol::format::{Format, FormatError, Sizes};

#[test]
fn every_vector_is_read_as_it_says() {
    let vectors = vectors();
    assert!(
        vectors.len() >= 250,
        "wanted at least 250 vectors, found {}",
        vectors.len()
    );
    assert!(
        vectors.iter().filter(|case| !case.valid).count() >= 50,
        "too few invalid vectors"
    );
    let mut ids = HashSet::new();
    for case in &vectors {
        assert!(ids.insert(&case.id), "{}: the id is taken", case.id);
        assert!(
            !case.id.contains(char::is_whitespace),
            "{}: the id holds a space",
            case.id
        );
    }
    let problems: Vec<String> = vectors
        .iter()
        .filter_map(|case| check(case).err().map(|why| format!("{}: {why}", case.id)))
        .collect();
    assert!(
        problems.is_empty(),
        "{} of {}:\n{}",
        problems.len(),
        vectors.len(),
        problems.join("\n")
    );
}

fn vectors() -> Vec<FormatCase> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/formats");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("cases/formats is there") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let file: FormatCases =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(
            file.count,
            file.vectors.len(),
            "{}: the count declared",
            path.display()
        );
        let prefix = format!(
            "formats/{}/",
            path.file_stem().unwrap_or_default().to_string_lossy()
        );
        assert!(
            file.vectors.iter().all(|case| case.id.starts_with(&prefix)),
            "{}: ids",
            path.display()
        );
        all.extend(file.vectors);
    }
    all
}

fn check(case: &FormatCase) -> Result<(), String> {
    let platform = case.platform.platform();
    let read: Result<(Format, Sizes), FormatError> = Format::parse(&case.format).and_then(|format| {
        let sizes = format.layout(&platform)?;
        Ok((format, sizes))
    });
    match (read, case.valid) {
        (Ok((format, sizes)), true) => check_valid(case, &format, sizes),
        (Err(error), false) => {
            let wanted = case.error.as_ref().ok_or("an invalid vector names its error")?;
            same("fault", &error.fault, &wanted.kind)?;
            same("position", &error.at, &wanted.position)?;
            if let Ok(format) = Format::parse(&case.format) {
                same(
                    "struct module",
                    &format.struct_module_accepts(&platform),
                    &case.struct_module,
                )?;
            }
            Ok(())
        }
        (Ok((_, sizes)), false) => Err(format!("wanted an error, found {sizes:?}")),
        (Err(error), true) => Err(format!("wanted a format, found {error}")),
    }
}

fn check_valid(case: &FormatCase, format: &Format, sizes: Sizes) -> Result<(), String> {
    let platform = case.platform.platform();
    let size = case.size.ok_or("a valid vector states its size")?;
    let padded = case.padded_size.unwrap_or(size);
    same("size", &sizes.exact, &size)?;
    same("padded size", &sizes.padded, &padded)?;
    same("alignment", &Some(sizes.alignment), &case.alignment)?;
    same("items", &Some(sizes.items), &case.items)?;
    same(
        "struct module",
        &format.struct_module_accepts(&platform),
        &case.struct_module,
    )?;
    let mut wanted: Vec<u64> = [size, padded]
        .into_iter()
        .chain(case.other_sizes.iter().copied())
        .collect();
    let mut found = format
        .accepted_sizes(&platform)
        .map_err(|error| error.to_string())?;
    for sizes in [&mut wanted, &mut found] {
        sizes.sort_unstable();
        sizes.dedup();
    }
    same("accepted sizes", &found, &wanted)?;
    let Some(hex) = &case.bytes_hex else { return Ok(()) };
    let bytes = case.bytes().ok_or_else(|| format!("{hex} is no hexadecimal"))?;
    let values = case.values.as_ref().ok_or("bytes want values")?;
    let value = format
        .decode(&bytes, &platform)
        .map_err(|error| error.to_string())?;
    if !value.equals_json(values) {
        return Err(format!("values: wanted {values}, found {value:?}"));
    }
    if !value.equals_json(&value.to_json()) {
        return Err(format!(
            "{value:?} does not equal its own JSON {}",
            value.to_json()
        ));
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<(), String> {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("{what}: wanted {wanted:?}, found {found:?}"))
    }
}
