//! Legal exporters, usual and odd: nothing may fire.

use crate::silent;
use crate::support::model::{FlatNdim, FormatAlone};
use crate::support::{Model, Subject, conforming, intern, only, refusal, sensible, told};
use bufcheck_model::observation::{Answer, Array, Content, MemoryviewReading, Text, Unreadable, Volatile};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use rstest::rstest;
use serde_json::json;

/// An exporter of other memory than the models hold: contents and declarations follow.
fn of(model: &Model, bytes: Vec<u8>) -> Subject {
    let mut subject = model.subject();
    subject.sweep.contents[0].bytes.clone_from(&bytes);
    subject.made.memoryview = Some(MemoryviewReading::Bytes {
        bytes,
        complete: true,
    });
    subject
}

fn model(class: LayoutClass, shape: &[i64], strides: &[i64], values: Vec<i32>) -> Model {
    Model {
        shape: shape.to_vec(),
        strides: strides.to_vec(),
        values,
        ..Model::new(class, false)
    }
}

#[test]
fn every_ideal_exporter() {
    for model in Model::every() {
        silent(&model.subject());
    }
}

#[rstest]
#[case::odd_stride_on_an_axis_of_one(LayoutClass::CFnd, &[1, 6], &[7, 4], 6)]
#[case::zero_stride_on_an_axis_of_one(LayoutClass::CFnd, &[6, 1], &[4, 0], 6)]
#[case::negative_stride_on_an_axis_of_one(LayoutClass::Cnd, &[2, 1, 3], &[12, -99, 4], 6)]
#[case::empty_with_odd_strides(LayoutClass::Empty, &[3, 0], &[-8, 12], 0)]
#[case::empty_with_negative_stride(LayoutClass::Empty, &[0], &[-4], 0)]
#[case::field_of_packed_records(LayoutClass::Strided, &[3], &[5], 3)]
#[case::reversed_rows(LayoutClass::Negative, &[2, 3], &[12, -4], 6)]
#[case::windows_that_overlap(LayoutClass::Strided, &[2, 2], &[4, 4], 4)]
#[case::windows_stepping_by_one_byte(LayoutClass::Strided, &[3], &[1], 3)]
fn odd_layouts(
    #[case] class: LayoutClass,
    #[case] shape: &[i64],
    #[case] strides: &[i64],
    #[case] count: i32,
) {
    silent(&model(class, shape, strides, (1..=count).collect()).subject());
}

#[test]
fn sixty_four_axes() {
    let mut shape = vec![1; 62];
    shape.extend([2, 3]);
    let mut strides = vec![24; 62];
    strides.extend([12, 4]);
    silent(&model(LayoutClass::Cnd, &shape, &strides, (1..=6).collect()).subject());
}

#[test]
fn suboffsets_with_other_negatives_in_mixed_axes() {
    let model = Model {
        suboffsets: Some(vec![-7, 16, -3]),
        ..model(LayoutClass::Pil, &[1, 2, 3], &[16, 8, 4], (1..=6).collect())
    };
    silent(&model.subject());
}

#[test]
fn huge_broadcast() {
    let mut subject = model(LayoutClass::Broadcast, &[6], &[0], vec![7; 6]).subject();
    subject.declared.values = None;
    subject.declared.shape = Some(vec![1 << 40]);
    subject.sweep.contents[0].complete = false;
    subject.made.memoryview = None;
    let subject = subject.granted(
        |_| true,
        |view| {
            view.len = 1 << 42;
            if let Array::Elsewhere(shape) = &mut view.shape {
                shape[0] = 1 << 40;
            }
        },
    );
    silent(&subject);
}

#[test]
fn arrays_inside_the_view_as_fill_info_puts_them() {
    let subject = conforming(LayoutClass::C1d, false).granted(
        |_| true,
        |view| {
            for array in [&mut view.shape, &mut view.strides] {
                if let Array::Elsewhere(values) = array {
                    *array = Array::InView(values.clone());
                }
            }
        },
    );
    silent(&subject);
}

