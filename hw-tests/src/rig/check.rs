//! Whether the parts of a rig fit each other.

use std::ops::Range;

use super::{File, Gpio, Limits, Source, Trigger};

/// Where something is wrong, and what.
type Wrong = (Range<usize>, String);

/// Most events of a test.
const MAX_EVENTS: u64 = 1_000_000;

/// Fails if the parts do not fit.
pub fn check(file: &File) -> Result<(), Wrong> {
    let events = *file.events.get_ref();
    if !(1..=MAX_EVENTS).contains(&events) {
        let what = format!("events must be 1 to {MAX_EVENTS}, not {events}");
        return Err((file.events.span(), what));
    }
    let (source, trigger) = (file.source.get_ref(), file.trigger.get_ref());
    fit(source, trigger).map_err(|what| (file.trigger.span(), what))?;
    limits(file.limits.get_ref(), events, trigger).map_err(|what| (file.limits.span(), what))
}

fn fit(source: &Source, trigger: &Trigger) -> Result<(), String> {
    let name = trigger.name();
    match (trigger, source) {
        (Trigger::Timer, Source::Sim(_)) | (Trigger::External, Source::Name(_) | Source::Gpio(_)) => Ok(()),
        (Trigger::Register | Trigger::Ivshmem(_), Source::Name(_)) => Ok(()),
        (Trigger::GpioSim, Source::Gpio(gpio)) => simulated(gpio),
        (Trigger::GpioOutput(output), Source::Gpio(gpio)) => {
            match gpio.chip.as_ref() == Some(&output.chip) && gpio.line == output.line {
                true => Err("a line cannot be its own output: wire another one to it".into()),
                false => Ok(()),
            }
        }
        (_, Source::Sim(_)) => Err(format!(
            "{name} makes no interrupts of a simulated source: use trigger = \"timer\""
        )),
        (Trigger::Timer, _) => Err("only a simulated source has a timer: use [source.sim], or trigger = \"external\" to listen".into()),
        (Trigger::GpioSim | Trigger::GpioOutput(_), Source::Name(name_of_source)) => Err(format!(
            "{name} makes edges of a GPIO line: describe the line in [source.gpio] in place of {name_of_source}"
        )),
        (Trigger::Register | Trigger::Ivshmem(_), Source::Gpio(_)) => Err(format!(
            "{name} makes no edges of a GPIO line: use gpio-output, gpio-sim or external"
        )),
    }
}

/// The controller is made for the test, so there is nothing to look names up in.
fn simulated(gpio: &Gpio) -> Result<(), String> {
    if gpio.chip.is_none() {
        return Err("gpio-sim makes a controller: give it a label by source.gpio.chip".into());
    }
    match gpio.line.parse() {
        Ok(0..64) => Ok(()),
        Ok(64..=u32::MAX) | Err(_) => Err(format!(
            "gpio-sim makes a controller of up to 64 lines: {} is no offset in it",
            gpio.line
        )),
    }
}

fn limits(limits: &Limits, events: u64, trigger: &Trigger) -> Result<(), String> {
    if limits.lost >= events {
        let lost = limits.lost;
        return Err(format!(
            "lost = {lost} allows all {events} events to be lost"
        ));
    }
    if limits.wait.is_zero() {
        return Err("wait = 0 gives no event time to come".into());
    }
    match (limits.min_rate, limits.max_rate) {
        (Some(min), Some(max)) if min > max => {
            return Err(format!("min-rate {min} is above max-rate {max}"));
        }
        _ => {}
    }
    if !limits.path_length.is_empty() && *trigger != Trigger::Register {
        return Err(format!(
            "path-length is measured by irqlink-bench, which raises each interrupt by the device's register: \
             it cannot with {}",
            trigger.name()
        ));
    }
    Ok(())
}
