//! Which function of a file a place belongs to.
//!
//! Knows ELF files by a library that reads them. Must never trust one: a worker that crashed named it. It has to be a plain
//! file, so much of it is read and no more, and what a table says is a name on one line.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Mutex;

use object::read::{ObjectSegment, ReadCache};
use object::{Object, ObjectSymbol, SymbolKind};

/// How much of a file is read, in bytes: the tables of an interpreter with everything in it are smaller.
const READ: u64 = 64 << 20;

/// Symbols that are looked at.
const SYMBOLS: usize = 1 << 20;

/// The longest name that is shown, in letters.
const NAME: usize = 120;

/// Places that are remembered: most deaths of a run are in a few of them.
const REMEMBERED: usize = 1024;

/// A place in a file: its path, and bytes from its start.
type Place = (Vec<u8>, u64);

/// The function at this many bytes from the start of a file, and how far behind its start: `gb+0x41`.
pub(super) fn at(path: &[u8], offset: u64) -> Option<String> {
    static KNOWN: Mutex<Option<HashMap<Place, Option<String>>>> = Mutex::new(None);
    let place = (path.to_vec(), offset);
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if let Some(told) = known.get(&place) {
        return told.clone();
    }
    let told = open(path).and_then(|file| find(file, offset));
    if known.len() < REMEMBERED {
        known.insert(place, told.clone());
    }
    told
}

#[cfg(unix)]
fn open(path: &[u8]) -> Option<Bounded> {
    use std::os::unix::ffi::OsStringExt;
    let path = PathBuf::from(std::ffi::OsString::from_vec(path.to_vec()));
    // To open a pipe would wait for a writer, to open a device may do anything.
    if !path.is_absolute() || !path.metadata().ok()?.is_file() {
        return None;
    }
    let file = File::open(path).ok()?;
    Some(Bounded { file, left: READ })
}

#[cfg(not(unix))]
fn open(_: &[u8]) -> Option<Bounded> {
    None
}

/// A file of which so much can be read.
struct Bounded {
    file: File,
    left: u64,
}

impl Read for Bounded {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let most = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.file.read(bytes.get_mut(..most).unwrap_or_default())?;
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

fn find(file: Bounded, offset: u64) -> Option<String> {
    let cache = ReadCache::new(file);
    let file = object::File::parse(&cache).ok()?;
    // Symbols are told by addresses, a place by bytes of the file: a segment has both.
    let address = file.segments().find_map(|segment| {
        let (start, size) = segment.file_range();
        let within = offset.checked_sub(start).filter(|within| *within < size)?;
        segment.address().checked_add(within)
    })?;
    // The whole table, where it was not stripped, names what is static, too.
    named(file.symbols(), address).or_else(|| named(file.dynamic_symbols(), address))
}

/// The function in which an address lies: the last that begins before it, and is not over before it.
fn named<'data>(symbols: impl Iterator<Item = impl ObjectSymbol<'data>>, address: u64) -> Option<String> {
    let holds = |start: u64, size: u64| address.checked_sub(start).is_some_and(|within| within < size);
    let (start, name) = symbols
        .take(SYMBOLS)
        .filter(|symbol| symbol.kind() == SymbolKind::Text && holds(symbol.address(), symbol.size()))
        .filter_map(|symbol| Some((symbol.address(), symbol.name().ok()?.to_owned())))
        .max_by_key(|(start, _)| *start)?;
    let shown: String = name
        .chars()
        .take(NAME)
        .map(|letter| if letter.is_ascii_graphic() { letter } else { '?' })
        .collect();
    (!shown.is_empty()).then(|| format!("{shown}+{:#x}", address - start))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[inline(never)]
    extern "C" fn bufcheck_known_place() -> u32 {
        std::hint::black_box(42)
    }

    /// Where this function lies in this very program.
    fn own_place() -> (Vec<u8>, u64) {
        let address = bufcheck_known_place as *const () as u64;
        let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
        for line in maps.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (start, end) = fields[0].split_once('-').expect("a range");
            let hex = |text| u64::from_str_radix(text, 16).expect("a number");
            if (hex(start)..hex(end)).contains(&address) {
                return (
                    fields[5].as_bytes().to_vec(),
                    address - hex(start) + hex(fields[2]),
                );
            }
        }
        panic!("it lies nowhere");
    }

    #[test]
    fn a_place_has_the_name_of_its_function() {
        assert_eq!(bufcheck_known_place(), 42);
        let (path, offset) = own_place();
        for (offset, behind) in [(offset, "+0x0"), (offset + 1, "+0x1")] {
            let told = at(&path, offset).expect("a function");
            assert!(
                told.contains("bufcheck_known_place") && told.ends_with(behind),
                "{told}"
            );
        }
        assert_eq!(at(&path, u64::MAX), None);
    }

    #[test]
    fn what_is_no_program_has_no_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, _) = own_place();
        let whole = std::fs::read(std::ffi::OsStr::from_bytes(&path)).expect("this program");
        for (name, text) in [
            ("empty", &b""[..]),
            ("text", b"\x7fELF and no more"),
            ("cut", whole.get(..4096).unwrap_or_default()),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, text).expect("it is written");
            assert_eq!(at(file.as_os_str().as_bytes(), 0x40), None, "{name}");
        }
        // Numbers that lead beyond the end, in every place of the heads.
        for position in (0..0x200).step_by(8) {
            let mut wrong = whole.get(..1 << 16).unwrap_or(&whole).to_vec();
            wrong[position..position + 8].fill(0xff);
            let file = folder.path().join(format!("wrong-{position}"));
            std::fs::write(&file, wrong).expect("it is written");
            let _ = at(file.as_os_str().as_bytes(), 0x1000);
        }
        for path in [&b"/dev/zero"[..], b"relative", b"/nowhere/at/all", b"\xff\0", b""] {
            assert_eq!(at(path, 0), None);
        }
    }

    #[test]
    fn no_more_is_read_than_is_allowed() {
        let mut file = tempfile::tempfile().expect("a file");
        std::io::Write::write_all(&mut file, &[1; 100]).expect("it is written");
        file.seek(SeekFrom::Start(0)).expect("its start");
        let mut bounded = Bounded { file, left: 10 };
        let mut all = Vec::new();
        bounded.read_to_end(&mut all).expect("it is read");
        assert_eq!(all.len(), 10);
    }
}
