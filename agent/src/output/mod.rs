//! What the commands print.

mod events;
mod guard;
mod message;
mod outlet;
mod style;
mod table;
mod template;

pub use events::{Layout, Printer};
pub use guard::guard;
pub use message::say;
pub use style::Style;
pub use table::Table;
pub use template::{SPECIFIERS, Template};
