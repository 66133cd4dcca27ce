//! The command's behaviour that does not need a device.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output};

fn irqlink(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_irqlink"))
        .args(arguments)
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn help_and_version() {
    let help = irqlink(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let text = String::from_utf8(help.stdout).unwrap();
    for word in [
        "sources",
        "watch",
        "agent",
        "stats",
        "trigger",
        "source",
        "ack",
        "doctor",
        "Exit codes",
    ] {
        assert!(text.contains(word), "{word}");
    }
    let version = String::from_utf8(irqlink(&["--version"]).stdout).unwrap();
    assert_eq!(
        version.trim(),
        concat!("irqlink ", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_is_2_and_says_what_is_wrong() {
    for (arguments, word) in [
        (&["watch"][..], "SOURCE"),
        (&["watch", "edu0", "-F", "%q"], "%q"),
        (&["watch", "edu0", "--timeout", "10"], "10s"),
        (&["watch", "edu0", "--from", "0"], "oldest"),
        (&["watch", "edu0", "--path", "pigeon"], "netlink"),
        (
            &["watch", "edu0", "--path", "read", "--rcvbuf", "1K"],
            "netlink",
        ),
        (&["agent", "--cpu", "2-1"], "0,2-4"),
        (&["agent", "--priority", "100"], "99"),
        (&["trigger", "edu0", "--interval", "soon"], "200us"),
        (&["source"], "remove"),
        (&["source", "add", "sim"], "--period"),
        (&["source", "add", "sim", "--period", "1"], "10s"),
        (&["source", "add", "gpio", "--chip", "0"], "--line"),
        (
            &["source", "add", "gpio", "--line", "1", "--edge", "up"],
            "both",
        ),
        (
            &["source", "add", "pci", "--device", "0", "--ack", "4"],
            "--status",
        ),
        (
            &["source", "add", "pci", "--device", "0", "--status", "0x2g"],
            "0x24",
        ),
        (&["source", "set", "edu0"], "--storm-limit"),
        (&["source", "set", "edu0", "--mode", "loose"], "until-ack"),
    ] {
        let output = irqlink(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            stderr(&output).contains(word),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn without_the_module_each_command_says_how_to_load_it() {
    if Path::new("/sys/module/irqlink").exists() {
        let output = irqlink(&["sources"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        return;
    }
    for arguments in [
        &["sources"][..],
        &["stats"],
        &["watch", "edu0"],
        &["watch", "edu0", "--path", "read"],
        &["trigger", "edu0"],
        &["source", "add", "sim", "--period", "1ms"],
        &["source", "remove", "sim0"],
        &["source", "set", "edu0", "--mode", "free"],
        &["ack", "edu0"],
    ] {
        let output = irqlink(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(
            stderr(&output).contains("modprobe irqlink"),
            "{}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty());
    }
    let doctor = irqlink(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(
        String::from_utf8(doctor.stdout)
            .unwrap()
            .contains("modprobe irqlink")
    );
}

#[test]
fn a_file_that_is_no_source_is_4() {
    for arguments in [
        &["trigger", "/dev/null"][..],
        &["watch", "/dev/null", "--path", "read"],
    ] {
        let output = irqlink(arguments);
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("not an irqlink source"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_message_that_cannot_be_written_changes_nothing() {
    let status = Command::new(env!("CARGO_BIN_EXE_irqlink"))
        .args(["trigger", "/dev/null"])
        .stderr(File::create("/dev/full").unwrap())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(4));
}
