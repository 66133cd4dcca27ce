//! The guest's file system: an initramfs with init, programs, modules and the job.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use irqlink_hw_tests::job::{BIN_DIR, JOB_PATH, Job, MODULE_DIR};

use crate::cpio::Writer;
use crate::error::{Context, Result};

/// What the guest finds.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// `irqlink-init`.
    pub init: PathBuf,
    /// Programs for [`BIN_DIR`].
    pub programs: Vec<PathBuf>,
    /// Modules for [`MODULE_DIR`].
    pub modules: Vec<PathBuf>,
    /// Other files, and where the guest finds each; executable.
    pub files: Vec<(PathBuf, String)>,
    /// Folders, and where the guest finds what is in each.
    pub trees: Vec<(PathBuf, String)>,
}

impl Contents {
    /// Every file, and where the guest finds it.
    fn list(&self) -> Result<Vec<(PathBuf, String)>> {
        let named = |dir: &'static str, sources: &[PathBuf]| {
            let name = |source: &PathBuf| {
                source
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned()
            };
            sources
                .iter()
                .map(|source| (source.clone(), format!("{dir}/{}", name(source))))
                .collect::<Vec<_>>()
        };
        let mut files = vec![(self.init.clone(), "/init".to_string())];
        files.extend(named(BIN_DIR, &self.programs));
        files.extend(named(MODULE_DIR, &self.modules));
        files.extend(self.files.iter().cloned());
        for (source, path) in &self.trees {
            walk(source, path, &mut files)?;
        }
        Ok(files)
    }
}

/// Adds the files below `dir`, which the guest finds below `path`.
fn walk(dir: &Path, path: &str, files: &mut Vec<(PathBuf, String)>) -> Result<()> {
    let what = || format!("cannot read {}", dir.display());
    for entry in fs::read_dir(dir).context(what)? {
        let source = entry.context(what)?.path();
        let path = format!(
            "{}/{}",
            path.trim_end_matches('/'),
            source.file_name().unwrap_or_default().to_string_lossy()
        );
        if source.is_dir() {
            walk(&source, &path, files)?
        } else {
            files.push((source, path))
        }
    }
    Ok(())
}

/// Writes the initramfs to `path`.
pub fn write(path: &Path, contents: &Contents, job: &Job) -> Result<()> {
    let what = || format!("cannot write {}", path.display());
    let mut out = fill(
        BufWriter::new(File::create(path).context(what)?),
        contents,
        job,
    )?;
    out.flush().context(what)
}

fn fill<W: Write>(out: W, contents: &Contents, job: &Job) -> Result<W> {
    let mut archive = Writer::new(out);
    let what = || "cannot write the initramfs";
    let mut folders = Vec::new();
    for (source, path) in contents.list()? {
        let path = path.trim_start_matches('/');
        make_folders(&mut archive, &mut folders, path).context(what)?;
        let data = fs::read(&source).context(|| format!("cannot read {}", source.display()))?;
        archive.program(path, &data).context(what)?;
    }
    make_folders(&mut archive, &mut folders, "dev/console").context(what)?;
    archive.device("dev/console", 5, 1).context(what)?;
    let job = serde_json::to_vec_pretty(job).expect("a job is JSON");
    archive
        .file(JOB_PATH.trim_start_matches('/'), &job)
        .context(what)?;
    archive.finish().context(what)
}

/// Enters the folders above `path` that are not yet there.
fn make_folders<W: Write>(
    archive: &mut Writer<W>,
    made: &mut Vec<String>,
    path: &str,
) -> io::Result<()> {
    for (end, _) in path.match_indices('/') {
        let folder = &path[..end];
        if !made.iter().any(|known| known == folder) {
            archive.directory(folder)?;
            made.push(folder.to_string());
        }
    }
    Ok(())
}
