//! What an entry of the cache consists of: its essential files and their sizes, so that damage is noticed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Its file, in the entry.
const NAME: &str = ".manifest";

/// Bytes of files, by their paths in the entry.
type Sizes = BTreeMap<String, u64>;

/// Writes down the files of a folder that has just been filled.
///
/// # Errors
/// Where one is missing or empty.
pub fn write(dir: &Path, files: &[String]) -> io::Result<()> {
    let size = |file: &String| match size(dir, file) {
        0 => Err(io::Error::other(format!("{file} is missing or empty"))),
        size => Ok((file.clone(), size)),
    };
    let sizes = files.iter().map(size).collect::<io::Result<Sizes>>()?;
    fs::write(dir.join(NAME), serde_json::to_string_pretty(&sizes)?)
}

/// The first of the files that is not as it was when the folder was filled.
///
/// A folder without a manifest was filled by a lab that wrote none: it gets one, as its files are now.
pub fn damaged<'a>(dir: &Path, files: &'a [String]) -> Option<&'a String> {
    let manifest = fs::read(dir.join(NAME)).ok();
    let sizes: Option<Sizes> = manifest.and_then(|text| serde_json::from_slice(&text).ok());
    let was = |file: &str| sizes.as_ref()?.get(file).copied();
    let is_damaged = |file: &&String| match size(dir, file) {
        0 => true,
        size => was(file).is_some_and(|was| was != size),
    };
    let damaged = files.iter().find(is_damaged);
    if sizes.is_none() && damaged.is_none() {
        // A cache that cannot be written to serves as well without one.
        let _ = write(dir, files);
    }
    damaged
}

/// Bytes of a file; 0 if it is not there.
fn size(dir: &Path, file: &str) -> u64 {
    fs::metadata(dir.join(file)).map_or(0, |meta| meta.len())
}
