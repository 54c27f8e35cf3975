//! Arguments at random, for each group of calls whose answers the protocol's types decide.
//!
//! Knows which arguments show the promise of a group, and no other one. Must never know an answer.

use bufcheck_model::interpreter::{Ask, Make, Mode, Object, Operation, Permission, Place, View};
use bufcheck_model::reference::Slice;
use bufcheck_rules::interpreter::cases::is_stepped_nothing;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::BoxedStrategy;

use super::view::{Kind, itemsize, of_shape, shape, view, with_suboffsets};

/// Bits of a request, without those that are rejected alone.
const FLAGS: std::ops::Range<i32> = 0..0x200;

/// The arguments that show a group's promise; nothing where they are not drawn.
pub(super) fn asks(group: &str) -> Option<BoxedStrategy<Ask>> {
    let asks = match group.strip_prefix("interpreter/")? {
        "sizefromformat/sizes" => format().prop_map(|format| Ask::SizeFromFormat { format }).boxed(),
        "iscontiguous/definition" => contiguous(view(Kind::ANY), order()),
        "iscontiguous/suboffsets" => contiguous(with_suboffsets(Kind::ANY), order()),
        "iscontiguous/other-letters" => contiguous(view(Kind::ANY), letter()),
        "getpointer/strides" => pointer(view(Kind {
            empty: false,
            ..Kind::GRANTED
        })),
        "getpointer/suboffsets" => pointer(with_suboffsets(Kind {
            empty: false,
            ..Kind::GRANTED
        })),
        "tocontiguous/orders" => to(view(Kind::ANY)),
        "tocontiguous/suboffsets" => to(with_suboffsets(Kind::ANY)),
        "tocontiguous/lengths" => to_other_length(),
        "fromcontiguous/orders" => from(view(Kind::WRITTEN), |view, _| view.len()),
        "fromcontiguous/suboffsets" => from(with_suboffsets(Kind::WRITTEN), |view, _| view.len()),
        "fromcontiguous/shorter" => from(view(Kind::WRITTEN), |view, by| {
            let items = usize::try_from(view.len() / view.itemsize).unwrap_or(0);
            i64::try_from(by.index(items + 1)).unwrap_or(0) * view.itemsize
        }),
        "fromcontiguous/longer" => from(view(Kind::WRITTEN), |view, by| {
            view.len() + 1 + i64::try_from(by.index(40)).unwrap_or(0)
        }),
        "copydata/items" => copies(),
        "fillcontiguousstrides/orders" => filled_strides(),
        "fillinfo/granted" => filled_info(Just(0).boxed(), (FLAGS).boxed()),
        "fillinfo/refused" => filled_info(Just(1).boxed(), (FLAGS).prop_map(|flags| flags | 1).boxed()),
        "getbuffer/handed-on" => requests(),
        "fromobject/fields" => viewed(Operation::Attributes),
        "frombuffer/fields" => (known_contiguity(view(Kind::GRANTED)), any::<bool>())
            .prop_map(|(view, readonly)| {
                let readonly = readonly.into();
                of(Make::Buffer(View { readonly, ..view }), Operation::Attributes)
            })
            .boxed(),
        "getcontiguous/read" => made_contiguous(),
        "tobytes/orders" => (exported(), prop::option::of(order()))
            .prop_map(|(view, order)| of(object(view), Operation::Tobytes { order }))
            .boxed(),
        "tobytes/hex" => viewed(Operation::Hex),
        "tobytes/toreadonly" => viewed(Operation::Toreadonly),
        "tolist/layouts" => numbers()
            .prop_map(|view| of(object(view), Operation::Tolist))
            .boxed(),
        "index/items" => indexed(),
        "slice/one-axis" => sliced(),
        _ => return None,
    };
    Some(asks)
}

fn of(of: Make, operation: Operation) -> Ask {
    Ask::Memoryview { of, operation }
}

fn exporter(view: View) -> Object {
    Object::Exporter {
        view,
        mode: Mode::Strict,
        no_release: false,
    }
}

fn object(view: View) -> Make {
    Make::Object(exporter(view))
}

