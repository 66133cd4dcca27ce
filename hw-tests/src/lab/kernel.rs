//! The kernels that the lab boots and builds for.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::cache::Cache;
use crate::config::{self, Config};
use crate::debian_kernel;
use crate::entry::Entry;
use crate::error::{Context, Error, Result};
use crate::kernel_modules;
use crate::lab_kernel;
use crate::progress::Progress;

/// Which kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Flavour {
    /// Debian 12's kernel 6.12
    #[value(name = "stock-6.12")]
    Stock612,
    /// the same with PREEMPT_RT
    #[value(name = "rt-6.12")]
    Rt612,
    /// Debian 12's kernel 6.1
    #[value(name = "stock-6.1")]
    Stock61,
    /// the same with PREEMPT_RT
    #[value(name = "rt-6.1")]
    Rt61,
    /// 6.12 with gpio-sim, tracing, BPF, UIO and VFIO, without debugging; built on first use
    #[value(name = "lean")]
    Lean,
    /// the same with all that finds defects: KASAN, lockdep, kmemleak, KUnit, ...; built on first use
    #[value(name = "debug")]
    Debug,
    /// that of KERNEL_IMAGE and KERNEL_DIR
    #[value(skip)]
    Given,
}

impl Flavour {
    /// Those that tests are about: the one that the user gives, or all.
    pub fn tested() -> &'static [Flavour] {
        match given() {
            Some(_) => &[Flavour::Given],
            None => &[
                Flavour::Stock612,
                Flavour::Rt612,
                Flavour::Stock61,
                Flavour::Rt61,
                Flavour::Lean,
                Flavour::Debug,
            ],
        }
    }

    /// The one to show things on.
    pub fn shown() -> Flavour {
        Flavour::tested()[0]
    }

    /// Its name on the command line and in the cache.
    pub fn name(self) -> &'static str {
        match self {
            Flavour::Stock612 => "stock-6.12",
            Flavour::Rt612 => "rt-6.12",
            Flavour::Stock61 => "stock-6.1",
            Flavour::Rt61 => "rt-6.1",
            Flavour::Lean => "lean",
            Flavour::Debug => "debug",
            Flavour::Given => "KERNEL_IMAGE",
        }
    }

    fn origin(self) -> Origin {
        match self {
            Flavour::Stock612 => Origin::Debian("linux-image-6.12-amd64"),
            Flavour::Rt612 => Origin::Debian("linux-image-6.12-rt-amd64"),
            Flavour::Stock61 => Origin::Debian("linux-image-amd64"),
            Flavour::Rt61 => Origin::Debian("linux-image-rt-amd64"),
            Flavour::Lean => Origin::Source(&config::LEAN),
            Flavour::Debug => Origin::Source(&config::DEBUG),
            Flavour::Given => Origin::Given,
        }
    }
}

/// Where a kernel comes from.
enum Origin {
    /// Debian's package that leads to the newest release.
    Debian(&'static str),
    /// Its sources, with this configuration.
    Source(&'static Config),
    /// The user.
    Given,
}

/// The image and the folder to build modules with that the user gives, if so.
fn given() -> Option<(Option<OsString>, Option<OsString>)> {
    let given = (env::var_os("KERNEL_IMAGE"), env::var_os("KERNEL_DIR"));
    (given != (None, None)).then_some(given)
}

/// Where the cache has a kernel, laid out as Debian's packages are.
pub fn entry<'a>(cache: &'a Cache, release: &str) -> Entry<'a> {
    let (image, headers) = (image(release), headers(release));
    let files = [
        image,
        format!("{headers}/Makefile"),
        format!("{headers}/include/config/auto.conf"),
        format!("{headers}/Module.symvers"),
    ];
    cache.entry(
        format!("kernels/{release}"),
        &files.each_ref().map(String::as_str),
    )
}

fn image(release: &str) -> String {
    format!("boot/vmlinuz-{release}")
}

fn headers(release: &str) -> String {
    format!("usr/src/linux-headers-{release}")
}

/// A kernel, ready to boot and to build modules for.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// As `uname -r` says it.
    pub release: String,
    /// The file to boot.
    pub image: PathBuf,
    /// `KERNEL_DIR` of a module's build.
    pub headers: PathBuf,
    /// Modules of its own that the guest loads first, in this order.
    pub modules: Vec<PathBuf>,
}

impl Kernel {
    /// Finds the kernel: that of `KERNEL_IMAGE` and `KERNEL_DIR` if these are set, else in the cache,
    /// else in Debian's packages or built from the sources in them.
    pub fn find(flavour: Flavour, progress: Progress) -> Result<Kernel> {
        let name = flavour.name();
        match (given(), flavour.origin()) {
            (Some((Some(image), Some(headers))), _) => Kernel::given(image.into(), headers.into()),
            (None, Origin::Debian(meta)) => {
                let kernel = Kernel::unpacked(&debian_kernel::find(name, meta, progress)?)?;
                let modules = kernel_modules::find(&kernel.release, progress)?;
                Ok(Kernel { modules, ..kernel })
            }
            (None, Origin::Source(config)) => Kernel::unpacked(&lab_kernel::find(name, config, progress)?),
            _ => Err(Error::Other(
                "KERNEL_IMAGE and KERNEL_DIR belong together: the file to boot, and the folder to build its modules with".into(),
            )),
        }
    }

    fn given(image: PathBuf, headers: PathBuf) -> Result<Kernel> {
        fs::metadata(&image).context(|| format!("KERNEL_IMAGE={}", image.display()))?;
        let release = headers.join("include/config/kernel.release");
        let release = fs::read_to_string(&release).context(|| {
            format!(
                "KERNEL_DIR={} is no folder to build modules with: {}",
                headers.display(),
                release.display()
            )
        })?;
        Ok(Kernel {
            release: release.trim().into(),
            image,
            headers,
            modules: Vec::new(),
        })
    }

    /// Of an entry of the cache.
    fn unpacked(dir: &Path) -> Result<Kernel> {
        let dir = dir
            .canonicalize()
            .context(|| format!("cannot find {}", dir.display()))?;
        let release = dir
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Kernel {
            image: dir.join(image(&release)),
            headers: dir.join(headers(&release)),
            modules: Vec::new(),
            release,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_what_the_command_line_takes() {
        for flavour in Flavour::value_variants() {
            assert_eq!(Flavour::from_str(flavour.name(), false), Ok(*flavour));
        }
    }
}
