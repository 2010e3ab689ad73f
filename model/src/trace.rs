//! A server's life as `fle-trace/1`.

pub mod format;
