//! Ctrl-C: what was begun on a board is ended in order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{Context, Result};

/// What Ctrl-C does.
#[derive(Default)]
struct Signals {
    /// It has asked for the end.
    requested: Arc<AtomicBool>,
    /// It ends the lab at once, as usual.
    at_once: Arc<AtomicBool>,
}

static SIGNALS: OnceLock<Signals> = OnceLock::new();

/// While this is there, Ctrl-C only asks for the end; a second one ends at once.
pub struct InOrder;

impl InOrder {
    /// From now on.
    pub fn begin() -> Result<InOrder> {
        if SIGNALS.get().is_none() {
            let Signals { requested, at_once } = SIGNALS.get_or_init(Signals::default);
            for signal in [SIGINT, SIGTERM, SIGHUP] {
                flag::register_conditional_default(signal, at_once.clone())
                    .and_then(|_| flag::register(signal, at_once.clone()))
                    .and_then(|_| flag::register(signal, requested.clone()))
                    .context(|| "cannot listen for Ctrl-C")?;
            }
        }
        set_at_once(false);
        Ok(InOrder)
    }
}

impl Drop for InOrder {
    fn drop(&mut self) {
        set_at_once(true);
    }
}

fn set_at_once(at_once: bool) {
    if let Some(signals) = SIGNALS.get() {
        signals.at_once.store(at_once, Ordering::Relaxed);
    }
}

/// Whether the end was asked for.
pub fn requested() -> bool {
    SIGNALS
        .get()
        .is_some_and(|signals| signals.requested.load(Ordering::Relaxed))
}
