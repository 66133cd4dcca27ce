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
    /// An archive to append: the kernel unpacks one after the other.
    pub overlay: Option<PathBuf>,
}

/// Writes the initramfs to `path`.
pub fn write(path: &Path, contents: &Contents, job: &Job) -> Result<()> {
    let what = || format!("cannot write {}", path.display());
    let mut out = fill(
        BufWriter::new(File::create(path).context(what)?),
        contents,
        job,
    )?;
    if let Some(overlay) = &contents.overlay {
        let mut overlay =
            File::open(overlay).context(|| format!("cannot read {}", overlay.display()))?;
        io::copy(&mut overlay, &mut out).context(what)?;
    }
    out.flush().context(what)
}

fn fill<W: Write>(out: W, contents: &Contents, job: &Job) -> Result<W> {
    let mut archive = Writer::new(out);
    let what = || "cannot write the initramfs";
    let mut folders = Vec::new();
    let mut put = |archive: &mut Writer<W>, source: &Path, path: &str| -> Result<()> {
        let path = path.trim_start_matches('/');
        make_folders(archive, &mut folders, path).context(what)?;
        let data = fs::read(source).context(|| format!("cannot read {}", source.display()))?;
        archive.program(path, &data).context(what)
    };
    put(&mut archive, &contents.init, "/init")?;
    for (dir, sources) in [
        (BIN_DIR, &contents.programs),
        (MODULE_DIR, &contents.modules),
    ] {
        for source in sources {
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            put(&mut archive, source, &format!("{dir}/{name}"))?;
        }
    }
    for (source, path) in &contents.files {
        put(&mut archive, source, path)?;
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
