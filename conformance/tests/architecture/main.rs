//! Each crate's layers, and what its modules import: no arrow climbs.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod conformance;
mod fle;
mod imports;
mod model;
mod small_crates;
