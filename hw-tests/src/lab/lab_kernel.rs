//! The lab's own kernels, built from the sources that Debian packages.

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::cache::{self, Cache};
use crate::command;
use crate::config::Config;
use crate::error::{Context, Result};
use crate::kernel;
use crate::linux_source;
use crate::progress::{Phase, Progress};

/// A build takes some minutes on two CPUs; what takes longer than this hangs.
const LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// The folder of the kernel `name`: in the cache, else built. It is another one if configuration,
/// sources or compiler are others.
pub fn find(name: &str, config: &Config, progress: Progress) -> Result<PathBuf> {
    let linux = linux_source::find(progress)?;
    let compiler = command::stdout(Command::new("gcc").arg("--version"))?;
    let parts = [
        &config.text(),
        &linux_source::version(&linux)?,
        compiler.lines().next().unwrap_or_default(),
    ];
    let build = Build {
        linux: &linux,
        config,
        local_version: format!("-{}", cache::key(name, &parts)),
    };
    let release = build.release()?;
    let cache = Cache::open()?;
    let entry = kernel::entry(&cache, &release);
    if let Some(dir) = entry.find()? {
        return Ok(dir);
    }
    let phase = progress.start(&format!(
        "build the kernel {name}, once: some minutes on two CPUs"
    ));
    let dir = entry.make(|dir| build.run(dir, &release, &phase))?;
    cache.link(&format!("kernels/{name}"), &release)?;
    Ok(dir)
}

struct Build<'a> {
    linux: &'a Path,
    config: &'a Config,
    /// End of the release's name.
    local_version: String,
}

impl Build<'_> {
    /// As `uname -r` will say it.
    fn release(&self) -> Result<String> {
        let version = command::stdout(command::make(self.linux).args(["-s", "kernelversion"]))?;
        Ok(version.trim().to_string() + &self.local_version)
    }

    /// Builds into `dir`, and leaves there the image and what modules are built with.
    fn run(&self, dir: &Path, release: &str, phase: &Phase) -> Result<()> {
        let objects = dir.join("objects");
        let (boot, headers) = (dir.join("boot"), dir.join("usr/src"));
        for dir in [&objects, &boot, &headers] {
            fs::create_dir_all(dir).context(|| format!("cannot make {}", dir.display()))?;
        }
        self.configure(&objects)?;

        let jobs = thread::available_parallelism().map_or(1, NonZero::get);
        let mut make = self.make(&objects);
        make.arg(format!("-j{jobs}")).args(["bzImage", "modules"]);
        let mut steps = 0;
        command::follow(&mut make, LIMIT, &mut |line| {
            steps += 1;
            let file = line.split_whitespace().last().unwrap_or_default();
            phase.tell(&format!("{steps} steps, {file}"));
        })?;

        let headers = headers.join(format!("linux-headers-{release}"));
        let install = self.linux.join("scripts/package/install-extmod-build");
        let install = format!("{} {}", install.display(), headers.display());
        command::stdout(
            self.make(&objects)
                .arg("run-command")
                .arg(format!("KBUILD_RUN_COMMAND={install}")),
        )?;
        for (file, name) in [("arch/x86/boot/bzImage", "vmlinuz"), (".config", "config")] {
            fs::rename(objects.join(file), boot.join(format!("{name}-{release}")))
                .context(|| format!("cannot move {file}"))?;
        }
        cache::remove(&objects)
    }

    fn configure(&self, objects: &Path) -> Result<()> {
        let (fragment, made) = (objects.join("fragment"), objects.join(".config"));
        fs::write(&fragment, self.config.text())
            .context(|| format!("cannot write {}", fragment.display()))?;
        let fragment = format!("KCONFIG_ALLCONFIG={}", fragment.display());
        command::stdout(self.make(objects).arg(fragment).arg("allnoconfig"))?;
        let text = fs::read_to_string(&made);
        self.config
            .check(&text.context(|| format!("cannot read {}", made.display()))?)
    }

    fn make(&self, objects: &Path) -> Command {
        let mut make = command::make(self.linux);
        make.arg(format!("O={}", objects.display()))
            .arg(format!("LOCALVERSION={}", self.local_version))
            .args(["KBUILD_BUILD_USER=irqlink", "KBUILD_BUILD_HOST=lab"]);
        make
    }
}
