//! Which accelerator this host has.

use std::path::Path;
use std::time::Duration;

use irqlink_hw_tests::job::Job;

use crate::error::{Context, Result};
use crate::initramfs::Contents;
use crate::kernel::Kernel;
use crate::progress::Progress;
use crate::qemu::{Accel, Board};
use crate::vm::{Limits, Run};

/// A guest that KVM runs is up in a second or two.
const LIMITS: Limits = Limits {
    boot: Duration::from_secs(20),
    job: Duration::from_secs(20),
};

/// KVM if a guest boots with it, else emulation. That /dev/kvm exists proves nothing.
pub fn fastest(kernel: &Kernel, init: &Path, progress: Progress) -> Result<Accel> {
    if !Path::new("/dev/kvm").exists() {
        return Ok(Accel::Tcg);
    }
    let board = Board {
        image: kernel.image.clone(),
        accel: Accel::Kvm,
        edu: 0,
        ivshmem: 0,
        ssh_port: None,
    };
    let contents = Contents {
        init: init.into(),
        ..Contents::default()
    };
    let logs = tempfile::tempdir().context(|| "cannot make a folder for a probe")?;
    let probe = Run {
        board: &board,
        contents: &contents,
        job: &Job::default(),
        logs: logs.path(),
        limits: LIMITS,
    };
    let boots = progress
        .step("see if KVM works", || probe.go(&mut |_, _, _| {}))
        .is_ok();
    Ok(if boots { Accel::Kvm } else { Accel::Tcg })
}
