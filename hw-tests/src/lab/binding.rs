//! The device-tree binding, as dtschema sees it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::{self, Cache};
use crate::command;
use crate::device_tree;
use crate::error::{Context, Error, Result};
use crate::lock;
use crate::paths;
use crate::progress::Progress;

/// The release of dtschema, out of PyPI.
const DTSCHEMA: &str = "dtschema==2026.9";
/// The tools in it.
const TOOLS: [&str; 4] = [
    "bin/dt-doc-validate",
    "bin/dt-extract-example",
    "bin/dt-mk-schema",
    "bin/dt-validate",
];
/// The binding, in docs/.
const BINDING: &str = "irqlink,gpio.yaml";

/// Nodes of the board's device tree: whether each keeps the binding.
const NODES: [(&str, bool); 6] = [
    ("door", true),
    ("bell", true),
    ("button", true),
    ("wrong-edge", false),
    ("wrong-label", false),
    ("wrong-debounce", false),
];

/// Checks that the binding is well formed, that its example keeps it, and that those nodes of the
/// board's device tree which do not are found out.
pub fn check(progress: Progress) -> Result<()> {
    let tools = Tools::find(progress)?;
    let docs = paths::root().join("docs");
    let work = paths::lab().join("binding");
    let _lock = lock::wait(&work)?;

    let complaints = tools.run("dt-doc-validate", |tool| {
        tool.arg("-u").arg(&docs).arg(docs.join(BINDING))
    })?;
    silent("dt-doc-validate", &complaints)?;

    let schema = work.join("schema.json");
    tools.run("dt-mk-schema", |tool| {
        tool.args(["-j", "-o"]).arg(&schema).arg(&docs)
    })?;
    let example = tools.run("dt-extract-example", |tool| tool.arg(docs.join(BINDING)))?;
    silent(
        "dt-validate",
        &tools.validate(&example, &schema, &work.join("example"))?,
    )?;

    let board = device_tree::source();
    let board =
        fs::read_to_string(&board).context(|| format!("cannot read {}", board.display()))?;
    let complaints = tools.validate(&board, &schema, &work.join("board"))?;
    for (node, is_right) in NODES {
        if complaints.contains(&format!(" {node} (irqlink,gpio): ")) == is_right {
            let expected = if is_right { "nothing" } else { "something" };
            return Err(Error::Other(format!(
                "dt-validate was to say {expected} of {node}: {complaints}"
            )));
        }
    }
    Ok(())
}

/// Fetches the tools, if need be.
pub fn fetch_tools(progress: Progress) -> Result<()> {
    Tools::find(progress).map(drop)
}

/// The tools tell what is wrong on either output, and exit with 0 all the same.
fn silent(tool: &str, complaints: &str) -> Result<()> {
    match complaints.trim() {
        "" => Ok(()),
        complaints => Err(Error::Other(format!("{tool}: {complaints}"))),
    }
}

/// dtschema, installed into a folder of the cache.
struct Tools(PathBuf);

impl Tools {
    fn find(progress: Progress) -> Result<Tools> {
        let cache = Cache::open()?;
        let entry = cache.entry(cache::key("dtschema", &[DTSCHEMA]), &TOOLS);
        if let Some(dir) = entry.find()? {
            return Ok(Tools(dir));
        }
        let dir = progress.step("fetch dtschema", || {
            entry.make(|dir| {
                let mut pip = Command::new("python3");
                pip.args(["-m", "pip", "install", "--quiet", "--target"])
                    .arg(dir)
                    .arg(DTSCHEMA);
                command::stdout(&mut pip).map(drop)
            })
        })?;
        Ok(Tools(dir))
    }

    /// Runs a tool; both of its outputs.
    fn run(
        &self,
        name: &str,
        arguments: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<String> {
        let mut tool = Command::new("python3");
        tool.env("PYTHONPATH", &self.0)
            .arg(self.0.join("bin").join(name));
        let output = command::output(arguments(&mut tool))?;
        if !output.status.success() {
            return Err(command::failure(name.into(), &output));
        }
        Ok(command::text(&output))
    }

    /// What dt-validate says of a device tree, given as source.
    fn validate(&self, source: &str, schema: &Path, stem: &Path) -> Result<String> {
        let (dts, dtb) = (stem.with_extension("dts"), stem.with_extension("dtb"));
        fs::write(&dts, source).context(|| format!("cannot write {}", dts.display()))?;
        device_tree::compile(&dts, &dtb)?;
        self.run("dt-validate", |tool| tool.arg("-s").arg(schema).arg(&dtb))
    }
}
