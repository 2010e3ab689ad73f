//! What both protocols speak of: servers and sets of them, votes, who votes, and time.

pub mod ensemble;
mod packed;
pub mod set;
pub mod setting;
pub mod vote;
