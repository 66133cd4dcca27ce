//! Leaving restartable sequences, which the C library joins for each thread.
//!
//! The kernel writes the CPU number into a thread's rseq area after each switch to it: on the way
//! from the interrupt to the handler (kernel/rseq.c, `__rseq_handle_notify_resume`). A thread that
//! has left takes a path shorter by some 170 instructions. Of the C library, only
//! `sched_getcpu` uses the area, and asks the kernel without it.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::arch::asm;

use nix::errno::Errno;

/// The signature that the C library registers with (glibc: bits/rseq.h).
#[cfg(target_arch = "x86_64")]
const SIGNATURE: u32 = 0x5305_3053;
#[cfg(target_arch = "aarch64")]
const SIGNATURE: u32 = 0xd428_bc00;

/// Size of the area that it registers (linux/rseq.h, the original `struct rseq`).
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
const SIZE: usize = 32;
/// `RSEQ_FLAG_UNREGISTER`
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
const UNREGISTER: i32 = 1;

/// Makes the calling thread, and those that it will start, leave for good. No error if it had not
/// joined.
///
/// # Errors
/// `ENOSYS` on other processors than x86-64 and arm64; `EINVAL` or `EPERM` if the C library
/// registered in a way that is not known here.
pub(crate) fn leave() -> nix::Result<()> {
    let Some(area) = area()?.filter(|_| is_joined()) else {
        return Ok(());
    };
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    {
        // SAFETY: the kernel only stops writing to the area; the arguments are plain words.
        let result = unsafe { libc::syscall(libc::SYS_rseq, area, SIZE, UNREGISTER, SIGNATURE) };
        Errno::result(result).map(drop)
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        let _ = area;
        Err(Errno::ENOSYS)
    }
}

/// Whether the calling thread takes part, by the CPU number that the kernel keeps in its area.
pub(crate) fn is_joined() -> bool {
    /// Offset of `cpu_id` in `struct rseq`; negative while it is not registered.
    const CPU_ID: usize = 4;
    match area() {
        // SAFETY: the C library reserves the area for as long as the thread lives.
        Ok(Some(area)) => unsafe { ((area + CPU_ID) as *const i32).read_volatile() >= 0 },
        _ => false,
    }
}

/// Address of the calling thread's area; `None` if the C library has none. It gives the offset
/// from the thread pointer in `__rseq_offset` from glibc 2.35 on; older ones and others lack that,
/// so the reference is a weak one.
#[cfg(target_arch = "x86_64")]
fn area() -> nix::Result<Option<usize>> {
    let (offset, thread): (*const isize, usize);
    // SAFETY: reads the symbol's address from the global offset table, and the thread pointer,
    // which the ABI keeps at %fs:0.
    unsafe {
        asm!(
            ".weak __rseq_offset",
            "mov {offset}, qword ptr [rip + __rseq_offset@GOTPCREL]",
            "mov {thread}, qword ptr fs:[0]",
            offset = out(reg) offset,
            thread = out(reg) thread,
            options(nostack, preserves_flags, readonly),
        );
    }
    Ok(area_at(offset, thread))
}

/// As above.
#[cfg(target_arch = "aarch64")]
fn area() -> nix::Result<Option<usize>> {
    let (offset, thread): (*const isize, usize);
    // SAFETY: as above; the thread pointer is in TPIDR_EL0.
    unsafe {
        asm!(
            ".weak __rseq_offset",
            "adrp {offset}, :got:__rseq_offset",
            "ldr {offset}, [{offset}, :got_lo12:__rseq_offset]",
            "mrs {thread}, tpidr_el0",
            offset = out(reg) offset,
            thread = out(reg) thread,
            options(nostack, preserves_flags, readonly),
        );
    }
    Ok(area_at(offset, thread))
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn area() -> nix::Result<Option<usize>> {
    Err(Errno::ENOSYS)
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn area_at(offset: *const isize, thread: usize) -> Option<usize> {
    // SAFETY: null, or the C library's constant of that name (sys/rseq.h).
    let offset = unsafe { offset.as_ref() }?;
    (*offset != 0).then(|| thread.wrapping_add_signed(*offset))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_leaves_for_itself_alone() {
        let joined = is_joined();
        thread::spawn(move || {
            leave().unwrap();
            assert!(!is_joined());
            leave().unwrap();
        })
        .join()
        .unwrap();
        assert_eq!(is_joined(), joined);
    }
}
