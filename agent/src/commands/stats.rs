//! `irqlink stats`

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::Args;
use irqlink::{Consumer, ConsumerKind, Control, Source};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::Outcome;
use crate::output::{Style, Table, guard};

/// Show the ledger of each source: what was raised, and what each consumer got of it.
#[derive(Debug, Args)]
pub struct Stats {
    /// Only this source
    source: Option<String>,
    /// Print JSON: an array of sources, each with its consumers; null where only they know
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Ledger {
    #[serde(flatten)]
    source: Source,
    #[serde(serialize_with = "objects")]
    consumers: Vec<Consumer>,
}

/// As objects, null where the kernel knows no number.
fn objects<S: Serializer>(consumers: &[Consumer], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(consumers.iter().map(object))
}

fn object(consumer: &Consumer) -> Value {
    let mut object = json!(consumer);
    if !is_known(consumer) {
        for count in ["delivered", "lost", "pending"] {
            object[count] = Value::Null;
        }
    }
    object
}

/// What a mapping was read for, only its reader knows.
fn is_known(consumer: &Consumer) -> bool {
    consumer.kind != ConsumerKind::Ring
}

impl Stats {
    pub fn run(self) -> Outcome {
        let ledgers = self.read()?;
        let mut output = stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut output, &ledgers)?;
            writeln!(output)?;
            return Ok(ExitCode::SUCCESS);
        }
        let style = Style::detect();
        for ledger in &ledgers {
            let source = &ledger.source;
            let log = match source.raised {
                0 => "empty".to_owned(),
                raised => format!("holds {}..{raised}", source.oldest),
            };
            writeln!(
                output,
                "{}: raised {}, log {log}; {}",
                style.bold(&source.name),
                source.raised,
                guard(source)
            )?;
            if !ledger.consumers.is_empty() {
                table(&ledger.consumers).print(&mut output, style, 2)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn read(&self) -> irqlink::Result<Vec<Ledger>> {
        let mut control = Control::open()?;
        let sources = match &self.source {
            Some(name) => vec![control.source(name)?],
            None => control.sources()?,
        };
        sources
            .into_iter()
            .map(|source| {
                Ok(Ledger {
                    consumers: control.consumers(Some(source.id))?,
                    source,
                })
            })
            .collect()
    }
}

fn table(consumers: &[Consumer]) -> Table {
    let mut table = Table::new(&[
        "CONSUMER",
        "PID",
        "PORT",
        "RAISED",
        "DELIVERED",
        "LOST",
        "PENDING",
        "LATEST-LOSS",
        "NO-ROOM",
        "RETRIED",
        "REPLAYED",
    ]);
    for consumer in consumers {
        let loss = match consumer.lost {
            0 => "-".to_owned(),
            _ => format!("{}..{}", consumer.lost_first, consumer.lost_last),
        };
        let number = |number: u32| match number {
            0 => "-".to_owned(),
            number => number.to_string(),
        };
        let known = |count: u64| match is_known(consumer) {
            true => count.to_string(),
            false => "-".to_owned(),
        };
        table.row(vec![
            format!("{} {}", consumer.kind, consumer.name)
                .trim_end()
                .to_owned(),
            number(consumer.pid),
            number(consumer.port),
            consumer.raised.to_string(),
            known(consumer.delivered),
            known(consumer.lost),
            known(consumer.pending),
            loss,
            consumer.no_room.to_string(),
            consumer.retried.to_string(),
            consumer.replayed.to_string(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_of_a_mapping_is_null() {
        let mut consumer = Consumer {
            raised: 3,
            delivered: 2,
            ..Consumer::default()
        };
        assert_eq!(object(&consumer)["delivered"], 2);
        consumer.kind = ConsumerKind::Ring;
        let ring = object(&consumer);
        assert_eq!(ring["raised"], 3);
        for count in ["delivered", "lost", "pending"] {
            assert!(ring[count].is_null(), "{ring}");
        }
    }
}
