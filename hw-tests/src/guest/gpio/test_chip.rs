//! A GPIO controller of the lab's own (hw-tests/chip), which any kernel with GPIO can have.

use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

use irqlink_hw_tests::job::MODULE_DIR;
use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};

use super::Controller;
use crate::board::wait_until;

const PARAMETERS: &str = "/sys/module/chip/parameters";

fn module() -> String {
    format!("{MODULE_DIR}/chip.ko")
}

/// The controller; it and its module leave when the test ends.
pub struct TestChip {
    levels: AtomicU8,
    path: PathBuf,
}

impl TestChip {
    /// What it is called; line n is `chip-n`.
    pub const LABEL: &str = "chip";

    /// Why there can be none on this board.
    pub fn missing() -> Option<String> {
        (!Path::new(&module()).exists()).then(|| format!("there is no {}", module()))
    }

    /// Loads the module, with these parameters.
    pub fn new(parameters: &str) -> Result<TestChip, Failed> {
        let module = File::open(module())?;
        let parameters = CString::new(parameters)?;
        finit_module(module.as_fd(), &parameters, ModuleInitFlags::empty())?;
        let mut path = None;
        wait_until("the controller has a file", || {
            for chip in gpio_cdev::chips()? {
                let chip = chip?;
                if chip.label() == TestChip::LABEL {
                    path = Some(chip.path().to_owned());
                }
            }
            Ok(path.is_some())
        })?;
        Ok(TestChip {
            levels: AtomicU8::new(0),
            path: path.ok_or("no path")?,
        })
    }

    /// Sets all lines at once, line n by bit n.
    pub fn set(&self, levels: u8) -> io::Result<()> {
        self.levels.store(levels, Ordering::Relaxed);
        fs::write(Path::new(PARAMETERS).join("levels"), levels.to_string())
    }

    /// Unloads the module.
    pub fn unload() -> Result<(), Errno> {
        delete_module(c"chip", DeleteModuleFlags::O_NONBLOCK)
    }
}

impl Controller for TestChip {
    fn label(&self) -> &str {
        TestChip::LABEL
    }

    fn path(&self) -> PathBuf {
        self.path.clone()
    }

    fn pull(&self, line: u32, up: bool) -> io::Result<()> {
        let levels = self.levels.load(Ordering::Relaxed) & !(1 << line);
        self.set(levels | (u8::from(up) << line))
    }

    fn leave(&self) -> io::Result<()> {
        fs::write(Path::new(PARAMETERS).join("leave"), "1")
    }
}

impl Drop for TestChip {
    fn drop(&mut self) {
        let _ = self.leave();
        // What is in the way is seen by the next test that loads it.
        let _ = TestChip::unload();
    }
}