/// Strided memory served as a fresh contiguous copy wherever the native memory does not meet the request.
fn serving_copies(class: LayoutClass, at: u64) -> Subject {
    let ideal = Model::new(class, false);
    let copy = Model {
        strides: if ideal.shape.len() == 1 {
            vec![4]
        } else {
            vec![12, 4]
        },
        suboffsets: None,
        ..ideal.clone()
    };
    let refused = |request: Request| matches!(ideal.answer(request), Answer::Refused(_));
    let meets = |request: Request| {
        !request.wants_writable()
            && refused(request)
            && request.flags() != 0x100
            && !(request.wants_f() && ideal.shape.len() > 1)
    };
    ideal.subject().replaced(meets, |request| {
        let mut view = copy.view(request);
        view.buf = at;
        Answer::Granted(Box::new(view))
    })
}

#[rstest]
#[case::strided(LayoutClass::Strided)]
#[case::negative(LayoutClass::Negative)]
#[case::broadcast(LayoutClass::Broadcast)]
#[case::fortran(LayoutClass::Fnd)]
#[case::pointers(LayoutClass::Pil)]
fn faithful_copies(#[case] class: LayoutClass) {
    silent(&serving_copies(class, 0x7f00_9000));
    // The copy may come to lie where another one was before.
    silent(&serving_copies(class, 0x7f00_1000));
}

#[test]
fn a_copy_of_read_only_memory_may_be_writable() {
    let subject = serving_copies(LayoutClass::Strided, 0x7f00_9000)
        .declaring(|declared| declared.readonly = Some(true));
    let native = |request: Request| request.wants_strides() && !request.wants_c() && !request.wants_any();
    let subject = subject
        .granted(native, |view| view.readonly = 1)
        .replaced(Request::wants_writable, |_| Answer::Refused(refusal()));
    assert_eq!(subject.fires_on("consistency.declared-readonly"), []);
}

#[test]
fn formats_refused_altogether() {
    let subject =
        conforming(LayoutClass::CFnd, false).replaced(Request::wants_format, |_| Answer::Refused(refusal()));
    silent(&subject);
}

#[test]
fn plain_bytes_without_native_requests() {
    // Nothing but SIMPLE is granted: most rules have nothing to look at.
    let subject = conforming(LayoutClass::C1d, true)
        .replaced(|request| request.flags() != 0, |_| Answer::Refused(refusal()))
        .declaring(|declared| declared.readonly = Some(true));
    silent(&subject);
}

#[rstest]
#[case::zero(FlatNdim::Zero)]
#[case::truth(FlatNdim::Truth)]
fn ndim_without_shape(#[case] flat_ndim: FlatNdim) {
    let model = Model {
        flat_ndim,
        ..Model::new(LayoutClass::Cnd, false)
    };
    silent(&model.subject());
}

#[test]
fn format_alone_answered_as_bytes() {
    let model = Model {
        format_alone: FormatAlone::Bytes,
        ..Model::new(LayoutClass::Cnd, true)
    };
    silent(&model.subject());
}

#[test]
fn names_beyond_ascii() {
    let subject = conforming(LayoutClass::C1d, false).granted(Request::wants_format, |view| {
        if !view.format.is_null() {
            view.format = Text::Bytes("T{<i:gr\\xc3\\xb6\\xc3\\x9fe:}".into());
        }
    });
    silent(&subject.declaring(|declared| declared.values = None));
}

#[rstest]
#[case::padded("IB", 8)]
#[case::exact("IB", 5)]
#[case::written_out("IB3x", 8)]
#[case::record_padded("T{I:a:B:b:}", 8)]
#[case::array("(2,2)<h", 8)]
#[case::void("8x", 8)]
#[case::pointer("&<i", 8)]
#[case::long("l", 8)]
#[case::standard_long("<l", 4)]
#[case::complex("<Zf", 8)]
#[case::text("2w", 8)]
#[case::no_bytes("0s", 0)]
fn formats_that_fit(#[case] format: &str, #[case] itemsize: i64) {
    let model = Model {
        format: format.into(),
        itemsize,
        strides: vec![itemsize],
        ..Model::new(LayoutClass::C1d, false)
    };
    let len = 6 * itemsize;
    let bytes = vec![0; usize::try_from(len).unwrap()];
    let subject = of(&model, bytes)
        .declaring(|declared| declared.values = None)
        .granted(|_| true, |view| view.len = len);
    silent(&subject);
}

