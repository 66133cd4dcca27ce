use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use irqlink::Edges;
use proptest::prelude::*;

use super::*;

const GPIO: &str = "trigger = 'gpio-sim'\n[source.gpio]\nchip = 'rig'\nline = 5\n";

fn parse(text: &str) -> Result<Rig, RigError> {
    Rig::parse(Path::new("rigs/mine.toml"), text)
}

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rigs");
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn the_rigs_that_ship_are_rigs() {
    assert!(shipped().len() >= 5);
    for path in shipped() {
        let rig = Rig::read(&path).unwrap_or_else(|e| panic!("{e}"));
        assert!(rig.description.is_some(), "{}", path.display());
    }
}

#[test]
fn a_loopback_has_its_lines_and_limits() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rigs/example-board.toml");
    let rig = Rig::read(&path).unwrap();
    assert_eq!((rig.name.as_str(), rig.events), ("example-board", 1_000));
    let line = Gpio {
        chip: Some("pinctrl-bcm2711".into()),
        line: "17".into(),
        edge: Edges::Both,
        debounce: None,
    };
    assert_eq!(rig.source, Source::Gpio(line));
    let output = Output {
        chip: "pinctrl-bcm2711".into(),
        line: "27".into(),
    };
    assert_eq!(rig.trigger, Trigger::GpioOutput(output));
    assert_eq!(rig.limits.latency, Some(Duration::from_micros(500)));
}

#[test]
fn what_is_left_out_has_its_usual_value() {
    let rig = parse("trigger = 'register'\nsource.name = 'edu0'").unwrap();
    assert_eq!((rig.events, rig.limits), (200, Limits::default()));
    let Source::Gpio(line) = parse(GPIO).unwrap().source else {
        panic!("no line")
    };
    assert_eq!((line.edge, line.debounce), (Edges::Both, None));
}

/// Each with the line that is wrong, and words of what is.
const WRONG: &[(&str, usize, &[&str])] = &[
    ("", 1, &["missing field `source`"]),
    ("source.name = 'a'\n", 1, &["missing field `trigger`"]),
    ("source.name =\n", 1, &["string values must be quoted"]),
    (
        "trigger = 'register'\nevnts = 3\nsource.name = 'a'",
        2,
        &["unknown field `evnts`", "`events`"],
    ),
    (
        "source.name = 'a'\ntrigger = 'regster'",
        2,
        &["`regster`", "`register`"],
    ),
    (
        "trigger = 'timer'\n[source.sim]\nperiod = '2'",
        3,
        &["\"2\"", "1.5ms"],
    ),
    (
        "trigger = 'timer'\n[source.sim]\nburst = 2",
        2,
        &["missing field `period`"],
    ),
    (
        "trigger = 'external'\n[source.gpio]\nline = 1.5",
        3,
        &["offset of a line"],
    ),
    (
        "trigger = 'external'\n[source.gpio]\nline = -1",
        3,
        &["offset of a line"],
    ),
    (
        "trigger = 'external'\n[source.gpio]\nline = 1\nedge = 'up'",
        4,
        &["rising, falling or both"],
    ),
    (
        "trigger = 'external'\nsource.name = 'a'\nsource.sim = {period = '1ms'}",
        2,
        &["exactly 1"],
    ),
    (
        "trigger = 'external'\nevents = 0\nsource.name = 'a'",
        2,
        &["events must be 1"],
    ),
    (
        "source.name = 'a'\ntrigger = 'timer'",
        2,
        &["only a simulated source", "external"],
    ),
    (
        "trigger = 'register'\n[source.sim]\nperiod = '1ms'",
        1,
        &["simulated", "timer"],
    ),
    (
        "source.name = 'a'\n[trigger.gpio-output]\nchip = '0'\nline = 1",
        2,
        &["[source.gpio]"],
    ),
    (
        "trigger = 'register'\n[source.gpio]\nline = 'a'",
        1,
        &["register", "gpio-output"],
    ),
    (
        "[source.gpio]\nchip = '0'\nline = 1\n[trigger.gpio-output]\nchip = '0'\nline = 1",
        4,
        &["own output"],
    ),
    (
        "trigger = 'gpio-sim'\n[source.gpio]\nline = 1",
        1,
        &["source.gpio.chip"],
    ),
    (
        "trigger = 'gpio-sim'\n[source.gpio]\nchip = 'c'\nline = 'door'",
        1,
        &["door is no offset"],
    ),
    (
        "trigger = 'external'\nevents = 5\nsource.name = 'a'\n[limits]\nlost = 5",
        4,
        &["all 5 events"],
    ),
    (
        "trigger = 'external'\nsource.name = 'a'\n[limits]\nmin-rate = 2\nmax-rate = 1",
        3,
        &["min-rate 2 is above max-rate 1"],
    ),
    (
        "trigger = 'external'\nsource.name = 'a'\n[limits.path-length]\nread = 2",
        3,
        &["irqlink-bench"],
    ),
    (
        "trigger = 'external'\nsource.name = 'a'\n[limits]\nwait = '0s'",
        3,
        &["wait = 0"],
    ),
];

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, line, words) in WRONG {
        let error = parse(text).unwrap_err().to_string();
        let begin = format!("rigs/mine.toml:{line}: ");
        assert!(error.starts_with(&begin), "{text}\n{error}");
        assert!(
            words.iter().all(|word| error.contains(word)),
            "{text}\n{error}"
        );
        assert!(error.contains("docs/hil.md"), "{error}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Rig::read(Path::new("/nowhere/x.toml"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("/nowhere/x.toml"), "{error}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(\\PC|\n|trigger|source|=|'|\\[|\\]|gpio|\\.){0,40}") {
        let _ = parse(&text);
    }

    #[test]
    fn a_damaged_rig_is_read_or_refused(which: prop::sample::Index, at: prop::sample::Index, byte: u8) {
        let files = shipped();
        let mut text = fs::read(&files[which.index(files.len())]).unwrap();
        let at = at.index(text.len());
        text[at] = byte;
        let _ = parse(&String::from_utf8_lossy(&text));
    }

    #[test]
    fn an_unknown_key_is_refused_wherever_it_is(key in "[a-z]{3,9}x", place in 0usize..3) {
        let line = format!("{key} = 1\n");
        let text = match place {
            0 => format!("{line}{GPIO}"),
            1 => format!("{GPIO}{line}"),
            _ => format!("{GPIO}[limits]\n{line}"),
        };
        let error = parse(&text).unwrap_err().to_string();
        prop_assert!(error.contains(&format!("unknown field `{key}`")), "{}", error);
    }

    #[test]
    fn what_is_written_is_what_is_read(
        line in 0u32..64,
        edge in prop::sample::select(vec!["rising", "falling", "both"]),
        events in 1u64..1_000_000,
        wait_ms in 1u64..100_000,
        lost in 0u64..100,
    ) {
        prop_assume!(lost < events);
        let text = format!(
            "events = {events}\ntrigger = 'gpio-sim'\n[source.gpio]\nchip = 'c'\nline = {line}\nedge = '{edge}'\n\
             [limits]\nlost = {lost}\nwait = '{wait_ms}ms'\n"
        );
        let rig = parse(&text).unwrap();
        prop_assert_eq!((rig.events, rig.limits.lost), (events, lost));
        prop_assert_eq!(rig.limits.wait, Duration::from_millis(wait_ms));
        let Source::Gpio(gpio) = rig.source else { panic!("no line") };
        prop_assert_eq!(gpio.line, line.to_string());
        prop_assert_eq!(Ok(gpio.edge), edge.parse());
    }
}
