//! The kernels that the lab boots and builds for.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::apt::{self, Apt};
use crate::cache::Cache;
use crate::error::{Context, Error, Result};
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
    /// that of KERNEL_IMAGE and KERNEL_DIR
    #[value(skip)]
    Given,
}

impl Flavour {
    /// Those that tests are about: the one that the user gives, or all of Debian's.
    pub fn tested() -> &'static [Flavour] {
        match given() {
            Some(_) => &[Flavour::Given],
            None => &[
                Flavour::Stock612,
                Flavour::Rt612,
                Flavour::Stock61,
                Flavour::Rt61,
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
            Flavour::Given => "KERNEL_IMAGE",
        }
    }

    /// Debian's package that leads to the newest release.
    fn meta_package(self) -> Option<&'static str> {
        match self {
            Flavour::Stock612 => Some("linux-image-6.12-amd64"),
            Flavour::Rt612 => Some("linux-image-6.12-rt-amd64"),
            Flavour::Stock61 => Some("linux-image-amd64"),
            Flavour::Rt61 => Some("linux-image-rt-amd64"),
            Flavour::Given => None,
        }
    }
}

/// The image and the folder to build modules with that the user gives, if so.
fn given() -> Option<(Option<OsString>, Option<OsString>)> {
    let given = (env::var_os("KERNEL_IMAGE"), env::var_os("KERNEL_DIR"));
    (given != (None, None)).then_some(given)
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
}

impl Kernel {
    /// Finds the kernel: that of `KERNEL_IMAGE` and `KERNEL_DIR` if these are set, else in the cache,
    /// else in Debian's packages.
    pub fn find(flavour: Flavour, progress: Progress) -> Result<Kernel> {
        match (given(), flavour.meta_package()) {
            (Some((Some(image), Some(headers))), _) => Kernel::given(image.into(), headers.into()),
            (None, Some(meta)) => {
                let cache = Cache::open()?;
                let link = format!("kernels/{}", flavour.name());
                if !cache.path(&link).join("boot").is_dir() {
                    progress.step(&format!("fetch the kernel {}", flavour.name()), || fetch(meta, &cache, &link))?;
                }
                Kernel::unpacked(&cache.path(&link))
            }
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
        })
    }

    /// Of the unpacked Debian packages in `dir`.
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
            image: dir.join(format!("boot/vmlinuz-{release}")),
            headers: dir.join(format!("usr/src/linux-headers-{release}")),
            release,
        })
    }
}

/// Brings the newest kernel that the package `meta` leads to into the cache, and lets `link` lead to it.
fn fetch(meta: &str, cache: &Cache, link: &str) -> Result<()> {
    let apt = Apt::update(cache)?;
    let image = newest_image(meta, &apt.depends(meta)?)?;
    let release = image.trim_start_matches("linux-image-").to_string();
    cache.entry(&format!("kernels/{release}"), |dir| {
        unpack(&apt, &release, dir)
    })?;
    cache.link(link, &release)
}

fn newest_image(meta: &str, depends: &[String]) -> Result<String> {
    let image = depends.iter().find(|name| name.starts_with("linux-image-"));
    image.cloned().ok_or_else(|| Error::Packages {
        what: format!("the newest kernel of {meta}"),
        output: format!(
            "{meta} leads to no linux-image-* package, only to: {}",
            depends.join(", ")
        ),
    })
}

/// Unpacks the image and all that its modules are built with into `dir`.
fn unpack(apt: &Apt, release: &str, dir: &Path) -> Result<()> {
    let headers = format!("linux-headers-{release}");
    let mut packages = apt.depends(&headers)?;
    packages.retain(|name| name.starts_with("linux-headers-") || name.starts_with("linux-kbuild-"));
    packages.extend([headers.clone(), format!("linux-image-{release}")]);
    for deb in apt.download(&packages, dir)? {
        let is_image = deb
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("linux-image-"));
        apt::unpack(
            &deb,
            dir,
            if is_image {
                &["./boot/vmlinuz-*", "./boot/config-*"]
            } else {
                &[]
            },
        )?;
        fs::remove_file(&deb).context(|| format!("cannot remove {}", deb.display()))?;
    }
    let makefile = dir.join("usr/src").join(&headers).join("Makefile");
    let what = || format!("cannot adapt {}", makefile.display());
    let text = fs::read_to_string(&makefile).context(what)?;
    fs::write(&makefile, relocate(&text)).context(what)
}

/// Debian's headers include their common part by an absolute path, which is not where it was
/// unpacked to. A path from the Makefile itself holds wherever the cache is.
fn relocate(makefile: &str) -> String {
    makefile.replace(
        "include /usr/src/",
        "include $(dir $(lastword $(MAKEFILE_LIST)))../",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_is_found_among_the_dependencies() {
        let depends = ["linux-base", "linux-image-6.1.0-56-rt-amd64"].map(String::from);
        assert_eq!(
            newest_image("linux-image-rt-amd64", &depends).unwrap(),
            "linux-image-6.1.0-56-rt-amd64"
        );
        let none = newest_image("linux-image-6.12-amd64", &[])
            .unwrap_err()
            .to_string();
        assert!(
            none.contains("linux-image-6.12-amd64") && none.contains("KERNEL_IMAGE="),
            "{none}"
        );
    }

    #[test]
    fn the_headers_find_their_common_part_beside_them() {
        assert_eq!(
            relocate("include /usr/src/linux-headers-6.12.117+deb12-common/Makefile\n"),
            "include $(dir $(lastword $(MAKEFILE_LIST)))../linux-headers-6.12.117+deb12-common/Makefile\n"
        );
    }

    #[test]
    fn each_name_is_what_the_command_line_takes() {
        for flavour in Flavour::value_variants() {
            assert_eq!(Flavour::from_str(flavour.name(), false), Ok(*flavour));
        }
    }
}