#[rstest]
#[case::same_order("=i")]
#[case::native("i")]
#[case::with_a_space(" <i")]
fn declared_format_up_to_equivalence(#[case] declared: &str) {
    let subject = conforming(LayoutClass::C1d, false).declaring(|exporter| {
        exporter.format = Some(declared.into());
        exporter.values = None;
    });
    silent(&subject);
}

#[test]
fn contents_cut_by_the_budget() {
    let mut subject = conforming(LayoutClass::Cnd, false);
    let cut = Content {
        bytes: subject.sweep.contents[0].bytes[..8].to_vec(),
        complete: false,
        ..Content::default()
    };
    let cut = intern(&mut subject.sweep.contents, cut);
    silent(&subject.granted(sensible, |view| view.content = Some(cut)));
}

#[rstest]
#[case::transposed(json!([[1, 2], [3, 4], [5, 6]]))]
#[case::other_values_in_another_shape(json!([[1, 2], [4, 3], [5, 6]]))]
#[case::too_few(json!([[1, 2, 3]]))]
#[case::none(json!([]))]
#[case::ragged(json!([[1, 2, 3], [4, 5]]))]
fn declared_values_that_contradict_the_declared_shape_blame_nobody(#[case] values: serde_json::Value) {
    silent(&conforming(LayoutClass::Cnd, false).declaring(|declared| declared.values = Some(values)));
}

#[test]
fn a_malformed_word_answered_in_its_own_way() {
    // 0x50 without ND: somebody may read it as Fortran order asked.
    let mut subject = conforming(LayoutClass::Fnd, false);
    let mut content = subject.sweep.contents[0].clone();
    content.bytes.swap(4, 8);
    let other = intern(&mut subject.sweep.contents, content);
    let view = Model::new(LayoutClass::Fnd, false).view(Request::new(0x50));
    silent(&subject.replaced(only(0x50), |_| {
        let mut view = view.clone();
        view.content = Some(other);
        Answer::Granted(Box::new(view))
    }));
}

#[test]
fn items_of_no_size_are_not_without_items() {
    let model = Model {
        format: "0s".into(),
        itemsize: 0,
        shape: vec![0],
        strides: vec![0],
        ..Model::new(LayoutClass::Empty, false)
    };
    let refusing = model.subject().replaced(only(0x38), |_| model.refuse());
    assert_eq!(
        refusing.fires_on("empty.counts-as-contiguous"),
        [Request::new(0x38)]
    );
    let three = refusing.granted(Request::wants_shape, |view| {
        view.shape = Array::Elsewhere(vec![3]);
    });
    assert_eq!(three.fires_on("empty.counts-as-contiguous"), []);
}

/// Other bytes under every request: a camera, a clock, two memories by turns.
fn changing() -> Subject {
    let mut subject = conforming(LayoutClass::Strided, false);
    let requests = subject.sweep.requests.clone();
    let mut numbers = Vec::new();
    for at in 0..requests.len() {
        let mut content = subject.sweep.contents[0].clone();
        content.bytes[0] = u8::try_from(at % 251).expect("small");
        numbers.push(intern(&mut subject.sweep.contents, content));
    }
    for (flags, other) in requests.iter().zip(&numbers) {
        subject = subject.granted(only(*flags), |view| view.content = Some(*other));
    }
    subject.sweep.rounds[3].content_after = Some(numbers[7]);
    subject
}

#[rstest]
#[case::declared(|subject: &mut Subject| subject.declared.volatile = Some(true))]
#[case::others_write(|subject: &mut Subject| subject.sweep.volatile = Some(Volatile::Held))]
#[case::snapshots(|subject: &mut Subject| subject.sweep.volatile = Some(Volatile::Views))]
fn memory_that_changes_by_itself(#[case] volatile: fn(&mut Subject)) {
    assert!(!changing().accusations().is_empty());
    let mut subject = changing();
    volatile(&mut subject);
    let accused = subject.accusations();
    assert!(accused.is_empty(), "{}", told(&accused));
    // Fields and readability are judged all the same.
    let long = subject.clone().granted(only(0x18), |view| view.len += 1);
    assert!(!long.hits_of("len.product-of-shape-times-itemsize").is_empty());
    let lost = subject.content(only(0x18), |content| {
        content.unreadable = Some(Unreadable::default());
    });
    assert!(!lost.hits_of("memory.readable-whole-extent").is_empty());
}
