//! Holds `fle` against what others say and did: against the model, against traces of the reference
//! class, and against that class itself.
//!
//! [`fle_model::election::trace::format`] is the language, [`engine`] speaks it. [`replay`] takes
//! the engine through a trace and stops at the first difference, [`lockstep`] takes it through
//! everything that the model can do, [`describe`] puts what was expected and what happened side by
//! side, decoded. [`reference`](mod@reference) runs the real class, [`random`] makes up what
//! happens to it, and [`compare`] finds the shortest trace that shows a difference. [`history`]
//! asks of the logs of real runs whether the engine can have done what they tell; [`process`] runs
//! what writes such logs. Nothing here knows a rule of the election.

pub mod compare;
pub mod describe;
pub mod engine;
pub mod history;
pub mod lockstep;
pub mod node;
pub mod process;
pub mod random;
pub mod reference;
pub mod replay;
