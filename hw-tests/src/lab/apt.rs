//! Debian packages, downloaded and unpacked but never installed.
//!
//! apt keeps its lists in the cache, so that they are fresh, root is not needed, and the host's
//! own lists stay as they are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::cache::Cache;
use crate::command;
use crate::error::{Context, Error, Result};
use crate::lock::{self, Lock};

/// What Debian signs its releases with.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// The part of Debian with all that is free.
const COMPONENT: &str = "main";

/// apt with its lists just updated.
pub struct Apt {
    options: Vec<String>,
    /// What the update warned about: a list that it could not fetch is no error to apt.
    warnings: String,
    /// Against other labs.
    _lock: Lock,
}

impl Apt {
    /// Fetches the lists of packages.
    pub fn update(cache: &Cache) -> Result<Apt> {
        Apt::fetch_lists(cache, "apt", &[])
    }

    /// Fetches the list of another suite of the same release, such as `backports` of `bookworm`, from
    /// where the host has the release from.
    pub fn update_other(cache: &Cache, release: &str, suite: &str) -> Result<Apt> {
        let suite = format!("{release}-{suite}");
        let uri = Apt::update(cache)?.origin(release)?;
        let name = format!("apt-{suite}");
        let sources = cache.path(&format!("{name}.list"));
        let line = format!("deb [signed-by={KEYRING}] {uri} {suite} {COMPONENT}\n");
        fs::write(&sources, line).context(|| format!("cannot write {}", sources.display()))?;
        let only = [
            format!("Dir::Etc::SourceList={}", sources.display()),
            "Dir::Etc::SourceParts=/dev/null".into(),
        ];
        Apt::fetch_lists(cache, &name, &only)
    }

    /// Keeps the state in the folder `name` of the cache.
    fn fetch_lists(cache: &Cache, name: &str, more_options: &[String]) -> Result<Apt> {
        let state = cache.path(name);
        let lock = lock::wait(&state)?;
        fs::create_dir_all(state.join("lists/partial"))
            .context(|| format!("cannot make {}", state.display()))?;
        let state = state.display();
        let options = [
            format!("Dir::State::lists={state}/lists"),
            format!("Dir::Cache={state}"),
            "Acquire::Languages=none".into(),
            "Acquire::Retries=3".into(),
            // Root's own downloads need no other user, who could not write here.
            "APT::Sandbox::User=root".into(),
        ];
        let apt = Apt {
            options: [&options, more_options].concat(),
            warnings: String::new(),
            _lock: lock,
        };
        let mut update = apt.command("apt-get");
        let output = command::output(update.args(["-qq", "update"])).map_err(not_debian)?;
        match output.status.success() {
            true => Ok(Apt {
                warnings: command::text(&output),
                ..apt
            }),
            false => Err(apt.failure("the list of packages".into(), &output)),
        }
    }

    /// Where the host has a release from.
    fn origin(&self, release: &str) -> Result<String> {
        let mut targets = self.command("apt-get");
        let output = command::output(targets.args([
            "indextargets",
            "--format",
            "$(CODENAME) $(COMPONENT) $(REPO_URI)",
            "Created-By: Packages",
        ]))?;
        let lines = String::from_utf8_lossy(&output.stdout);
        let begin = format!("{release} {COMPONENT} ");
        let mut uris = lines.lines().filter_map(|line| line.strip_prefix(&begin));
        let uri = uris.next().map(str::to_owned);
        uri.ok_or_else(|| self.failure(format!("the source of Debian's {release}"), &output))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("LC_ALL", "C");
        for option in &self.options {
            command.args(["-o", option]);
        }
        command
    }

    /// The first alternative of each dependency of `package`, in its newest version.
    pub fn depends(&self, package: &str) -> Result<Vec<String>> {
        let mut depends = self.command("apt-cache");
        let output = command::output(depends.args([
            "depends",
            "--no-recommends",
            "--no-suggests",
            "--no-conflicts",
            "--no-breaks",
            "--no-replaces",
            "--no-enhances",
            package,
        ]))?;
        match output.status.success() {
            true => Ok(parse_depends(&String::from_utf8_lossy(&output.stdout))),
            false => Err(self.failure(format!("the package {package}"), &output)),
        }
    }

