//! irqlink
