//! Idle states and frequency of a CPU (Documentation/admin-guide/pm/cpuidle.rst, cpufreq.rst).

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::text;

const CPUS: &str = "/sys/devices/system/cpu";

/// How a CPU saves power. `None` is what the system does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Power {
    /// The CPU.
    pub cpu: usize,
    /// Driver of idle states.
    pub idle_driver: Option<String>,
    /// Governor of idle states.
    pub idle_governor: Option<String>,
    /// Idle states, the lightest first.
    pub idle_states: Vec<IdleState>,
    /// Driver of the frequency.
    pub frequency_driver: Option<String>,
    /// Lowest and highest frequency, in kHz.
    pub frequency_khz: Option<(u64, u64)>,
    /// Frequencies beyond the highest are allowed.
    pub boost: Option<bool>,
}

/// A state in which an idle CPU rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleState {
    /// Its name.
    pub name: String,
    /// How long it takes to leave, in us.
    pub exit_us: u64,
    /// It is not used.
    pub disabled: bool,
}

impl Power {
    /// Reads that of the CPU of that number.
    pub fn read(cpu: usize) -> Self {
        Self::of(Path::new(CPUS), cpu)
    }

    fn of(cpus: &Path, cpu: usize) -> Self {
        let number = |path: &str| text(cpus.join(path))?.parse::<u64>().ok();
        let turbo_off = number("intel_pstate/no_turbo").map(|off| off == 0);
        let frequency = |end| number(&format!("cpu{cpu}/cpufreq/scaling_{end}_freq"));
        let own = cpus.join(format!("cpu{cpu}"));
        Power {
            cpu,
            idle_driver: text(cpus.join("cpuidle/current_driver")),
            idle_governor: text(cpus.join("cpuidle/current_governor"))
                .or_else(|| text(cpus.join("cpuidle/current_governor_ro"))),
            idle_states: idle_states(&own.join("cpuidle")),
            frequency_driver: text(own.join("cpufreq/scaling_driver")),
            frequency_khz: frequency("min").zip(frequency("max")),
            boost: number("cpufreq/boost").map(|on| on == 1).or(turbo_off),
        }
    }
}

/// Governor of the frequency of the CPU of that number.
pub fn governor(cpu: usize) -> Option<String> {
    text(format!("{CPUS}/cpu{cpu}/cpufreq/scaling_governor"))
}

fn idle_states(folder: &Path) -> Vec<IdleState> {
    let state = |number: usize| {
        let state = folder.join(format!("state{number}"));
        Some(IdleState {
            name: text(state.join("name"))?,
            exit_us: text(state.join("latency"))?.parse().ok()?,
            disabled: text(state.join("disable")).as_deref() != Some("0"),
        })
    };
    (0..).map_while(state).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_the_system_tells_is_read() {
        let folder = tempfile::tempdir().unwrap();
        for (file, value) in [
            ("cpuidle/current_driver", "intel_idle"),
            ("cpuidle/current_governor_ro", "menu"),
            ("cpu2/cpuidle/state0/name", "POLL"),
            ("cpu2/cpuidle/state0/latency", "0"),
            ("cpu2/cpuidle/state0/disable", "0"),
            ("cpu2/cpuidle/state1/name", "C6"),
            ("cpu2/cpuidle/state1/latency", "133"),
            ("cpu2/cpuidle/state1/disable", "1"),
            ("cpu2/cpufreq/scaling_min_freq", "800000"),
            ("cpu2/cpufreq/scaling_max_freq", "4200000"),
            ("cpu0/cpufreq/scaling_max_freq", "1000000"),
            ("intel_pstate/no_turbo", "1"),
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{value}\n")).unwrap();
        }
        let state = |name: &str, exit_us, disabled| IdleState {
            name: name.into(),
            exit_us,
            disabled,
        };
        let expected = Power {
            cpu: 2,
            idle_driver: Some("intel_idle".into()),
            idle_governor: Some("menu".into()),
            idle_states: vec![state("POLL", 0, false), state("C6", 133, true)],
            frequency_driver: None,
            frequency_khz: Some((800_000, 4_200_000)),
            boost: Some(false),
        };
        assert_eq!(Power::of(folder.path(), 2), expected);
    }

    #[test]
    fn a_system_that_tells_nothing_is_no_error() {
        assert_eq!(Power::of(Path::new("/nonexistent"), 0), Power::default());
    }
}
