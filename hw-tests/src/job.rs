//! The job description: what `irqlink-init` does in the guest. It lies in the initramfs at
//! [`JOB_PATH`], as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where the guest finds its job.
pub const JOB_PATH: &str = "/job.json";
/// Where the guest finds the modules that the lab built, `<name>.ko` each.
pub const MODULE_DIR: &str = "/lib/irqlink";
/// Where the guest finds modules of the kernel itself, in the order of their names.
pub const KERNEL_MODULE_DIR: &str = "/lib/kernel";
/// The guest's directory of programs, its `PATH`.
pub const BIN_DIR: &str = "/bin";
/// Serial port on which the guest answers with frames.
pub const RESULT_PORT: &str = "/dev/ttyS1";
/// Serial port behind which the guest finds QEMU's monitor (QMP).
pub const QMP_PORT: &str = "/dev/ttyS2";
/// What QEMU calls the PCIe root port that nothing is plugged into at boot. What is shares the interrupt
/// line of the first `edu` device.
pub const SPARE_PORT: &str = "spare-port";

/// Everything that happens in one boot of the guest, in this order: load those of [`KERNEL_MODULE_DIR`] and `modules`, run `steps`,
/// stop what still runs, send `collect`, power off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Modules to load, in this order.
    #[serde(default)]
    pub modules: Vec<Module>,
    /// Environment of each step, beside `PATH`.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Commands. One that fails ends the sequence.
    pub steps: Vec<Step>,
    /// Files to send to the host at the end, by absolute path. One that is missing fails the run.
    #[serde(default)]
    pub collect: Vec<String>,
}

/// A kernel module of [`MODULE_DIR`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Name of the file without `.ko`.
    pub name: String,
    /// Parameters, as after `insmod name.ko`.
    #[serde(default)]
    pub params: String,
}

/// A command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Program, then its arguments. A name without a slash is sought in [`BIN_DIR`].
    pub argv: Vec<String>,
    /// Go on without waiting for its end. It gets SIGTERM after the last step and must then exit
    /// with status 0.
    #[serde(default)]
    pub background: bool,
    /// First stop what runs in the background.
    #[serde(default)]
    pub alone: bool,
    /// Of a background step: go on only once this text appeared in its output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<String>,
}

impl Step {
    /// A command to wait for.
    pub fn run<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Self {
        Step {
            argv: argv.into_iter().map(Into::into).collect(),
            ..Step::default()
        }
    }

    /// A command to leave running until the end of the job, once `ready` appeared in its output.
    pub fn background<S: Into<String>>(
        argv: impl IntoIterator<Item = S>,
        ready: Option<&str>,
    ) -> Self {
        Step {
            background: true,
            ready: ready.map(Into::into),
            ..Step::run(argv)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_needs_no_more_than_its_steps() {
        let job: Job = serde_json::from_str(r#"{"steps": [{"argv": ["true"]}]}"#).unwrap();
        assert_eq!(
            job,
            Job {
                steps: vec![Step::run(["true"])],
                ..Job::default()
            }
        );
    }

    #[test]
    fn a_misspelt_field_is_an_error() {
        let job = serde_json::from_str::<Job>(r#"{"steps": [], "colect": []}"#);
        assert!(job.unwrap_err().to_string().contains("colect"));
    }

    #[test]
    fn what_the_lab_writes_init_reads() {
        let job = Job {
            modules: vec![Module {
                name: "irqlink".into(),
                params: "log_records=64".into(),
            }],
            env: [("A".to_string(), "b".to_string())].into(),
            steps: vec![
                Step::background(["irqlink", "agent"], Some("ready")),
                Step::run(["irqlink", "stats"]),
            ],
            collect: vec!["/out/report.json".into()],
        };
        assert_eq!(
            serde_json::from_slice::<Job>(&serde_json::to_vec(&job).unwrap()).unwrap(),
            job
        );
    }
}
