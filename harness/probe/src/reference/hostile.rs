//! Attacks on the process, carried out.
//!
//! Knows how each is done. Must never know the occasion.

use std::hint::black_box;
use std::time::Duration;

use bufcheck_model::reference::HostileKind;
use pyo3::ffi;

use super::memory::forbidden_page;

/// Does it; true if an exception is set now, which the caller has to report.
pub(super) fn strike(kind: HostileKind) -> bool {
    match kind {
        HostileKind::Segfault => {
            // SAFETY: none; ending the process here is what the description asks for.
            unsafe { forbidden_page().write_volatile(1) };
        }
        HostileKind::Abort => std::process::abort(),
        HostileKind::Loop => loop {
            std::hint::spin_loop();
        },
        HostileKind::Sleep => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
        // SAFETY: `exit` takes any status; exit handlers run, as they would for an exporter in C.
        HostileKind::Exit0 => unsafe { libc::exit(0) },
        // SAFETY: exporters are asked with the interpreter attached, and exception types live for ever.
        HostileKind::SystemExit => unsafe { ffi::PyErr_SetNone(ffi::PyExc_SystemExit) },
        // SAFETY: as above.
        HostileKind::KeyboardInterrupt => unsafe { ffi::PyErr_SetNone(ffi::PyExc_KeyboardInterrupt) },
        // SAFETY: as above.
        HostileKind::MemoryError => unsafe { ffi::PyErr_SetNone(ffi::PyExc_MemoryError) },
        HostileKind::Print => {
            print(1, b"a line of the exporter on descriptor 1\n");
            print(2, b"a line of the exporter on descriptor 2\n");
        }
        HostileKind::PrintReply => print(
            1,
            b"{\"job\":0,\"outcome\":{\"done\":{\"made\":{},\"steps\":[]}}}\n",
        ),
        HostileKind::PrintForever => loop {
            print(1, b"a line of the exporter, and another\n");
        },
        HostileKind::CloseStdout => close(1),
        HostileKind::CloseAllFds => (0..256).for_each(close),
        HostileKind::Allocate => allocate(),
        HostileKind::StackOverflow => {
            black_box(descend(1));
        }
        HostileKind::ChangeDirectory => {
            // SAFETY: the path is a C string.
            unsafe { libc::chdir(c"/".as_ptr()) };
        }
    }
    // SAFETY: the interpreter is attached.
    unsafe { !ffi::PyErr_Occurred().is_null() }
}

fn print(descriptor: i32, line: &[u8]) {
    // SAFETY: the buffer is as long as is said.
    unsafe { libc::write(descriptor, line.as_ptr().cast(), line.len()) };
}

fn close(descriptor: i32) {
    // SAFETY: a closed or unknown descriptor is answered with an error.
    unsafe { libc::close(descriptor) };
}

fn allocate() -> ! {
    const STEP: usize = 4 << 20;
    loop {
        // SAFETY: the block is written within its size; losing it is the point.
        unsafe {
            let block = libc::malloc(STEP);
            if block.is_null() {
                libc::abort();
            }
            libc::memset(block, 0x5a, STEP);
            black_box(block);
        }
    }
}

#[allow(
    unconditional_recursion,
    clippy::only_used_in_recursion,
    reason = "the stack shall end"
)]
#[inline(never)]
fn descend(depth: u64) -> u64 {
    let frame = black_box([depth; 128]);
    descend(depth + 1).wrapping_add(frame[127])
}
