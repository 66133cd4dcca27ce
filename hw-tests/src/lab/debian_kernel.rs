//! Debian's kernels, out of its packages.

use std::fs;
use std::path::{Path, PathBuf};

use crate::apt::{self, Apt};
use crate::cache::Cache;
use crate::error::{Context, Error, Result};
use crate::kernel;
use crate::progress::Progress;

/// The folder of the kernel `name`, which the package `meta` leads to: in the cache, else fetched.
pub fn find(name: &str, meta: &str, progress: Progress) -> Result<PathBuf> {
    let cache = Cache::open()?;
    let link = format!("kernels/{name}");
    let release = fs::read_link(cache.path(&link)).ok();
    if let Some(release) = release.as_deref().and_then(Path::to_str)
        && let Some(dir) = kernel::entry(&cache, release).find()?
    {
        return Ok(dir);
    }
    progress.step(&format!("fetch the kernel {name}"), || {
        fetch(meta, &cache, &link)
    })
}

/// Brings the newest kernel that the package `meta` leads to into the cache, and lets `link` lead to it.
fn fetch(meta: &str, cache: &Cache, link: &str) -> Result<PathBuf> {
    let apt = Apt::update(cache)?;
    let image = newest_image(meta, &apt.depends(meta)?)?;
    let release = image.trim_start_matches("linux-image-").to_string();
    let dir = kernel::entry(cache, &release).make(|dir| unpack(&apt, &release, dir))?;
    cache.link(link, &release)?;
    Ok(dir)
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
}
