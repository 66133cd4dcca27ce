//! Where things are in the clone.

use std::path::{Path, PathBuf};

/// The clone.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the clone")
}

/// The lab's own part of the build folder.
pub fn lab() -> PathBuf {
    root().join("target/lab")
}
