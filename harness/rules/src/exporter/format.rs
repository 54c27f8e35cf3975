//! Rules of the family `format`: the string that describes one item.
//!
//! Knows when `format` must be NULL and what its text must be; sizes are judged in [`sizes`], values in
//! [`values`]. Must never know `itemsize` or contents itself.
//!
//! Source: `c-api/buffer#c.Py_buffer.format`, `c-api/buffer#c.PyBUF_FORMAT`, `library/struct`, PEP 3118
//! ("Additions to the struct string-syntax").

mod due;
mod sizes;
mod text;
mod values;

use super::answers::by_answer;
use super::words::sensible;
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_model::observation::{Field, Text};
use bufcheck_protocol::format::{Fault, Format, FormatError, NameFlawKind};
use bufcheck_protocol::request::Request;
use due::{each_format, is_due};

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "format.null-unless-requested",
        check: Check::Granted(null_unless_requested),
    },
    Rule {
        id: "format.non-null-when-requested",
        check: Check::Granted(non_null_when_requested),
    },
    Rule {
        id: "format.pointer-readable",
        check: Check::Granted(pointer_readable),
    },
    Rule {
        id: "format.nul-terminated",
        check: Check::Granted(nul_terminated),
    },
    Rule {
        id: "format.describes-one-item",
        check: Check::Whole(sizes::describes_one_item),
    },
    Rule {
        id: "format.parses",
        check: Check::Granted(parses),
    },
    Rule {
        id: "format.struct-parseable",
        check: Check::Whole(struct_parseable),
    },
    Rule {
        id: "format.native-vs-standard-size",
        check: Check::Whole(sizes::native_vs_standard_size),
    },
    Rule {
        id: "format.native-only-codes",
        check: Check::Whole(native_only_codes),
    },
    Rule {
        id: "format.byteorder-truthful",
        check: Check::Whole(values::byteorder_truthful),
    },
    Rule {
        id: "format.prefix-scope",
        check: Check::Whole(prefix_scope),
    },
    Rule {
        id: "format.struct-padding-explicit-in-standard",
        check: Check::Whole(sizes::struct_padding_explicit_in_standard),
    },
    Rule {
        id: "format.trailing-padding-explicit",
        check: Check::Camp(sizes::trailing_padding_explicit),
    },
    Rule {
        id: "format.field-names-no-colon",
        check: Check::Whole(field_names_no_colon),
    },
    Rule {
        id: "format.subarray-c-order",
        check: Check::Whole(values::subarray_c_order),
    },
    Rule {
        id: "format.complex-zf-zd",
        check: Check::Whole(complex_zf_zd),
    },
    Rule {
        id: "format.consistent-across-requests",
        check: Check::Relation,
    },
    Rule {
        id: "format.stable-while-exported",
        check: Check::Granted(stable_while_exported),
    },
];

fn null_unless_requested(grant: &Grant<'_>) -> Option<Broken> {
    let format = &grant.view.format;
    (sensible(grant.request) && !grant.request.wants_format() && !format.is_null()).then(|| {
        let found = match format {
            Text::Ascii(text) | Text::Bytes(text) => format!("format \"{text}\""),
            Text::Null | Text::Unreadable(_) | Text::Unterminated(_) => "format not NULL".into(),
        };
        Broken::new(found, "format NULL without FORMAT")
    })
}

fn non_null_when_requested(grant: &Grant<'_>) -> Option<Broken> {
    let due = is_due(grant.request) && sensible(grant.request);
    // That a field was left alone is for one rule to say.
    let given = !grant.view.format.is_null() || grant.view.untouched.contains(Field::Format);
    (due && !given).then(|| Broken::new("format NULL", "a format under FORMAT; \"B\" for plain bytes"))
}

fn pointer_readable(grant: &Grant<'_>) -> Option<Broken> {
    matches!(grant.view.format, Text::Unreadable(_)).then(|| {
        Broken::new(
            "format points where nothing can be read",
            "format points at a string",
        )
    })
}

fn nul_terminated(grant: &Grant<'_>) -> Option<Broken> {
    let Text::Unterminated(text) = &grant.view.format else {
        return None;
    };
    let start: String = text.chars().take(24).collect();
    Some(Broken::new(
        format!("no NUL where format \"{start}…\" should end"),
        "a NUL-terminated string",
    ))
}

/// Bytes beyond ASCII may stand in field names and nowhere else.
fn parses(grant: &Grant<'_>) -> Option<Broken> {
    if !is_due(grant.request) {
        return None;
    }
    let error = match (&grant.view.format, &grant.facts.format) {
        (Text::Bytes(text), _) => Format::parse(&text::without_escapes(text)).err()?,
        (_, Some(Err(error))) => error.clone(),
        (_, Some(Ok(_)) | None) => return None,
    };
    Some(Broken::new(
        format!("format \"{}\": {error}", shown(grant)),
        "a format in the syntax of struct, as PEP 3118 extends it",
    ))
}

fn shown<'g>(grant: &Grant<'g>) -> &'g str {
    match &grant.view.format {
        Text::Ascii(text) | Text::Bytes(text) | Text::Unterminated(text) => text,
        Text::Null | Text::Unreadable(_) => "",
    }
}

fn struct_parseable(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    each_format(evidence, |format, _| {
        (!format.struct_module_accepts(evidence.platform)).then(|| {
            Broken::new(
                format!("format \"{}\"", format.text()),
                "a format that the struct module takes, where there is one",
            )
        })
    })
}

fn native_only_codes(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    each_format(evidence, |format, _| {
        let witness = format.native_only_with_standard_prefix()?;
        Some(Broken::new(
            format!(
                "format \"{}\": `{}` under `{}`",
                format.text(),
                witness.code,
                witness.order
            ),
            format!(
                "`{}` only under `@` or `^`: it has no standard size",
                witness.code
            ),
        ))
    })
}

fn prefix_scope(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    each_format(evidence, |format, _| {
        let (at, mark) = text::inner_mark(format.text())?;
        Some(Broken::new(
            format!("format \"{}\": `{mark}` at byte {at}", format.text()),
            "one order mark, in front, which every reader scopes alike",
        ))
    })
}

fn field_names_no_colon(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let wanted = "field names between two colons, without a colon inside, each but once";
    by_answer(evidence, is_due, |_, grant| {
        let found = match grant.facts.format.as_ref()? {
            Ok(format) => {
                let flaw = format
                    .name_flaws()
                    .into_iter()
                    .find(|flaw| flaw.kind == NameFlawKind::Duplicate)?;
                format!("format \"{}\": name `{}` twice", format.text(), flaw.name)
            }
            Err(
                error @ FormatError {
                    fault: Fault::UnclosedName | Fault::StrayName,
                    ..
                },
            ) => format!("format \"{}\": {error}", shown(grant)),
            Err(_) => return None,
        };
        Some(Broken::new(found, wanted))
    })
}

fn complex_zf_zd(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    each_format(evidence, |format, _| {
        let witness = format.complex_letter()?;
        let wanted = match witness.code {
            "F" => "Zf",
            "D" => "Zd",
            _ => "Zg",
        };
        Some(Broken::new(
            format!("format \"{}\": `{}` for complex", format.text(), witness.code),
            format!("`{wanted}`"),
        ))
    })
}

fn stable_while_exported(grant: &Grant<'_>) -> Option<Broken> {
    grant.view.changed.contains(Field::Format).then(|| {
        Broken::new(
            "format changed while the view was held",
            "format unchanged until the release",
        )
    })
}
