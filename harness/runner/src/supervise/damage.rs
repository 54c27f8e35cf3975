//! The last words of allocators that found their memory damaged, and of programs that were given no more.
//!
//! Knows what the C library and Python's debugging allocator print before they end the process. Must never know who
//! damaged anything.
//!
//! Source: glibc `malloc/malloc.c`, calls of `malloc_printerr`; `CPython` `Objects/obmalloc.c`,
//! `_PyMem_DebugCheckAddress`.

use bufcheck_model::observation::Allocator;

/// How a line of the C library begins.
const OF_C: &[&str] = &[
    "malloc(): ",
    "free(): ",
    "realloc(): ",
    "munmap_chunk(): ",
    "malloc_consolidate(): ",
    "mremap_chunk(): ",
    "malloc: ",
    "corrupted size vs. prev_size",
    "corrupted double-linked list",
    "double free or corruption",
];

/// How Python's allocator begins to describe a block.
const BLOCK: &str = "Debug memory block at address ";

/// What it found wrong there.
const OF_PYTHON: &[&str] = &["bad trailing pad byte", "bad leading pad byte"];

/// The letters of its families of functions.
const FAMILIES: &[&str] = &["r", "m", "o"];

/// Who told of damage in what a process printed before it was killed by SIGABRT.
pub(super) fn told(printed: &str) -> Option<Allocator> {
    let starts = |line: &str| OF_C.iter().any(|words| line.starts_with(words));
    if printed.lines().any(starts) {
        return Some(Allocator::C);
    }
    let damaged = OF_PYTHON.iter().any(|words| printed.contains(words)) || has_lost_its_family(printed);
    (printed.contains(BLOCK) && damaged).then_some(Allocator::Python)
}

/// What runtimes print before they abort for want of memory: those of Rust, C++ and `CPython`.
const WANT: &[(&str, &str)] = &[
    ("memory allocation of ", " bytes failed"),
    ("terminate called after throwing an instance of '", "bad_alloc'"),
    ("Fatal Python error: ", "MemoryError"),
    ("Fatal Python error: ", "out of memory"),
];

/// Whether a process that was killed by SIGABRT said that it was given no more memory.
pub(super) fn tells_of_want(printed: &str) -> bool {
    printed.lines().any(|line| {
        let mut words = WANT.iter();
        words.any(|(start, then)| line.strip_prefix(start).is_some_and(|rest| rest.contains(then)))
    })
}

/// The letter in front of a block is none: it was overwritten. Another one than is expected is a block that was given
/// back to a function of another family.
fn has_lost_its_family(printed: &str) -> bool {
    let letter = printed
        .split_once("bad ID: Allocated using API '")
        .and_then(|(_, rest)| rest.split_once('\''));
    letter.is_some_and(|(letter, _)| !FAMILIES.contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::top("malloc(): corrupted top size\n", Some(Allocator::C))]
    #[case::behind_others("made\nfree(): invalid next size (fast)\n", Some(Allocator::C))]
    #[case::sizes("corrupted size vs. prev_size\n", Some(Allocator::C))]
    #[case::twice("double free or corruption (out)\n", Some(Allocator::C))]
    #[case::mapped("munmap_chunk(): invalid pointer\n", Some(Allocator::C))]
    #[case::behind(
        "Debug memory block at address p=0x1: API 'm'\n    20 bytes originally requested\n\nFatal Python error: \
         _PyMem_DebugRawFree: bad trailing pad byte\n",
        Some(Allocator::Python)
    )]
    #[case::before(
        "Debug memory block at address p=0x1: API ''\nFatal Python error: bad ID: Allocated using API '\u{1}', \
         verified using API 'o'\n",
        Some(Allocator::Python)
    )]
    #[case::other_family(
        "Debug memory block at address p=0x1: API 'm'\nFatal Python error: bad ID: Allocated using API 'm', \
         verified using API 'o'\n",
        None
    )]
    #[case::said_by_others("the module says: free(): is what I call\n", None)]
    #[case::assertion("python: x.c:3: f: Assertion `0' failed.\n", None)]
    #[case::nothing("", None)]
    fn last_words_are_known(#[case] printed: &str, #[case] who: Option<Allocator>) {
        assert_eq!(told(printed), who);
    }

    #[rstest]
    #[case::of_rust("memory allocation of 1073741824 bytes failed\n", true)]
    #[case::of_cpp(
        "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n",
        true
    )]
    #[case::of_python("x\nFatal Python error: _PyObject_Init: MemoryError\n", true)]
    #[case::other("terminate called after throwing an instance of 'std::logic_error'\n", false)]
    #[case::said_by_somebody("the memory allocation of 3 bytes failed\n", false)]
    fn want_of_memory_is_told_by_its_own_words(#[case] printed: &str, #[case] want: bool) {
        assert_eq!(tells_of_want(printed), want);
    }
}
