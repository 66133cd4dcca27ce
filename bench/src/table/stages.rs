//! Where the time of each path goes.

use super::grid::{Cell, Style, align};
use crate::figure::Scale;
use crate::report::{Part, Point, Row, Section, Traced};

/// Points that a part can end with.
const ENDS: [Point; 5] = [
    Point::Irq,
    Point::Queued,
    Point::Woken,
    Point::Received,
    Point::Handled,
];

/// The medians of each path's parts; empty if none was traced.
pub fn stages(section: &Section, style: Style) -> String {
    let traced = |row: &'_ Row| Some((section.name(row), row.traced.clone()?));
    let all: Vec<_> = section.rows.iter().filter_map(traced).collect();
    let mut text = String::new();
    let whole: Vec<_> = all
        .iter()
        .filter(|(_, one)| !one.parts.is_empty())
        .collect();
    if let Some((_, first)) = whole.first() {
        let scale = Scale::of(
            section.measure(),
            first.parts.iter().map(|part| part.quantiles.p50).sum(),
        );
        let title = format!("{} until, traced ({})", section.title, scale.unit);
        let mut lines: Vec<Vec<Cell>> = vec![vec![title.into()]];
        lines[0].extend(ENDS.map(|point| point.name().into()));
        lines.extend(
            whole
                .iter()
                .map(|(name, traced)| line(name, traced, &scale)),
        );
        text += &format!("\n{}", align(&lines, style));
    }
    let mut missing: Vec<_> = all
        .iter()
        .filter_map(|(_, one)| one.missing.as_deref())
        .collect();
    missing.dedup();
    for why in missing {
        text += &format!("\nstages: {why}\n");
    }
    text
}

fn line(name: &str, traced: &Traced, scale: &Scale) -> Vec<Cell> {
    let mut cells: Vec<Cell> = vec![format!("  {name}").into()];
    cells.extend(ENDS.map(|end| {
        let part = traced.parts.iter().find(|part| part.to == end);
        let show = |part: &Part| scale.show(part.quantiles.p50);
        part.map_or("-".into(), show).into()
    }));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Measure;
    use crate::report::Quantiles;
    use crate::report::tests::row;

    #[test]
    fn a_path_that_does_not_sleep_has_fewer_stages() {
        let part = |from, to, p50| Part {
            from,
            to,
            quantiles: Quantiles {
                p50,
                ..Quantiles::default()
            },
        };
        let traced = |parts| {
            Some(Traced {
                events: 10,
                parts,
                missing: None,
            })
        };
        let mut rows = [
            row("netlink", Measure::PathLength, 7_461),
            row("spin", Measure::PathLength, 150),
        ];
        rows[0].traced = traced(vec![
            part(Point::Irq, Point::Queued, 3_000),
            part(Point::Queued, Point::Handled, 4_000),
        ]);
        rows[1].traced = traced(vec![part(Point::Irq, Point::Handled, 200)]);
        let text = stages(&Section::new(rows.to_vec(), &[]), Style::PLAIN);
        let expected = "
path length until, traced (instructions)  hard IRQ  queued  woken  received  handled
  netlink                                        -   3,000      -         -    4,000
  spin                                           -       -      -         -      200
";
        assert_eq!(text, expected);
    }

    #[test]
    fn it_is_said_why_there_are_none() {
        let mut row = row("netlink", Measure::Time, 7_461);
        row.traced = Some(Traced {
            missing: Some("no tracefs".into()),
            ..Traced::default()
        });
        let rows = [row.clone(), row];
        let text = stages(&Section::new(rows.to_vec(), &[]), Style::PLAIN);
        assert_eq!(text, "\nstages: no tracefs\n");
    }
}
