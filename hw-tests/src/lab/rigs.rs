//! Where rigs are.

use std::path::{Path, PathBuf};

use crate::paths;

/// Where the lab's guest has them.
pub const IN_GUEST: &str = "/rigs";

/// Those of the lab's own board.
const VIRTUAL: [&str; 5] = ["edu", "ivshmem", "gpio-sim", "gpio-sim-rising", "sim"];

/// The folder of those that ship.
pub fn folder() -> PathBuf {
    paths::root().join("hw-tests/rigs")
}

/// Options that have the tests in the guest test the lab's own.
pub fn options() -> Vec<String> {
    VIRTUAL
        .iter()
        .flat_map(|name| ["--rig".into(), format!("{IN_GUEST}/{name}.toml")])
        .collect()
}

/// The file of a rig: a path, or else the name of one that ships, as in `edu` or `rigs/edu.toml`.
pub fn find(rig: &Path) -> PathBuf {
    if rig.exists() {
        return rig.into();
    }
    let shipped = folder().join(rig.file_name().unwrap_or_default());
    [shipped.clone(), shipped.with_extension("toml")]
        .into_iter()
        .find(|path| path.is_file())
        .unwrap_or_else(|| rig.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rig_that_ships_is_found_by_its_name() {
        let shipped = folder().join("edu.toml").canonicalize().unwrap();
        for name in ["edu", "edu.toml", "rigs/edu.toml", "hw-tests/rigs/edu.toml"] {
            assert_eq!(
                find(Path::new(name)).canonicalize().unwrap(),
                shipped,
                "{name}"
            );
        }
        assert_eq!(
            find(Path::new("rigs/mine.toml")),
            Path::new("rigs/mine.toml")
        );
    }

    #[test]
    fn those_of_the_lab_ship() {
        assert!(
            VIRTUAL
                .iter()
                .all(|name| folder().join(name).with_extension("toml").is_file())
        );
    }
}
