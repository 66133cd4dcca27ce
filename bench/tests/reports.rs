//! The commands that read reports: `compare` and `report`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A report of one path, on hardware.
fn report(path: &str, measure: &str, p50: u64) -> Value {
    let unit = match measure {
        "time" => "ns",
        _ => "instructions",
    };
    json!({
        "schema": 1,
        "environment": {
            "kernel": "6.12.0", "kernel_version": "#1 SMP", "arch": "x86_64", "accel": "none",
            "emulated": false, "instruction_clock": false, "preempt": "voluntary", "cpu": "a CPU",
            "cpus_online": "0-3", "cpus_isolated": "", "governor": "performance",
            "clocksource": "tsc", "clock_read": 20, "source": null, "receiver": null,
            "trigger": null, "modules": {"irqlink": "0.1.0"}, "version": "0.1.0",
            "command": ["irqlink-bench", "run"],
        },
        "results": [{
            "path": path, "measure": measure, "unit": unit, "accel": "none", "source": "edu0",
            "events": 3000, "received": 3000, "lost": 0, "min": p50 - 10, "p50": p50,
            "p90": p50 + 10, "p99": p50 + 20, "p999": p50 + 30, "max": p50 + 40,
        }],
    })
}

/// A folder with files.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Files(tempfile::tempdir().unwrap())
    }

    fn add(&self, name: &str, content: impl ToString) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content.to_string()).unwrap();
        path
    }
}

fn bench(command: &str, files: &[&Path], options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_irqlink-bench"))
        .arg(command)
        .args(files)
        .args(options)
        .output()
        .unwrap()
}

/// Its standard output, if it ended with this code and said these words.
fn ended(output: &Output, code: i32, words: &[&str]) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn reports_of_one_machine_stand_side_by_side() {
    let files = Files::new();
    let a = files.add("a.json", report("read", "time", 5_000));
    let b = files.add("b.json", report("read", "time", 4_000));
    let table = ended(&bench("compare", &[&a, &b], &[]), 0, &[]);
    let expected = "\
time (us)  p50 A    B    change  p99 A    B    change  p99.9 A    B    change
  read       5.0  4.0  ?-20.0 %    5.0  4.0  ?-19.9 %      5.0  4.0  ?-19.9 %

?: it cannot be tested whether this is more than chance; measure again and see
";
    assert_eq!(table, expected);
}

#[test]
fn a_comparison_is_also_json() {
    let files = Files::new();
    let a = files.add("a.json", report("read", "path_length", 5_000));
    let b = files.add("b.json", report("read", "path_length", 6_000));
    let text = ended(&bench("compare", &[&a, &b], &["--json"]), 0, &[]);
    let compared: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(compared["schema"], 1);
    assert_eq!(compared["unlike"], json!([]));
    let section = &compared["sections"][0];
    assert_eq!(section["unit"], "instructions");
    let p50 = json!({"name": "p50", "a": 5000.0, "b": 6000.0, "change": 0.19999999999999996,
        "is_doubtful": false, "is_same": false, "is_untested": true});
    assert_eq!(section["pairs"][0]["figures"][0], p50);
}

#[test]
fn unlike_environments_are_refused_with_what_differs_unless_forced() {
    let files = Files::new();
    let a = files.add("a.json", report("read", "time", 5_000));
    let mut other = report("read", "time", 4_000);
    other["environment"]["kernel"] = "6.1.0".into();
    other["environment"]["governor"] = "powersave".into();
    let b = files.add("b.json", other);
    let differ = [
        "kernel: 6.12.0 x86_64 | 6.1.0 x86_64",
        "governor: performance | powersave",
    ];
    let refused = bench("compare", &[&a, &b], &[]);
    let table = ended(&refused, 10, &[&differ[..], &["--force"]].concat());
    assert_eq!(table, "");
    let table = ended(&bench("compare", &[&a, &b], &["--force"]), 0, &[]);
    for words in [&differ[..], &["-20.0 %"]].concat() {
        assert!(table.contains(words), "no {words:?} in {table}");
    }
}

#[test]
fn reports_with_nothing_in_common_are_refused_even_then() {
    let files = Files::new();
    let a = files.add("a.json", report("read", "time", 5_000));
    let b = files.add("b.json", report("netlink", "path_length", 4_000));
    let refused = bench("compare", &[&a, &b], &[]);
    ended(&refused, 10, &["measure: time | path length"]);
    let words = [
        "nothing in common",
        "read in time",
        "netlink in path length",
    ];
    ended(&bench("compare", &[&a, &b], &["--force"]), 10, &words);
}

#[test]
fn what_is_no_report_is_refused_by_name() {
    let files = Files::new();
    let good = files.add("good.json", report("read", "time", 5_000));
    let mut newer = report("read", "time", 5_000);
    newer["schema"] = 2.into();
    for (name, content, words) in [
        ("empty", String::new(), "EOF"),
        ("text", "latency: low".into(), "expected value"),
        (
            "foreign",
            r#"{"results": []}"#.into(),
            "missing field `schema`",
        ),
        (
            "newer",
            newer.to_string(),
            "its schema is 2, of a newer version",
        ),
        (
            "cut",
            report("read", "time", 5_000).to_string()[..100].into(),
            "EOF",
        ),
    ] {
        let bad = files.add(name, content);
        let words = [name, "is not a report of irqlink-bench", words];
        ended(&bench("compare", &[&good, &bad], &[]), 11, &words);
        ended(&bench("report", &[&bad], &[]), 11, &words);
    }
    let missing = files.0.path().join("missing.json");
    let words = ["cannot read", "missing.json", "No such file"];
    ended(&bench("compare", &[&missing, &good], &[]), 11, &words);
}

#[test]
fn a_full_disk_is_said_and_the_table_is_printed() {
    let files = Files::new();
    let good = files.add("good.json", report("read", "time", 5_000));
    for option in ["--json", "--csv", "--html"] {
        let output = bench("report", &[&good], &[option, "/dev/full"]);
        let table = ended(&output, 11, &["cannot write /dev/full", "the disk is full"]);
        assert!(table.contains("read"), "{option}: {table}");
    }
}

#[test]
fn a_report_that_an_option_swallows_is_not_replaced() {
    let files = Files::new();
    let [a, b, c] =
        ["a.json", "b.json", "c.json"].map(|name| files.add(name, report("read", "time", 5_000)));
    let before = fs::read(&a).unwrap();
    for (command, option, rest) in [
        ("report", "--json", &[&b][..]),
        ("report", "--csv", &[&b]),
        ("compare", "--json", &[&b, &c]),
    ] {
        let options = [&a].into_iter().chain(rest.iter().copied());
        let options: Vec<_> = options.map(|path| path.to_str().unwrap()).collect();
        let output = bench(command, &[Path::new(option)], &options);
        ended(&output, 2, &["a.json is a report", "--json=-"]);
        assert_eq!(fs::read(&a).unwrap(), before);
    }
    // Any other file is replaced.
    let out = files.add("out.json", "old");
    ended(
        &bench("report", &[&a], &["--json", out.to_str().unwrap()]),
        0,
        &[],
    );
    assert!(fs::read_to_string(&out).unwrap().contains("schema"));
}
