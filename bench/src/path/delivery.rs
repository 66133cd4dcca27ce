//! Where a source delivers, for as long as a path wants that.

use irqlink::{Control, Delivery, Settings};

use crate::error::Result;
use crate::say::say;

/// A source whose delivery is another for a while.
pub struct SetDelivery {
    source: u32,
    before: Delivery,
}

impl SetDelivery {
    /// Sets that of the source of that name, until this is dropped.
    ///
    /// # Errors
    /// Those of [`Control::set`].
    pub fn to(source: &str, delivery: Delivery) -> Result<Self> {
        // It may have been made again since the run began.
        let source = Control::open()?.source(source)?;
        set(source.id, delivery)?;
        Ok(SetDelivery {
            source: source.id,
            before: source.delivery,
        })
    }
}

/// Sets where a source delivers.
///
/// # Errors
/// Those of [`Control::set`].
pub fn set(source: u32, delivery: Delivery) -> Result<()> {
    let settings = Settings {
        delivery: Some(delivery),
        ..Settings::default()
    };
    Ok(Control::open()?.set(source, settings, None).map(drop)?)
}

impl Drop for SetDelivery {
    fn drop(&mut self) {
        if let Err(error) = set(self.source, self.before) {
            say(format_args!(
                "the source's delivery stays in the thread: {error}"
            ));
        }
    }
}