    /// Downloads packages into `dir`; gives the files.
    pub fn download(&self, packages: &[String], dir: &Path) -> Result<Vec<PathBuf>> {
        let mut download = self.command("apt-get");
        let output = command::output(
            download
                .args(["-qq", "download"])
                .args(packages)
                .current_dir(dir),
        )?;
        if !output.status.success() {
            return Err(self.failure(packages.join(", "), &output));
        }
        let what = || format!("cannot list {}", dir.display());
        let files = fs::read_dir(dir)
            .context(what)?
            .map(|entry| Ok(entry?.path()));
        let mut files = files.collect::<std::io::Result<Vec<_>>>().context(what)?;
        files.retain(|file| file.extension().is_some_and(|ext| ext == "deb"));
        Ok(files)
    }

    /// Unpacks of each package the files that match its patterns into `dir`.
    pub fn unpack_parts(&self, packages: &[(&str, &[&str])], dir: &Path) -> Result<()> {
        for (package, patterns) in packages {
            for deb in self.download(&[(*package).into()], dir)? {
                unpack(&deb, dir, patterns)?;
                fs::remove_file(&deb).context(|| format!("cannot remove {}", deb.display()))?;
            }
        }
        Ok(())
    }

    fn failure(&self, what: String, output: &Output) -> Error {
        match command::failure(what.clone(), output) {
            full @ Error::DiskFull { .. } => full,
            _ => Error::Packages {
                what,
                output: [&self.warnings, &command::text(output)]
                    .map(|text| text.trim_end())
                    .join("\n"),
            },
        }
    }
}

/// Unpacks the files of `deb` that match `patterns` (all without) into `dir`.
pub fn unpack(deb: &Path, dir: &Path, patterns: &[&str]) -> Result<()> {
    let mut dpkg = Command::new("dpkg-deb");
    dpkg.arg("--fsys-tarfile")
        .arg(deb)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut dpkg = dpkg
        .spawn()
        .map_err(|e| not_debian(command::cannot_start(&dpkg, e)))?;
    let mut tar = Command::new("tar");
    tar.args(["-x", "--no-same-owner", "--wildcards", "-C"])
        .arg(dir)
        .args(patterns);
    let output = tar.stdin(dpkg.stdout.take().expect("is piped")).output();
    let output = output.map_err(|e| command::cannot_start(&tar, e))?;
    let read = dpkg
        .wait_with_output()
        .context(|| "cannot wait for dpkg-deb")?;
    let name = deb.file_name().unwrap_or_default().to_string_lossy();
    // If tar gives up, dpkg-deb dies of a signal, which is not its fault.
    match (read.status.code(), output.status.success()) {
        (Some(0), true) => Ok(()),
        (Some(1..), _) => Err(command::failure(format!("reading {name}"), &read)),
        _ => Err(command::failure(format!("unpacking {name}"), &output)),
    }
}

fn not_debian(error: Error) -> Error {
    match error {
        Error::MissingProgram { .. } => Error::NotDebian,
        other => other,
    }
}

/// Of `apt-cache depends`. `|Depends:` is an alternative to the line after it.
fn parse_depends(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut has_alternative = false;
    for line in text.lines().map(str::trim) {
        let (is_alternative, rest) = line
            .strip_prefix('|')
            .map_or((false, line), |rest| (true, rest));
        if let Some(name) = rest.strip_prefix("Depends: ") {
            if !has_alternative && !name.starts_with('<') {
                found.push(name.to_string());
            }
            has_alternative = is_alternative;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meta_package_leads_to_the_newest_kernel() {
        let text = "linux-image-6.12-amd64\n  Depends: linux-image-6.12.117+deb12-amd64\n";
        assert_eq!(parse_depends(text), ["linux-image-6.12.117+deb12-amd64"]);
    }

    #[test]
    fn of_alternatives_the_first_counts() {
        let text = "linux-headers-6.12.117+deb12-amd64\n  Depends: linux-base\n  Depends: linux-headers-6.12.117+deb12-common\n \
            |Depends: linux-image-6.12.117+deb12-amd64\n  Depends: linux-image-6.12.117+deb12-amd64-unsigned\n  \
            Depends: linux-kbuild-6.12.117+deb12\n  Depends: gcc-12\n  Depends: <virtual>\n";
        assert_eq!(
            parse_depends(text),
            [
                "linux-base",
                "linux-headers-6.12.117+deb12-common",
                "linux-image-6.12.117+deb12-amd64",
                "linux-kbuild-6.12.117+deb12",
                "gcc-12"
            ]
        );
    }

    #[test]
    fn a_package_that_is_not_there_has_no_dependencies() {
        assert!(parse_depends("").is_empty());
    }
}