fn order() -> BoxedStrategy<char> {
    select(vec!['C', 'F', 'A']).boxed()
}

/// A letter that is no order.
fn letter() -> BoxedStrategy<char> {
    let other = |letter: &char| !['C', 'F', 'A'].contains(letter);
    any::<u8>()
        .prop_map(char::from)
        .prop_filter("no order", other)
        .boxed()
}

/// Codes that every version knows, with counts, spaces and a prefix.
fn format() -> BoxedStrategy<String> {
    let item = |codes: &'static str| {
        let code = select(codes.chars().collect::<Vec<_>>());
        let count = prop::option::weighted(0.4, 0..20_u8);
        (count, code)
            .prop_map(|(count, code)| count.map_or_else(|| code.into(), |count| format!("{count}{code}")))
    };
    let items = move |codes| prop::collection::vec(item(codes), 1..6);
    let native = (select(vec!["", "@"]), items("xcbB?hHiIlLqQnNefdspP"));
    let standard = (select(vec!["=", "<", ">", "!"]), items("xcbB?hHiIlLqQefdsp"));
    let joined = |(prefix, items): (&str, Vec<String>)| format!("{prefix}{}", items.concat());
    prop_oneof![native.prop_map(joined), standard.prop_map(joined)].boxed()
}

fn contiguous(views: BoxedStrategy<View>, orders: BoxedStrategy<char>) -> BoxedStrategy<Ask> {
    (views, orders)
        .prop_map(|(view, order)| Ask::IsContiguous { view, order })
        .boxed()
}

/// One index an axis, within the extents.
fn indices(view: &View, at: &[Index]) -> Vec<i64> {
    let shape = view.shape.as_deref().unwrap_or_default();
    let inside = |(extent, at): (&i64, &Index)| at.index(usize::try_from(*extent).unwrap_or(1).max(1));
    let inside = shape.iter().zip(at).map(inside);
    inside.map(|at| i64::try_from(at).unwrap_or(0)).collect()
}

fn places() -> BoxedStrategy<Vec<Index>> {
    prop::collection::vec(any::<Index>(), 4).boxed()
}

fn pointer(views: BoxedStrategy<View>) -> BoxedStrategy<Ask> {
    (views, places())
        .prop_map(|(view, at)| Ask::GetPointer {
            indices: indices(&view, &at),
            view,
        })
        .boxed()
}

fn to(views: BoxedStrategy<View>) -> BoxedStrategy<Ask> {
    (views, order())
        .prop_map(|(view, order)| Ask::ToContiguous {
            len: view.len(),
            view,
            order,
        })
        .boxed()
}

fn to_other_length() -> BoxedStrategy<Ask> {
    let other = |(view, order, by): (View, char, i64)| {
        let len = view.len() + by;
        (by != 0 && len >= 0).then_some(Ask::ToContiguous { view, len, order })
    };
    (view(Kind::ANY), order(), -20..40_i64)
        .prop_filter_map("another length", other)
        .boxed()
}

fn from(views: BoxedStrategy<View>, len: fn(&View, Index) -> i64) -> BoxedStrategy<Ask> {
    (views, select(vec!['C', 'F']), any::<Index>())
        .prop_map(move |(view, order, by)| Ask::FromContiguous {
            len: len(&view, by),
            view,
            order,
        })
        .boxed()
}

fn copies() -> BoxedStrategy<Ask> {
    let both = |(shape, itemsize): (Vec<i64>, i64)| {
        (
            of_shape(shape.clone(), itemsize, Kind::WRITTEN),
            of_shape(shape, itemsize, Kind::GRANTED),
        )
    };
    (shape(true), itemsize())
        .prop_flat_map(both)
        .prop_map(|(to, from)| Ask::CopyData {
            destination: exporter(to),
            source: exporter(from),
        })
        .boxed()
}

fn filled_strides() -> BoxedStrategy<Ask> {
    let parts = (
        prop::collection::vec(0..9_i64, 0..=8),
        1..=64_i32,
        select(vec!['C', 'F']),
    );
    parts
        .prop_map(|(shape, itemsize, order)| Ask::FillContiguousStrides {
            shape,
            itemsize,
            order,
        })
        .boxed()
}

