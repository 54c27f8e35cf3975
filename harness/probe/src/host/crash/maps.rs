//! The files that are mapped into this process, read as a signal handler may read them.
//!
//! Knows `/proc/self/maps` (`proc_pid_maps(5)`). Must never allocate.

use bufcheck_model::wire::LastWords;

/// Bytes of a path that are kept.
const PATH: usize = LastWords::PATH;

/// Bytes of a line that are looked at: what stands behind them is the end of a path.
const LINE: usize = 512;

/// A place in a file.
pub(super) struct Place {
    /// The path of the file, padded with zeros; the end of one that is too long.
    pub(super) path: [u8; PATH],
    /// Bytes from the start of the file.
    pub(super) offset: usize,
}

/// The file in which an address lies. Async-signal-safe.
pub(super) fn find(address: usize) -> Option<Place> {
    // SAFETY: the path ends with a NUL.
    let file = unsafe { libc::open(c"/proc/self/maps".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
    if file < 0 {
        return None;
    }
    let found = search(file, address);
    // SAFETY: it was opened here, and nobody else knows it.
    unsafe { libc::close(file) };
    found
}

fn search(file: i32, address: usize) -> Option<Place> {
    let (mut line, mut used) = ([0_u8; LINE], 0);
    let mut chunk = [0_u8; 1024];
    loop {
        // SAFETY: as many bytes are there to be written.
        let read = unsafe { libc::read(file, chunk.as_mut_ptr().cast(), chunk.len()) };
        let read = usize::try_from(read).ok().filter(|read| *read > 0)?;
        for byte in chunk.get(..read)? {
            if *byte != b'\n' {
                if let Some(place) = line.get_mut(used) {
                    *place = *byte;
                    used += 1;
                }
                continue;
            }
            if let Some(place) = parse(line.get(..used)?, address) {
                return Some(place);
            }
            used = 0;
        }
    }
}

/// `start-end perms offset device inode path`, if the address lies there and there is a path.
pub(super) fn parse(line: &[u8], address: usize) -> Option<Place> {
    let mut fields = line.splitn(6, |byte| *byte == b' ');
    let range = fields.next()?;
    let dash = range.iter().position(|byte| *byte == b'-')?;
    let (start, end) = (number(range.get(..dash)?)?, number(range.get(dash + 1..)?)?);
    if !(start..end).contains(&address) {
        return None;
    }
    let offset = number(fields.nth(1)?)?;
    let path = fields.nth(2)?.trim_ascii();
    if path.is_empty() {
        return None;
    }
    let mut place = Place {
        path: [0; PATH],
        offset: (address - start).checked_add(offset)?,
    };
    let kept = path.get(path.len().saturating_sub(PATH)..)?;
    for (to, from) in place.path.iter_mut().zip(kept) {
        *to = *from;
    }
    Some(place)
}

fn number(hex: &[u8]) -> Option<usize> {
    let mut number: usize = 0;
    for byte in hex {
        let digit = char::from(*byte).to_digit(16)?;
        number = number
            .checked_mul(16)?
            .checked_add(usize::try_from(digit).ok()?)?;
    }
    (!hex.is_empty()).then_some(number)
}

/// A word of this process, wherever it is. Async-signal-safe.
pub(super) fn word(address: usize) -> Option<usize> {
    let mut word: usize = 0;
    let local = libc::iovec {
        iov_base: (&raw mut word).cast(),
        iov_len: size_of::<usize>(),
    };
    let remote = libc::iovec {
        iov_base: address as *mut libc::c_void,
        iov_len: size_of::<usize>(),
    };
    // SAFETY: the kernel checks the address in the other list, which here is of this process, and writes no more than
    // the one word that the first list tells.
    let read =
        unsafe { libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0) };
    (usize::try_from(read) == Ok(size_of::<usize>())).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_apart() {
        let line = b"7f00-7f80 r-xp 00001000 08:01 42                         /a b/x\x1b.so";
        let place = parse(line, 0x7f10).expect("it lies there");
        assert_eq!(
            (&place.path[..11], place.offset),
            (&b"/a b/x\x1b.so\0"[..], 0x1010)
        );
        let long = [b"0-1 r 0 0 0 /".as_slice(), &[b'x'; 300]].concat();
        assert_eq!(
            parse(&long, 0).expect("it lies there").path,
            [b'x'; PATH],
            "its end"
        );
        assert!(parse(line, 0x7f80).is_none() && parse(line, 0x7eff).is_none());
        assert!(
            parse(b"7f00-7f80 rw-p 00000000 00:00 0 ", 0x7f10).is_none(),
            "no file"
        );
        for nonsense in [
            &b""[..],
            b"-",
            b"7f00",
            b"zz-7f80 r 0 0 0 /x",
            b"0-ffffffffffffffffff r 0 0 0 /x",
        ] {
            assert!(parse(nonsense, 0x7f10).is_none());
        }
    }

    #[test]
    fn a_word_that_is_not_there_is_none() {
        let known = 42_usize;
        assert_eq!(word((&raw const known) as usize), Some(42));
        assert_eq!(word(0), None);
    }
}
