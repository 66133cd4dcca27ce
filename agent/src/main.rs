//! The `irqlink` command.
fn main() {}
