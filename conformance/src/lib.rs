//! Holds `fle` against what others say and did: against the model, and against traces of the reference class; and logs of real runs
//! against `fle`.
//!
//! [`fle_model::trace::format`] is the language, [`engine`] speaks it. [`replay`] takes the engine through a trace and stops at the
//! first difference, [`lockstep`] takes it through everything that the model can do, [`describe`] puts what was expected and what
//! happened side by side, decoded. [`history`] asks of logs whether the engine can have done what they tell. Nothing here knows a rule
//! of the election.

pub mod describe;
pub mod engine;
pub mod history;
pub mod lockstep;
pub mod replay;
