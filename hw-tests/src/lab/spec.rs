//! The netlink specification, as the kernel's own YNL tools see it.

use std::fs;
use std::path::PathBuf;

use crate::command;
use crate::error::{Context, Error, Result};
use crate::initramfs::Contents;
use crate::linux_source;
use crate::lock;
use crate::paths;
use crate::progress::Progress;
use crate::python;

/// Where the kernel's tree has specifications: the tools find the schema from there.
const SPECS: &str = "Documentation/netlink/specs";
/// Where the guest finds the tools, see [`add_client`].
const GUEST_TREE: &str = "/linux";

/// Generates the C header from kernel/irqlink.yaml anew, with the schema checked on the way, and
/// compares it with the one in the clone.
pub fn check_header(progress: Progress) -> Result<()> {
    let (linux, python) = (linux_source::find(progress)?, python::find(progress)?);
    let tree = paths::lab().join("spec");
    let _lock = lock::wait(&tree)?;
    let specs = tree.join(SPECS);
    let copy = |from: PathBuf, to: PathBuf| {
        fs::copy(&from, &to)
            .map(drop)
            .context(|| format!("cannot copy {}", from.display()))
    };
    fs::create_dir_all(&specs).context(|| format!("cannot make {}", specs.display()))?;
    let spec = specs.join("irqlink.yaml");
    copy(paths::root().join("kernel/irqlink.yaml"), spec.clone())?;
    copy(
        linux.join("Documentation/netlink/genetlink.yaml"),
        tree.join("Documentation/netlink/genetlink.yaml"),
    )?;

    // By this file the generator knows the root of a kernel's tree.
    fs::write(tree.join("MAINTAINERS"), "")
        .context(|| format!("cannot write to {}", tree.display()))?;

    let mut generate = python::command(&python);
    generate
        .arg(linux.join("tools/net/ynl/ynl-gen-c.py"))
        .args(["--mode", "uapi", "--header", "--spec"])
        .arg(&spec);
    let output = command::output(&mut generate)?;
    if !output.status.success() {
        return Err(command::failure(
            "ynl-gen-c.py on kernel/irqlink.yaml".into(),
            &output,
        ));
    }
    let generated = String::from_utf8_lossy(&output.stdout);
    let header = paths::root().join("kernel/include/uapi/irqlink_netlink.h");
    let committed =
        fs::read_to_string(&header).context(|| format!("cannot read {}", header.display()))?;
    match first_difference(&committed, &generated) {
        None => Ok(()),
        Some((number, ours, theirs)) => Err(Error::Other(format!(
            "{} is not what ynl-gen-c.py makes of kernel/irqlink.yaml. First difference, in line {number}:\n- {ours}\n+ {theirs}",
            header.display()
        ))),
    }
}

/// Puts what drives the family with YNL's cli.py into the guest.
pub fn add_client(contents: &mut Contents, progress: Progress) -> Result<()> {
    let linux = linux_source::find(progress)?;
    for tree in ["tools/net/ynl", "Documentation/netlink"] {
        contents
            .trees
            .push((linux.join(tree), format!("{GUEST_TREE}/{tree}")));
    }
    contents.trees.push((python::find(progress)?, "/".into()));
    let spec = paths::root().join("kernel/irqlink.yaml");
    contents
        .files
        .push((spec, format!("{GUEST_TREE}/{SPECS}/irqlink.yaml")));
    Ok(())
}

/// Number and both versions of the first line in which two texts differ.
fn first_difference<'a>(a: &'a str, b: &'a str) -> Option<(usize, &'a str, &'a str)> {
    let (mut a, mut b) = (a.lines(), b.lines());
    (1..).find_map(|number| match (a.next(), b.next()) {
        (None, None) => Some(None),
        (a, b) if a == b => None,
        (a, b) => Some(Some((
            number,
            a.unwrap_or("(the end)"),
            b.unwrap_or("(the end)"),
        ))),
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_shown() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
        assert_eq!(
            first_difference("a\n", "a\nc\n"),
            Some((2, "(the end)", "c"))
        );
    }
}
