//! A simulated GPIO controller (the kernel's gpio-sim), whose lines the tests pull.
//!
//! Source: Documentation/admin-guide/gpio/gpio-sim.rst of the kernel.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use libtest_mimic::Failed;
use nix::mount::{MsFlags, mount};

const CONFIGFS: &str = "/sys/kernel/config";

/// A controller, removed when the test ends.
pub struct SimChip {
    config: PathBuf,
    device: PathBuf,
    /// Its label.
    pub label: String,
    /// Its name, such as `gpiochip0`.
    pub name: String,
}

impl SimChip {
    /// Why there can be none on this board.
    pub fn missing() -> Option<String> {
        if !Path::new(CONFIGFS).join("gpio-sim").exists() {
            let none: Option<&str> = None;
            // Mounted already, or not to be had: what counts is whether gpio-sim shows.
            let _ = mount(
                Some("configfs"),
                CONFIGFS,
                Some("configfs"),
                MsFlags::empty(),
                none,
            );
        }
        let is_there = Path::new(CONFIGFS).join("gpio-sim").exists();
        (!is_there).then(|| "this kernel has no gpio-sim".to_owned())
    }

    /// Makes one with that many lines; line n is called `<label>-n`.
    pub fn new(lines: u32) -> Result<SimChip, Failed> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let label = format!("lab{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        SimChip::labelled(&label, lines)
    }

    /// The same, with that label.
    pub fn labelled(label: &str, lines: u32) -> Result<SimChip, Failed> {
        let config = Path::new(CONFIGFS).join("gpio-sim").join(label);
        let bank = config.join("bank");
        fs::create_dir(&config)?;
        fs::create_dir(&bank)?;
        fs::write(bank.join("num_lines"), lines.to_string())?;
        fs::write(bank.join("label"), label)?;
        for line in 0..lines {
            let directory = bank.join(format!("line{line}"));
            fs::create_dir(&directory)?;
            fs::write(directory.join("name"), format!("{label}-{line}"))?;
        }
        fs::write(config.join("live"), "1")?;

        let read = |path: PathBuf| -> io::Result<String> {
            Ok(fs::read_to_string(path)?.trim().to_owned())
        };
        let (device, name) = (
            read(config.join("dev_name"))?,
            read(bank.join("chip_name"))?,
        );
        Ok(SimChip {
            config,
            device: Path::new("/sys/devices/platform").join(device).join(&name),
            label: label.to_owned(),
            name,
        })
    }

    /// The file of the controller, for the GPIO character device.
    pub fn path(&self) -> PathBuf {
        Path::new("/dev").join(&self.name)
    }

    /// Pulls a line up or down.
    pub fn pull(&self, line: u32, up: bool) -> io::Result<()> {
        let pull = if up { "pull-up" } else { "pull-down" };
        fs::write(self.device.join(format!("sim_gpio{line}/pull")), pull)
    }

    /// Takes the controller away.
    pub fn leave(&self) -> io::Result<()> {
        fs::write(self.config.join("live"), "0")
    }
}

impl Drop for SimChip {
    fn drop(&mut self) {
        // What is in the way is seen by the next test that makes one.
        let _ = self.leave();
        let bank = self.config.join("bank");
        for line in 0.. {
            if fs::remove_dir(bank.join(format!("line{line}"))).is_err() {
                break;
            }
        }
        let _ = fs::remove_dir(bank);
        let _ = fs::remove_dir(&self.config);
    }
}
