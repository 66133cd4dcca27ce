//! The board that tests run on.

use std::path::PathBuf;
use std::time::Duration;

use irqlink_hw_tests::frame::Kind;
use irqlink_hw_tests::job::Job;

use crate::accel;
use crate::device_tree;
use crate::error::Result;
use crate::guest;
use crate::kernel::{Flavour, Kernel};
use crate::paths;
use crate::progress::Progress;
use crate::qemu::{Accel, Board};
use crate::vm::{Limits, Outcome, Run};

/// How long it may take: the kernel with all that finds defects is slow, and the host may be busy.
const LIMITS: Limits = Limits {
    boot: Duration::from_secs(300),
    job: Duration::from_secs(1800),
};
/// Devices: one for the modules, one to unplug.
const EDU_DEVICES: u8 = 2;
/// Vectors of its device that is rung from outside.
const IVSHMEM_VECTORS: u16 = 8;

/// One boot of the board.
pub struct TestBoard<'a> {
    /// The kernel.
    pub flavour: Flavour,
    /// How it is executed; the fastest that this host has if `None`.
    pub accel: Option<Accel>,
    /// What is done.
    pub job: &'a Job,
    /// Modules beside irqlink's.
    pub modules: Vec<PathBuf>,
    /// What the logs are of.
    pub name: &'a str,
}

impl TestBoard<'_> {
    /// Boots, and does the job; `output` gets what it prints.
    pub fn run(&self, progress: Progress, output: &mut dyn FnMut(&[u8])) -> Result<Outcome> {
        let kernel = Kernel::find(self.flavour, progress)?;
        let mut contents = guest::contents(&kernel, self.job, progress)?;
        contents.modules.extend(self.modules.iter().cloned());
        let accel = match self.accel {
            Some(accel) => accel,
            None => accel::fastest(&kernel, &contents.init, progress)?,
        };
        let board = Board {
            image: device_tree::image(&kernel)?,
            accel,
            edu: EDU_DEVICES,
            ivshmem: IVSHMEM_VECTORS,
            ssh_port: None,
        };
        let name = format!("{}-{}-{}", self.name, self.flavour.name(), accel.name());
        let run = Run {
            board: &board,
            contents: &contents,
            job: self.job,
            logs: &paths::lab().join("test").join(name),
            limits: LIMITS,
        };
        run.go(&mut |_, _: Kind, bytes| output(bytes))
    }
}
