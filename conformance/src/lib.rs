//! Holds `fle` against what was recorded elsewhere: traces of the reference class and traces of our own, in `fle-trace/1`.
//!
//! [`fle_model::trace::format`] reads the format, [`engine`] speaks it, [`replay`] takes the engine through a trace and stops at the
//! first difference, [`describe`] puts what was expected and what happened side by side, decoded. Nothing here knows a rule of the
//! election.

pub mod describe;
pub mod engine;
pub mod replay;