fn filled_info(readonly: BoxedStrategy<i32>, flags: BoxedStrategy<i32>) -> BoxedStrategy<Ask> {
    let flags = flags.prop_filter("no request for a memoryview alone", |flags| *flags != 0x100);
    let place = prop_oneof![Just(Place::Direct), Just(Place::Slot)];
    (0..40_i64, readonly, flags, place)
        .prop_map(|(len, readonly, flags, place)| Ask::FillInfo {
            len,
            readonly,
            flags,
            place,
        })
        .boxed()
}

/// Without those of one axis that has no items and a step of its own: they are another promise.
fn known_contiguity(views: BoxedStrategy<View>) -> BoxedStrategy<View> {
    let other = |view: &View| {
        let step = view.strides.as_ref().and_then(|strides| strides.first());
        view.shape.as_deref() != Some(&[0]) || step == Some(&view.itemsize)
    };
    views.prop_filter("another promise", other).boxed()
}

/// Views that memoryviews are made of.
fn exported() -> BoxedStrategy<View> {
    let views = prop_oneof![4 => view(Kind::GRANTED), 1 => with_suboffsets(Kind::GRANTED)];
    let readonly = prop::bool::weighted(0.2);
    (known_contiguity(views.boxed()), readonly)
        .prop_map(|(view, readonly)| View {
            readonly: readonly.into(),
            ..view
        })
        .boxed()
}

/// The most items whose values are told in full.
const TOLD: i64 = 80;

/// The same, with few items, all of which a memoryview can unpack.
fn numbers() -> BoxedStrategy<View> {
    let known = |view: &View| matches!(view.itemsize, 1 | 2 | 4 | 8) && view.len() / view.itemsize <= TOLD;
    exported().prop_filter("numbers", known).boxed()
}

fn viewed(operation: Operation) -> BoxedStrategy<Ask> {
    exported()
        .prop_map(move |view| of(object(view), operation.clone()))
        .boxed()
}

fn made_contiguous() -> BoxedStrategy<Ask> {
    (exported(), select(vec!['C', 'F']))
        .prop_map(|(view, order)| {
            let made = Make::Contiguous {
                object: exporter(view),
                permission: Permission::Read,
                order,
            };
            of(made, Operation::Attributes)
        })
        .boxed()
}

fn requests() -> BoxedStrategy<Ask> {
    let flags = FLAGS.prop_filter("no request for a memoryview alone", |flags| *flags != 0x100);
    (exported(), flags)
        .prop_map(|(view, flags)| Ask::GetBuffer {
            object: exporter(view),
            flags,
            releases: 1,
            pending: false,
        })
        .boxed()
}

fn indexed() -> BoxedStrategy<Ask> {
    let parts = (numbers(), places(), any::<bool>());
    let inside = |(view, at, behind): (View, Vec<Index>, bool)| {
        let mut key = indices(&view, &at);
        let shape = view.shape.clone().unwrap_or_default();
        if behind {
            // The same places, counted from behind.
            for (index, extent) in key.iter_mut().zip(&shape) {
                *index -= extent;
            }
        }
        (!shape.contains(&0)).then(|| of(object(view), Operation::Index(key)))
    };
    parts.prop_filter_map("a place that there is", inside).boxed()
}

fn sliced() -> BoxedStrategy<Ask> {
    let bound = || prop::option::of(-8..8_i64);
    let step = prop::option::of(prop_oneof![1..4_i64, -4..0_i64]);
    let parts = (exported(), bound(), bound(), step);
    let one_axis = |(view, start, stop, step): (View, Option<i64>, Option<i64>, Option<i64>)| {
        let one_axis = view.shape.as_ref()?.len() == 1;
        let ask = of(object(view), Operation::Slice(Slice { start, stop, step }));
        (one_axis && !is_stepped_nothing(&ask)).then_some(ask)
    };
    parts.prop_filter_map("one axis", one_axis).boxed()
}
