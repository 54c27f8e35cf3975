//! Entries of functions on x86-64: the first instructions are moved into a page nearby and a jump is put in their place.
//!
//! Knows machine code, through iced-x86. Must never know Python.

use std::ptr;

use iced_x86::{
    BlockEncoder, BlockEncoderOptions, Decoder, DecoderOptions, FlowControl, Instruction, InstructionBlock,
    OpKind,
};

use super::replaced::Replaced;
use crate::trace::modules::extent_of;

/// Bytes of a jump to an address within 2 GiB.
const JUMP: usize = 5;

/// Bytes of one function in the page: the way to the hook, and the first instructions.
const ROOM: usize = 256;

/// Where the first instructions stand in it.
const MOVED: usize = 64;

/// Bytes that are looked for ways back into the first instructions.
const LONGEST: usize = 4096;

/// Functions that are ready to be led elsewhere.
pub(in crate::trace) struct Prepared<const N: usize> {
    originals: [usize; N],
    jumps: [(usize, [u8; JUMP]); N],
}

impl<const N: usize> Prepared<N> {
    /// What to call to do what each function did.
    pub(in crate::trace) fn originals(&self) -> [usize; N] {
        self.originals
    }

    /// Leads them elsewhere.
    ///
    /// # Safety
    ///
    /// No other thread is in the first bytes of one of them.
    pub(in crate::trace) unsafe fn commit(self) -> Result<(), String> {
        for (target, code) in &self.jumps {
            // SAFETY: the caller's promise.
            unsafe { write_code(*target, code)? };
        }
        Ok(())
    }
}

/// Gets everything ready to lead the entries of these functions elsewhere.
///
/// # Safety
///
/// Each `target` is the start of a function that can be read, and each `hook` a C function with the arguments that
/// [`Replaced`] tells.
pub(in crate::trace) unsafe fn prepare<const N: usize>(
    functions: &[Replaced; N],
) -> Result<Prepared<N>, String> {
    let page = page_near(functions[0].target)?;
    let mut originals = [0; N];
    let mut jumps = [(0, [0; JUMP]); N];
    for (which, function) in functions.iter().enumerate() {
        let at = page + which * ROOM;
        // SAFETY: an exported function of the interpreter; `extent_of` tells how long it is.
        let prologue = unsafe { Prologue::of(function.target)? };
        let moved = prologue.at(at + MOVED)?;
        let way = way_to(function);
        if moved.len() > ROOM - MOVED || way.len() > MOVED {
            return Err("the first instructions of the function are too long once moved".into());
        }
        // SAFETY: within the page, which is ours and still writable; the lengths were compared with the room.
        unsafe {
            ptr::copy_nonoverlapping(way.as_ptr(), at as *mut u8, way.len());
            ptr::copy_nonoverlapping(moved.as_ptr(), (at + MOVED) as *mut u8, moved.len());
        }
        originals[which] = at + MOVED;
        jumps[which] = (function.target, jump(function.target, at)?);
    }
    // SAFETY: the page is ours.
    if unsafe {
        libc::mprotect(
            page as *mut libc::c_void,
            page_size(),
            libc::PROT_READ | libc::PROT_EXEC,
        )
    } != 0
    {
        return Err("no page can be made executable in this process".into());
    }
    Ok(Prepared { originals, jumps })
}

/// The first instructions of a function, whole ones, as many as a jump needs room for.
struct Prologue {
    instructions: Vec<Instruction>,
    next: usize,
}

impl Prologue {
    /// # Safety
    ///
    /// `target` is the start of a function that can be read over its extent.
    unsafe fn of(target: usize) -> Result<Self, String> {
        let length = extent_of(target)
            .ok_or("the function is not where its symbol says")?
            .min(LONGEST);
        // SAFETY: the caller's promise.
        let code = unsafe { std::slice::from_raw_parts(target as *const u8, length) };
        let mut decoder = Decoder::with_ip(64, code, target as u64, DecoderOptions::NONE);
        let (mut instructions, mut next) = (Vec::new(), target);
        while next < target + JUMP {
            if !decoder.can_decode() {
                return Err("the function is too short".into());
            }
            let instruction = decoder.decode();
            if !matches!(
                instruction.flow_control(),
                FlowControl::Next | FlowControl::ConditionalBranch
            ) || instruction.is_invalid()
            {
                return Err("the function begins with a jump or a call: something else watches it, or it is too short".into());
            }
            next += instruction.len();
            instructions.push(instruction);
        }
        let prologue = Self { instructions, next };
        for instruction in &mut decoder {
            let near = instruction.op_count() > 0 && instruction.op0_kind() == OpKind::NearBranch64;
            let to = instruction.near_branch_target();
            if near && to > target as u64 && to < prologue.next as u64 {
                return Err("the function jumps back into its first instructions".into());
            }
        }
        Ok(prologue)
    }

    /// The instructions at another address, and the way on behind them.
    fn at(&self, address: usize) -> Result<Vec<u8>, String> {
        let block = InstructionBlock::new(&self.instructions, address as u64);
        let mut code = BlockEncoder::encode(64, block, BlockEncoderOptions::NONE)
            .map_err(|error| format!("the first instructions cannot be moved: {error}"))?
            .code_buffer;
        code.extend(far_jump(self.next));
        Ok(code)
    }
}

