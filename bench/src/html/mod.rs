//! The report as one page: no script, nothing from elsewhere; for screens of any width, light and dark.

mod axis;
mod bursts;
mod drawing;
mod group;
mod histogram;
mod labels;
mod machine;
mod paths;
mod spectrum;
mod stages;
mod tables;
mod verdict;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::figure::Scale;
use crate::report::{Report, Stopped};
use group::Group;
use paths::Paths;

const STYLE: &str = include_str!("style.css");
/// The browser fetches nothing and runs nothing, whatever a report contains.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page.
pub fn page(report: &Report) -> String {
    let paths = Paths::of(report);
    let groups = Group::all(report);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "From the interrupt to the program" }
                style { (PreEscaped(STYLE)) }
            }
            body { main {
                h1 { "From the interrupt to the program" }
                (machine::banner(report))
                @if report.partial {
                    p.banner.partial { b { "Partial." } " The run ended early; what it had measured is here." }
                }
                @for stopped in &report.stopped { (ended(stopped, report)) }
                p.verdict { (verdict::verdict(report)) }
                (machine::machine(report))
                (skipped(report))
                @for group in &groups { (section(group, &paths)) }
                (streams(report, &paths))
            } }
        }
    };
    page.into_string()
}

/// Paths that were not to be had.
fn skipped(report: &Report) -> Markup {
    html! {
        @if !report.skipped.is_empty() {
            details.card {
                summary { "Paths not measured: " (report.skipped.len()) }
                dl { @for one in &report.skipped { div { dt { (one.path) } dd { (one.why) } } } }
            }
        }
    }
}

/// The event that ended the run.
fn ended(stopped: &Stopped, report: &Report) -> Markup {
    let scale = Scale::of(report.measure_of(stopped), stopped.above);
    html! {
        p.banner.partial {
            b { "Stopped" (report.run_name(stopped.run)) "." }
            " Event " (stopped.events.last().map_or(0, |event| event.seq)) " of " (stopped.path)
            " took " (scale.show(stopped.latency())) " " (scale.unit) ", more than " (scale.show(stopped.above)) ". "
            @if let Some(trace) = &stopped.trace { "The kernel's trace is in " code { (trace.display()) } "." }
            @if let Some(why) = &stopped.no_trace { "No trace: " (why) }
        }
    }
}

/// One group: its table, its drawings, its slowest events.
fn section(group: &Group, paths: &Paths) -> Markup {
    html! {
        section {
            h2 { (group.title) }
            (tables::figures(group, paths))
            div.figures {
                (spectrum::spectrum(group, paths))
                (histogram::histogram(group, paths))
                (stages::stages(group))
            }
            (tables::worst(group, paths))
        }
    }
}

/// Bursts and rates.
fn streams(report: &Report, paths: &Paths) -> Markup {
    html! {
        @if !report.bursts.is_empty() || !report.throughput.is_empty() {
            section {
                h2 { "Many events in a row" }
                (bursts::bursts(&report.bursts, paths))
                (tables::throughput(&report.throughput, paths))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::environment;
    use crate::measure::Measure;
    use crate::report::tests::row;

    fn report(paths: usize) -> Report {
        let path = |number| {
            row(
                &format!("path-{number}"),
                Measure::PathLength,
                4_000 + 50 * number,
            )
        };
        Report::new(environment(), (0..paths as u64).map(path).collect(), false)
    }

    #[test]
    fn the_page_refers_to_nothing_elsewhere() {
        let page = page(&report(24));
        for reference in [
            "http:", "https:", "//", "src=", "href=", "url(", "@import", "<script", "<link",
            "<iframe",
        ] {
            assert!(!page.contains(reference), "the page has {reference}");
        }
        assert!(page.contains(POLICY));
    }

    #[test]
    fn what_a_report_says_is_never_markup() {
        let mut report = report(1);
        report.results[0].path = "<script>alert(1)</script>".into();
        report.environment.command = vec!["<img src=x>".into()];
        let page = page(&report);
        assert!(
            !page.contains("<script") && !page.contains("<img"),
            "{page}"
        );
    }

    #[test]
    fn each_of_many_paths_is_named_beside_its_curve_and_has_a_line_of_its_own() {
        let report = report(24);
        let paths = Paths::of(&report);
        let classes: std::collections::BTreeSet<_> = report
            .results
            .iter()
            .map(|row| paths.class(&row.path))
            .collect();
        assert_eq!(classes.len(), 24);
        let page = page(&report);
        for row in &report.results {
            let label = format!(">{}</text>", row.path);
            assert!(page.contains(&label), "no {label}");
        }
    }

    #[test]
    fn a_partial_report_and_an_emulated_cpu_have_banners() {
        let mut report = report(1);
        report.partial = true;
        let page = page(&report);
        assert!(page.contains("Partial.") && page.contains("Emulated CPU."));
        report.partial = false;
        report.environment.emulated = false;
        let page = super::page(&report);
        assert!(!page.contains("Partial.") && !page.contains("Emulated CPU."));
    }
}
