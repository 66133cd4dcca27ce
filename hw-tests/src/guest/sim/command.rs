//! `irqlink source add sim` and `remove`.

use crate::board::*;
use crate::command::{ended, irqlink, json};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    trials!("sim":
        the_command_adds_and_removes,
    )
}

fn the_command_adds_and_removes() -> Outcome {
    let added = json(&irqlink(&[
        "source",
        "add",
        "sim",
        "--period",
        "2ms",
        "--burst",
        "2",
        "--payload",
        "0x2a",
        "--count",
        "5",
        "--name",
        "heart.1",
        "--json",
    ])?)?;
    ensure!(
        added["name"] == "heart.1" && added["mode"] == "free",
        "added {added}"
    );
    let watch = irqlink(&[
        "watch", "heart.1", "-n", "5", "--from", "oldest", "-F", "%s %p%F",
    ])?;
    let lines = String::from_utf8_lossy(&watch.stdout);
    let expected = "1 0x2a 0x0\n2 0x2a 0x0\n3 0x2a 0x1\n4 0x2a 0x1\n5 0x2a 0x2\n";
    ensure!(lines == expected, "watched {watch:?}");

    let again = [
        "source", "add", "sim", "--period", "1ms", "--name", "heart.1",
    ];
    ended(&irqlink(&again)?, 1, &["the name is taken"])?;
    let remove = ["source", "remove", "heart.1"];
    ended(&irqlink(&remove)?, 0, &[])?;
    ended(&irqlink(&remove)?, 4, &["heart.1", SOURCE])?;
    ended(&irqlink(&["source", "remove", SOURCE])?, 5, &["unbind"])
}
