//! Two reports side by side.

use super::grid::{Cell, Style, align};
use crate::compare::{Comparison, Figure, Pair, Section};
use crate::figure::{Scale, grouped, short};

/// The table, under what differs besides, and above what is to be known about the figures.
pub fn comparison(comparison: &Comparison, style: Style) -> String {
    let mut text = String::new();
    if !comparison.unlike.is_empty() {
        text += "The environments are not alike, which may be why figures differ (A | B):\n";
        for one in &comparison.unlike {
            text += &format!("  {one}\n");
        }
        text += "\n";
    }
    let sections = comparison.sections.iter().map(|one| section(one, style));
    text += &sections.collect::<Vec<_>>().join("\n");
    text + &notes(comparison)
}

fn section(section: &Section, style: Style) -> String {
    let figures = section.pairs.iter().flat_map(|pair| &pair.figures);
    let figures = figures.map(|figure| figure.a);
    let scale = (section.unit == section.measure.unit().name())
        .then(|| Scale::of_least(section.measure, figures));
    let unit = scale.map_or(section.unit, |scale| scale.unit);
    let mut lines: Vec<Vec<Cell>> = vec![vec![format!("{} ({unit})", section.title).into()]];
    for figure in &section.pairs[0].figures {
        let headings = [format!("{} A", figure.name), "B".into(), "change".into()];
        lines[0].extend(headings.map(Cell::from));
    }
    let columns = lines[0].len();
    for pair in &section.pairs {
        lines.push(line(pair, scale.as_ref(), columns));
    }
    align(&lines, style)
}

fn line(pair: &Pair, scale: Option<&Scale>, columns: usize) -> Vec<Cell> {
    let mut line: Vec<Cell> = vec![format!("  {}", pair.name).into()];
    let figures = pair.figures.iter();
    line.extend(figures.flat_map(|figure| cells(figure, scale)));
    line.resize(columns, "-".into());
    line
}

fn cells(figure: &Figure, scale: Option<&Scale>) -> [Cell; 3] {
    let show = |value: f64| match scale {
        Some(scale) => scale.show(value.round() as u64),
        None => short(value),
    };
    let about = match (figure.is_same, figure.is_untested) {
        (true, _) => "~",
        (false, true) => "?",
        (false, false) => "",
    };
    let change = match figure.change {
        Some(change) => format!("{about}{:+.1} %", 100.0 * change),
        None => "-".into(),
    };
    let texts = [show(figure.a), show(figure.b), change];
    match figure.is_doubtful {
        true => texts.map(Cell::doubtful),
        false => texts.map(Cell::from),
    }
}

fn notes(comparison: &Comparison) -> String {
    let pairs = || comparison.sections.iter().flat_map(|one| &one.pairs);
    let any = |is: fn(&Figure) -> bool| pairs().flat_map(|pair| &pair.figures).any(is);
    let mut notes = String::new();
    if any(|figure| figure.is_same) {
        notes += "~: so few events do not tell them apart\n";
    }
    if any(|figure| figure.is_untested) {
        notes += "?: it cannot be tested whether this is more than chance; measure again and see\n";
    }
    if any(|figure| figure.is_doubtful) {
        notes += "(in parentheses): too few events to tell; raise --num\n";
    }
    for pair in pairs().filter(|pair| pair.lost != [0; 2]) {
        let [a, b] = pair.lost.map(grouped);
        notes += &format!("events lost, which flatters {}: {a} | {b}\n", pair.name);
    }
    for (name, partial) in ["A", "B"].into_iter().zip(comparison.partial) {
        if partial {
            notes += &format!("{name} is partial: the run ended early\n");
        }
    }
    match notes.is_empty() {
        true => notes,
        false => format!("\n{notes}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Difference;
    use crate::measure::Measure;

    fn figure(name: &'static str, a: f64, b: f64) -> Figure {
        Figure {
            name,
            a,
            b,
            change: Some(b / a - 1.0),
            is_doubtful: false,
            is_same: false,
            is_untested: false,
        }
    }

    #[test]
    fn the_change_stands_beside_the_figures() {
        let paths = Pair {
            name: "netlink".into(),
            lost: [0, 2],
            figures: vec![
                figure("p50", 7_461.0, 4_980.0),
                Figure {
                    is_same: true,
                    ..figure("p99", 8_000.0, 8_080.0)
                },
                Figure {
                    is_doubtful: true,
                    ..figure("p99.9", 9_000.0, 9_000.0)
                },
            ],
        };
        let rates = Pair {
            name: "read, consumers: 4".into(),
            lost: [0; 2],
            figures: vec![Figure::new("sustained", 32_000.0, 64_000.0)],
        };
        let section = |title: &str, unit, pair| Section {
            title: title.into(),
            measure: Measure::PathLength,
            unit,
            pairs: vec![pair],
        };
        let unit = Measure::PathLength.unit().name();
        let compared = Comparison {
            schema: 1,
            partial: [false, true],
            unlike: vec![Difference {
                what: "kernel",
                a: "6.1".into(),
                b: "6.12".into(),
            }],
            sections: vec![
                section("path length", unit, paths),
                section("sustained rate", Measure::PathLength.rate(), rates),
            ],
        };
        let expected = "\
The environments are not alike, which may be why figures differ (A | B):
  kernel: 6.1 | 6.12

path length (instructions)  p50 A      B   change  p99 A      B   change  p99.9 A        B    change
  netlink                   7,461  4,980  -33.3 %  8,000  8,080  ~+1.0 %  (9,000)  (9,000)  (+0.0 %)

sustained rate (events in 10^9 instructions)  sustained A       B     change
  read, consumers: 4                               32.0 k  64.0 k  ?+100.0 %

~: so few events do not tell them apart
?: it cannot be tested whether this is more than chance; measure again and see
(in parentheses): too few events to tell; raise --num
events lost, which flatters netlink: 0 | 2
B is partial: the run ended early
";
        assert_eq!(comparison(&compared, Style::PLAIN), expected);
    }
}
