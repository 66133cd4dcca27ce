//! Bursts and rates.

use super::grid::{Cell, Style, align};
use crate::figure::{Scale, grouped, short};
use crate::report::{Basis, Burst, Step, Throughput};

/// Bursts: a row a path, a column a length.
pub fn bursts(bursts: &[Burst], style: Style) -> String {
    let mut rows: Vec<&Burst> = bursts.iter().collect();
    let key = |row: &'_ Burst| (row.basis().order(), row.path.clone(), row.length);
    rows.sort_by_key(|row| key(row));
    by_basis(&rows, Burst::basis, |rows, all| {
        burst_section(rows, all, style)
    })
}

/// A section for all rows, in order, that rest on the same; it is given all bases, too.
fn by_basis<T>(
    rows: &[&T],
    basis: fn(&T) -> Basis,
    section: impl Fn(&[&T], &[Basis]) -> String,
) -> String {
    let all: Vec<_> = rows.iter().map(|row| basis(row)).collect();
    let alike = rows.chunk_by(|a, b| basis(a) == basis(b));
    alike.map(|rows| section(rows, &all)).collect()
}

fn burst_section(rows: &[&Burst], all: &[Basis], style: Style) -> String {
    let mut lengths: Vec<u32> = rows.iter().map(|row| row.length).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let costs = rows.iter().map(|row| row.delivery());
    let scale = Scale::of_least(rows[0].measure, costs);
    let apart = rows[0].basis().apart(all);
    let title = format!("cost per event{apart} ({}), burst of", scale.unit);
    let mut lines: Vec<Vec<Cell>> = vec![vec![title.into()]];
    lines[0].extend(
        lengths
            .iter()
            .map(|length| grouped((*length).into()).into()),
    );
    for path in rows.chunk_by(|a, b| a.path == b.path) {
        let mut line: Vec<Cell> = vec![format!("  {}", path[0].path).into()];
        line.extend(lengths.iter().map(|length| {
            let row = path.iter().find(|row| row.length == *length);
            row.map_or("-".into(), |row| burst_cell(row, &scale))
        }));
        lines.push(line);
    }
    let lost: u64 = rows.iter().map(|row| row.lost).sum();
    let lost = match lost {
        0 => String::new(),
        lost => format!("{} events were lost\n", grouped(lost)),
    };
    format!("\n{}{lost}", align(&lines, style))
}

/// What was lost was not handled: that cost is too low.
fn burst_cell(row: &Burst, scale: &Scale) -> Cell {
    let text = scale.show(row.delivery().round() as u64);
    match row.lost {
        0 => text.into(),
        _ => Cell::doubtful(text),
    }
}

/// Rates: a row a path and number of consumers.
pub fn throughput(all: &[Throughput], style: Style) -> String {
    let mut rows: Vec<&Throughput> = all.iter().collect();
    rows.sort_by_key(|row| (row.basis().order(), row.key()));
    by_basis(&rows, Throughput::basis, |rows, all| {
        rate_section(rows, all, style)
    })
}

fn rate_section(rows: &[&Throughput], all: &[Basis], style: Style) -> String {
    let costs = rows.iter().filter_map(|row| row.cost);
    let scale = Scale::of_least(rows[0].measure, costs);
    let mut lines: Vec<Vec<Cell>> = vec![vec![
        format!("{}{}", rows[0].measure.rate(), rows[0].basis().apart(all)).into(),
        "consumers".into(),
        "batch".into(),
        "sustained".into(),
        format!("cost ({})", scale.unit).into(),
        "offered".into(),
        "raised".into(),
        "received".into(),
        "lost".into(),
    ]];
    for row in rows {
        let mut line: Vec<Cell> = vec![
            format!("  {}", row.path).into(),
            row.consumers.to_string().into(),
            row.batch
                .map_or("-".into(), |batch| batch.to_string())
                .into(),
        ];
        let sustained = row.sustained().map(|step| short(step.raised));
        let cost = row.cost.map(|cost| scale.show(cost.round() as u64));
        let cells = [sustained, cost].into_iter();
        line.extend(cells.map(|cell| cell.unwrap_or_else(|| "-".into()).into()));
        line.extend(row.fastest().map_or(["-"; 4].map(Cell::from), fastest));
        lines.push(line);
    }
    format!("\n{}", align(&lines, style))
}

fn fastest(step: &Step) -> [Cell; 4] {
    let lost = format!("{:.1} %", 100.0 * step.lost);
    [
        short(step.offered),
        short(step.raised),
        short(step.received),
        lost,
    ]
    .map(Cell::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Accel;
    use crate::measure::Measure;
    use crate::report::Quantiles;

    fn burst(path: &str, length: u32, cost: f64) -> Burst {
        Burst {
            path: path.into(),
            measure: Measure::PathLength,
            unit: Measure::PathLength.unit(),
            accel: Accel::Tcg,
            run: 0,
            length,
            events: 1000,
            received: 1000,
            lost: 0,
            cost,
            cost_without: 1000.0,
            duration: Quantiles::default(),
        }
    }

    #[test]
    fn bursts_stand_side_by_side() {
        let bursts_of = [
            burst("netlink", 256, 1_580.0),
            burst("netlink", 1, 9_000.0),
            burst("read", 1, 6_000.0),
        ];
        let expected = "
cost per event (instructions), burst of      1  256
  netlink                                8,000  580
  read                                   5,000    -
";
        assert_eq!(bursts(&bursts_of, Style::PLAIN), expected);
    }

    #[test]
    fn the_least_cost_can_be_read() {
        let time = |path, length, cost| Burst {
            measure: Measure::Time,
            ..burst(path, length, cost)
        };
        let all = [time("netlink", 1, 21_000.0), time("read", 1024, 1_040.0)];
        let text = bursts(&all, Style::PLAIN);
        assert!(
            text.contains("(ns)") && text.contains("20,000") && text.contains(" 40"),
            "{text}"
        );
    }

    #[test]
    fn rates_tell_what_was_sustained_and_what_was_not() {
        let step = |offered, lost| Step {
            offered,
            raised: offered,
            received: offered * (1.0 - lost),
            lost,
        };
        let row = Throughput {
            path: "read".into(),
            measure: Measure::PathLength,
            unit: Measure::PathLength.unit(),
            accel: Accel::Tcg,
            run: 0,
            consumers: 4,
            batch: Some(32),
            steps: vec![step(64_000.0, 0.0), step(128_000.0, 0.25)],
            cost: Some(900.0),
        };
        let expected = "
events in 10^9 instructions  consumers  batch  sustained  cost (instructions)  offered  raised  received    lost
  read                               4     32     64.0 k                  900    128 k   128 k    96.0 k  25.0 %
";
        assert_eq!(throughput(&[row], Style::PLAIN), expected);
    }
}
