//! Where rigs are.

use std::path::PathBuf;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_the_lab_ship() {
        assert!(
            VIRTUAL
                .iter()
                .all(|name| folder().join(name).with_extension("toml").is_file())
        );
    }
}