/// Puts the return address into the next register for arguments, and goes to the hook.
fn way_to(function: &Replaced) -> Vec<u8> {
    // mov rsi|rcx, [rsp]
    let mut code: Vec<u8> = match function.arguments {
        1 => vec![0x48, 0x8b, 0x34, 0x24],
        _ => vec![0x48, 0x8b, 0x0c, 0x24],
    };
    code.extend(far_jump(function.hook));
    code
}

/// `jmp [rip + 0]` and the address.
fn far_jump(to: usize) -> [u8; 14] {
    let mut code = [0xff, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    code[6..].copy_from_slice(&to.to_le_bytes());
    code
}

/// `jmp rel32`.
fn jump(from: usize, to: usize) -> Result<[u8; JUMP], String> {
    let distance = to.wrapping_sub(from + JUMP).cast_signed();
    let distance = i32::try_from(distance).map_err(|_| "no page near the function is free")?;
    let mut code = [0xe9, 0, 0, 0, 0];
    code[1..].copy_from_slice(&distance.to_le_bytes());
    Ok(code)
}

fn page_size() -> usize {
    crate::look::memory::page_size()
}

/// A writable page within reach of a jump.
fn page_near(address: usize) -> Result<usize, String> {
    /// Between addresses that are tried, and how many there are on either side.
    const STEP: usize = 1 << 20;
    const TRIES: usize = 1500;
    let base = address & !(page_size() - 1);
    for distance in (1..TRIES).map(|step| step * STEP) {
        for hint in [base.checked_sub(distance), base.checked_add(distance)]
            .into_iter()
            .flatten()
        {
            // SAFETY: a new mapping, which replaces none.
            let page = unsafe {
                libc::mmap(
                    hint as *mut libc::c_void,
                    page_size(),
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE,
                    -1,
                    0,
                )
            };
            if page == libc::MAP_FAILED {
                continue;
            }
            if page as usize == hint {
                return Ok(hint);
            }
            // An old kernel takes the address for a hint.
            // SAFETY: the mapping of just now.
            unsafe { libc::munmap(page, page_size()) };
        }
    }
    Err("no page near the function is free".into())
}

/// Writes over code.
///
/// # Safety
///
/// Nobody executes these bytes.
unsafe fn write_code(at: usize, code: &[u8]) -> Result<(), String> {
    let size = page_size();
    let from = at & !(size - 1);
    let length = (at + code.len() - from).next_multiple_of(size);
    let protect = |how| {
        // SAFETY: pages of the interpreter's code, which stay readable and executable throughout.
        unsafe { libc::mprotect(from as *mut libc::c_void, length, how) == 0 }
    };
    if !protect(libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC) {
        return Err("this process may not write to its code".into());
    }
    // SAFETY: writable now, and the caller's promise.
    unsafe { ptr::copy_nonoverlapping(code.as_ptr(), at as *mut u8, code.len()) };
    // It stayed executable all the time, for others may be in functions beside. Code that stays writable is no fault of what is traced; nothing can be done about it.
    let _ = protect(libc::PROT_READ | libc::PROT_EXEC);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    extern "C" fn doubled(number: usize, other: usize, third: usize) -> usize {
        // Long enough for a jump, and not to be computed by the compiler.
        std::hint::black_box(number) * 2 + std::hint::black_box(other) + std::hint::black_box(third)
    }

    extern "C" fn hook(number: usize, other: usize, third: usize, from: usize) -> usize {
        assert_ne!(from, 0);
        number + other + third + 1000
    }

    #[test]
    fn a_function_is_led_elsewhere_and_can_still_be_called() {
        let code = doubled as extern "C" fn(usize, usize, usize) -> usize as usize;
        // SAFETY: a function of this test, of which `LONGEST` bytes of the same text can be read.
        let bytes = unsafe { std::slice::from_raw_parts(code as *const u8, 64) };
        let mut decoder = Decoder::with_ip(64, bytes, code as u64, DecoderOptions::NONE);
        let (mut instructions, mut next) = (Vec::new(), code);
        while next < code + JUMP {
            let instruction = decoder.decode();
            next += instruction.len();
            instructions.push(instruction);
        }
        let page = page_near(code).unwrap();
        let moved = Prologue { instructions, next }.at(page + MOVED).unwrap();
        let way = way_to(&Replaced {
            target: code,
            hook: hook as extern "C" fn(usize, usize, usize, usize) -> usize as usize,
            arguments: 3,
        });
        // SAFETY: the page is ours, and large enough; `doubled` is called by this test alone.
        unsafe {
            ptr::copy_nonoverlapping(way.as_ptr(), page as *mut u8, way.len());
            ptr::copy_nonoverlapping(moved.as_ptr(), (page + MOVED) as *mut u8, moved.len());
            libc::mprotect(
                page as *mut libc::c_void,
                page_size(),
                libc::PROT_READ | libc::PROT_EXEC,
            );
            write_code(code, &jump(code, page).unwrap()).unwrap();
            let original: extern "C" fn(usize, usize, usize) -> usize = std::mem::transmute(page + MOVED);
            assert_eq!(original(3, 4, 5), 15);
        }
        let called = std::hint::black_box(doubled as extern "C" fn(usize, usize, usize) -> usize);
        assert_eq!(called(3, 4, 5), 1012);
    }

    #[test]
    fn what_is_too_far_away_is_no_jump() {
        assert!(jump(0x1000, 0x1000 + (3 << 30)).is_err());
        assert_eq!(jump(0x1000, 0x1005).unwrap(), [0xe9, 0, 0, 0, 0]);
        assert_eq!(jump(0x1000, 0x0f00).unwrap()[4], 0xff);
    }
}
