//! What is fed: one function for each kind of input.
//!
//! Knows how bytes become the argument of a reader. Must never look at what a reader says beyond whether it
//! is said twice alike.

use bufcheck_model::case::{
    CleanFile, Config, ExporterFile, MutantFile, RelationFile, RequestFile, RuleFile,
};
use bufcheck_model::reference::ReferenceSpec;
use bufcheck_model::wire::{Hello, Job, Reply};
use bufcheck_protocol::format::{Format, Names, Platform};
use bufcheck_protocol::layout::Layout;
use bufcheck_runner::load;
use bufcheck_runner::plan::config::Configuration;
use bufcheck_runner::record::Run;

/// A kind of input.
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// What is done with an input.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 6] = [
    Target {
        name: "format",
        run: format,
    },
    Target {
        name: "layout",
        run: layout,
    },
    Target {
        name: "case",
        run: case,
    },
    Target {
        name: "config",
        run: config,
    },
    Target {
        name: "worker-line",
        run: worker_line,
    },
    Target {
        name: "record",
        run: record,
    },
];

fn format(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(format) = Format::parse(&text) else { return };
    for platform in [Platform::LP64_LE, Platform::host()] {
        let _ = format.struct_module_size(&platform);
        let _ = format.name_flaws();
        let _ = format.equivalent(&format, &platform, Names::Ignored);
        let Ok(sizes) = format.accepted_sizes(&platform) else {
            continue;
        };
        for size in sizes {
            assert!(format.accepts_itemsize(size, &platform));
            if let (Ok(decoder), Ok(len)) = (format.decoder(size, &platform), usize::try_from(size))
                && len <= 1 << 16
            {
                let _ = decoder.decode(&vec![0xa5; len]);
            }
        }
    }
    assert_eq!(Format::parse(format.text()).as_ref(), Ok(&format));
}

/// Numbers of eight bytes: item size, how many axes and which arrays, then the arrays; at most 9 axes.
fn layout(input: &[u8]) {
    let mut numbers = input.chunks(8).map(|chunk| {
        chunk
            .iter()
            .rev()
            .fold(0_i64, |number, byte| number << 8 | i64::from(*byte))
    });
    let itemsize = numbers.next().unwrap_or(1);
    let kind = numbers.next().unwrap_or(0).unsigned_abs();
    let axes = usize::try_from(kind % 10).unwrap_or(0);
    let mut array = || -> Vec<i64> { (&mut numbers).take(axes).collect() };
    let (shape, strides, suboffsets) = (array(), array(), array());
    let given = |bit: u64, numbers| (kind >> bit & 1 == 1).then_some(numbers);
    let layout = Layout::new(
        itemsize,
        &shape,
        given(8, strides).as_deref(),
        given(9, suboffsets).as_deref(),
    );
    let _ = (
        Layout::strides_c(itemsize, &shape),
        Layout::strides_f(itemsize, &shape),
        Layout::flat(itemsize),
    );
    let Ok(layout) = layout else { return };
    let _ = (
        layout.class(),
        layout.size(),
        layout.span(),
        layout.span_with_pointers(8),
    );
    let _ = (
        layout.overlaps(),
        layout.fits(1 << 40, 1 << 20),
        layout.verify_structure(1 << 40, 0),
    );
    assert!(layout.offsets().take(1000).count() <= 1000);
    assert!(layout.runs().take(1000).count() <= 1000);
}

fn case(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _ = load::json::<RuleFile>(&text, "input");
    let _ = load::json::<RequestFile>(&text, "input");
    let _ = load::json::<RelationFile>(&text, "input");
    let _ = load::json::<ExporterFile>(&text, "input");
    let _ = load::json::<CleanFile>(&text, "input");
    if let Ok(file) = load::json::<MutantFile>(&text, "input") {
        for spec in file
            .mutants
            .iter()
            .filter_map(|mutant| mutant.exporter.reference.as_ref())
        {
            reference(spec);
        }
        let again = serde_json::to_string(&file).expect("what was read can be written");
        assert_eq!(load::json::<MutantFile>(&again, "again").ok(), Some(file));
    }
}

fn reference(spec: &ReferenceSpec) {
    let checked = spec.check();
    if spec.image().is_ok() {
        assert_eq!(checked, Ok(()));
    }
    let _ = spec.content();
}

fn config(input: &[u8]) {
    let text = String::from_utf8_lossy(input).into_owned();
    if let Ok(config) = load::toml::<Config>(&text, "input") {
        let _ = Configuration::of(config, "input".into(), text);
    }
}

fn worker_line(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _ = serde_json::from_str::<Hello>(&text);
    if let Ok(job) = serde_json::from_str::<Job>(&text) {
        let again = serde_json::to_string(&job).expect("what was read can be written");
        assert_eq!(serde_json::from_str::<Job>(&again).ok(), Some(job));
    }
    if let Ok(reply) = serde_json::from_str::<Reply>(&text) {
        let again = serde_json::to_string(&reply).expect("what was read can be written");
        assert_eq!(serde_json::from_str::<Reply>(&again).ok(), Some(reply));
    }
}

fn record(input: &[u8]) {
    if let Ok(run) = Run::read(input) {
        let mut again = Vec::new();
        run.write(&mut again).expect("what was read can be written");
        assert_eq!(Run::read(again.as_slice()).ok(), Some(run));
    }
}
