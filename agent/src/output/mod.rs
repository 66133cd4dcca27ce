//! What the commands print.

mod events;
mod style;
mod table;
mod template;

pub use events::{Layout, Printer};
pub use style::Style;
pub use table::Table;
pub use template::{SPECIFIERS, Template};
