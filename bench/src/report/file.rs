//! Report files.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::{Report, Row, SCHEMA, distribution};
use crate::error::{Error, Result};
use crate::file;

/// Reads a report.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::NotAReport`].
pub fn read(path: &Path) -> Result<Report> {
    let bytes = fs::read(path).map_err(|source| Error::Unreadable {
        path: path.into(),
        source,
    })?;
    parse(&bytes).map_err(|why| Error::NotAReport {
        path: path.into(),
        why,
    })
}

/// What reports of all versions have.
#[derive(Deserialize)]
struct Version {
    schema: u64,
}

fn parse(bytes: &[u8]) -> Result<Report, String> {
    let words = |error: serde_json::Error| error.to_string();
    let Version { schema } = serde_json::from_slice(bytes).map_err(words)?;
    if schema > SCHEMA.into() {
        return Err(format!(
            "its schema is {schema}, of a newer version; this one reads {SCHEMA}"
        ));
    }
    let report: Report = serde_json::from_slice(bytes).map_err(words)?;
    if report.schema != SCHEMA {
        return Err(format!("its schema is {schema}, not {SCHEMA}"));
    }
    let of = |row: &'_ Row| [row.histogram.clone(), row.histogram_from_trigger.clone()];
    let histograms = report.results.iter().flat_map(of).flatten();
    match histograms
        .map(|text| distribution::decode(&text))
        .all(|one| one.is_some())
    {
        true => Ok(report),
        false => Err("a histogram in it is damaged".into()),
    }
}

/// Writes a report to a file, or to standard output for `-`.
///
/// # Errors
/// Those of [`file::write`].
pub fn write(report: &Report, path: &Path) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(report).expect("a report is JSON");
    text.push(b'\n');
    file::write(&text, path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::environment::tests::environment;

    fn report() -> Report {
        Report::new(environment(), Vec::new(), false)
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write(&report(), &path).unwrap();
        assert_eq!(read(&path).unwrap(), report());
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_refused(bytes: Vec<u8>) {
            prop_assert!(parse(&bytes).is_err());
        }

        #[test]
        fn a_part_of_a_report_is_refused(part in 0.0f64..1.0) {
            let text = serde_json::to_vec_pretty(&report()).unwrap();
            let length = (text.len() as f64 * part) as usize;
            prop_assert!(parse(&text[..length]).is_err());
        }
    }

    #[test]
    fn foreign_json_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("foreign");
        for text in ["", "[]", "{\"schema\": 1}", "{\"results\": [{}]}"] {
            fs::write(&path, text).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(
                error.contains("is not a report of irqlink-bench"),
                "{error}"
            );
        }
    }

    #[test]
    fn another_schema_is_refused() {
        for (text, words) in [
            (
                r#"{"schema": 2, "rows": {}}"#,
                "its schema is 2, of a newer version",
            ),
            (r#"{"schema": 1}"#, "missing field"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_report_that_is_not_there_is_named() {
        let error = read(Path::new("/nonexistent/r.json")).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("cannot read /nonexistent/r.json")
        );
    }
}
