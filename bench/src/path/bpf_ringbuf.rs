//! Baseline: a BPF program on irqlink's tracepoint, which runs in the interrupt handler.

use irqlink::abi::Record;
use irqlink::{Event, Progress};
use nix::sys::utsname::uname;

use super::number;
use super::on_mio::{Drain, OnMio};
use super::own::Own;
use crate::bpf::Interrupts;
use crate::environment;
use crate::error::{Error, Result};

const NAME: &str = "bpf-ringbuf";

pub const PATH: Own = Own {
    missing: || sleeps_in_hard_irq().or_else(|| Interrupts::of(0).err()),
    many: false,
    ..Own::new(
        NAME,
        "baseline: BPF ring buffer, filled by a program on the tracepoint: epoll_wait",
        |source| {
            let interrupts = Interrupts::of(number(source)?);
            let interrupts = interrupts.map_err(|why| Error::NotHere { path: NAME, why })?;
            Ok(Box::new(OnMio::new(interrupts)?))
        },
    )
};

/// Until 6.12 the ring buffer's lock was a spinlock, which sleeps on PREEMPT_RT (kernel: commit "bpf: Use
/// raw_spinlock_t in ringbuf").
fn sleeps_in_hard_irq() -> Option<String> {
    let name = uname().ok()?;
    let is_old = release(name.release().to_str()?)? < (6, 12);
    let is_rt = environment::preemption(name.version().to_str()?) == "rt";
    (is_old && is_rt).then(|| {
        "before Linux 6.12 BPF's ring buffer may sleep on PREEMPT_RT, so not in hard IRQ".into()
    })
}

/// Major and minor number.
fn release(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(['.', '-', '+']);
    let mut number = || numbers.next()?.parse().ok();
    Some((number()?, number()?))
}

impl Drain for Interrupts {
    #[inline]
    fn drain(&mut self, handler: &mut dyn FnMut(Event<'_>)) -> Result<Progress> {
        while let Some(copied) = self.take() {
            handler(Event::Interrupt(&Record {
                seq: copied.seq,
                time_ns: copied.time_ns,
                ..Record::default()
            }));
        }
        Ok(Progress::Drained)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_told_apart() {
        assert_eq!(release("6.12.117+deb12-rt-amd64"), Some((6, 12)));
        assert_eq!(release("6.1.0-56-amd64"), Some((6, 1)));
        assert_eq!(release("7.0-rc1"), Some((7, 0)));
    }
}
