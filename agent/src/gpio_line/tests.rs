//! How lines are found, on a board that is only described.

use super::*;

fn chip(name: &str, label: &str, lines: &[&str]) -> Chip {
    Chip {
        name: name.to_owned(),
        label: label.to_owned(),
        lines: lines
            .iter()
            .map(|line| Some(line.to_string()).filter(|line| !line.is_empty()))
            .collect(),
    }
}

fn board() -> Vec<Chip> {
    vec![
        chip("gpiochip0", "pinctrl", &["", "", "door", "7"]),
        chip("gpiochip1", "expander", &["lamp", "", "bell"]),
        chip("gpiochip12", "expander", &["", "lamp"]),
    ]
}

fn at(chip: &str, offset: u32) -> Result<GpioLine, LineError> {
    Ok(GpioLine::Offset {
        chip: chip.to_owned(),
        offset,
    })
}

#[test]
fn a_chip_is_found_by_name_number_and_label() {
    for name in ["gpiochip0", "0", "pinctrl"] {
        assert_eq!(find(&board(), Some(name), "1"), at("pinctrl", 1), "{name}");
    }
    let error = find(&board(), Some("2"), "1").unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("chip 2;") && words.contains("gpiochip12 [expander]"),
        "{words}"
    );
}

#[test]
fn a_line_is_found_by_offset_and_by_name() {
    let board = board();
    assert_eq!(find(&board, None, "door"), at("pinctrl", 2));
    assert_eq!(find(&board, Some("0"), "door"), at("pinctrl", 2));
    // With a chip a number is an offset, without one a name.
    assert_eq!(find(&board, Some("0"), "3"), at("pinctrl", 3));
    assert_eq!(find(&board, None, "7"), at("pinctrl", 3));
}

#[test]
fn what_is_not_there_is_told() {
    let words = |chip, line| find(&board(), chip, line).unwrap_err().to_string();
    assert!(words(Some("0"), "4").contains("gpiochip0 [pinctrl] has no line 4"));
    assert!(words(Some("0"), "4").contains("0 to 3"));
    assert!(words(None, "17").contains("named 17"));
    assert!(words(Some("0"), "bell").contains("named bell"));
    let words = words(None, "lamp");
    assert!(
        words.contains("gpiochip1 offset 0, gpiochip12 offset 1"),
        "{words}"
    );
}

#[test]
fn where_chips_share_a_label_the_name_must_do() {
    let board = board();
    let bell = Ok(GpioLine::Name("bell".to_owned()));
    assert_eq!(find(&board, None, "bell"), bell);
    assert_eq!(find(&board, Some("1"), "2"), bell);
    for line in ["0", "1", "lamp"] {
        let error = find(&board, Some("1"), line).unwrap_err();
        assert!(
            matches!(error, LineError::SharedLabel { .. }),
            "{line}: {error}"
        );
    }
}
