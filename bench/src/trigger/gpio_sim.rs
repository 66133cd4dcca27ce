//! The pull of a simulated GPIO line (kernel: Documentation/admin-guide/gpio/gpio-sim.rst).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use gpio_cdev::Chip;
use irqlink::{Access, Device, Edges, GpioLine, Source};

use super::Raise;
use crate::error::{Error, Result};

/// Where the kernel lists GPIO controllers.
const CHIPS: &str = "/sys/bus/gpio/devices";

/// How long an edge takes at most to become an event.
const SETTLE: Duration = Duration::from_millis(50);

/// A simulated line, as it can be pulled.
#[derive(Debug)]
pub struct Pull {
    /// The line.
    pub line: GpioLine,
    /// File of its controller.
    pub chip: PathBuf,
    /// Offset in its controller.
    pub offset: u32,
    pull: File,
    is_up: bool,
}

impl Pull {
    /// That of a source; `None` if it is no simulated line. The source's device is the line, as in
    /// `gpiochip0:17`.
    ///
    /// # Errors
    /// The system's.
    pub fn of(source: &Source) -> Result<Option<Self>> {
        if source.driver != "irqlink_gpio" {
            return Ok(None);
        }
        let line = source.device.split_once(':');
        let Some((chip, Ok(offset))) = line.map(|(chip, offset)| (chip, offset.parse())) else {
            return Ok(None);
        };
        // Linux 6.1 does not tell the name of each controller.
        match Chip::new(Path::new("/dev").join(chip)) {
            Ok(chip) => Self::open(&chip, offset),
            Err(_) => Ok(None),
        }
    }

    fn open(chip: &Chip, offset: u32) -> Result<Option<Self>> {
        let pull = Path::new(CHIPS)
            .join(chip.name())
            .join(format!("sim_gpio{offset}/pull"));
        let Ok(text) = fs::read_to_string(&pull) else {
            return Ok(None);
        };
        let file = File::options().write(true).open(&pull).map_err(failed)?;
        Ok(Some(Pull {
            line: GpioLine::Offset {
                chip: chip.label().to_owned(),
                offset,
            },
            chip: chip.path().to_owned(),
            offset,
            pull: file,
            is_up: text.trim() == "pull-up",
        }))
    }

    /// Pulls the line up or down.
    ///
    /// # Errors
    /// The system's.
    pub fn pull(&mut self, up: bool) -> Result<()> {
        let text: &[u8] = if up { b"pull-up" } else { b"pull-down" };
        self.pull.write_all_at(text, 0).map_err(failed)?;
        self.is_up = up;
        Ok(())
    }

    /// Makes ready for an edge that counts.
    ///
    /// # Errors
    /// The system's.
    pub fn prepare(&mut self, edges: Edges) -> Result<()> {
        match edges {
            Edges::Rising if self.is_up => self.pull(false),
            Edges::Falling if !self.is_up => self.pull(true),
            _ => Ok(()),
        }
    }

    /// Makes an edge.
    ///
    /// # Errors
    /// The system's.
    #[inline]
    pub fn toggle(&mut self) -> Result<()> {
        self.pull(!self.is_up)
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::system("find or pull a simulated GPIO line")(io::Error::other(error))
}

/// Raises the events of a source whose line is simulated.
pub struct PulledSource {
    /// The line.
    pub pull: Pull,
    /// Edges that make events, found by trying.
    pub edges: Edges,
    device: Device,
}

impl PulledSource {
    /// Finds out which edges count.
    ///
    /// # Errors
    /// The system's, and [`Error::NoEdge`] if none does.
    pub fn open(name: &str, mut pull: Pull) -> Result<Self> {
        let device = Device::open(name, Access::Read)?;
        pull.pull(false)?;
        thread::sleep(SETTLE);
        let mut counts = |up| -> Result<bool> {
            let head = device.info()?.head;
            pull.pull(up)?;
            thread::sleep(SETTLE);
            Ok(device.info()?.head > head)
        };
        let edges = match (counts(true)?, counts(false)?) {
            (true, true) => Edges::Both,
            (true, false) => Edges::Rising,
            (false, true) => Edges::Falling,
            (false, false) => return Err(Error::NoEdge(name.to_owned())),
        };
        Ok(PulledSource {
            pull,
            edges,
            device,
        })
    }
}

impl Raise for PulledSource {
    fn prepare(&mut self) -> Result<()> {
        self.pull.prepare(self.edges)
    }

    fn raise(&mut self) -> Result<()> {
        self.pull.toggle()
    }

    fn head(&self) -> Result<u64> {
        Ok(self.device.info()?.head)
    }
}
