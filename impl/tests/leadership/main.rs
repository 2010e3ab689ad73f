//! Leaders and learners in memory: what establishes a leader, what ends it, and what its lease is
//! worth.

mod establishing;
mod forgetting;
mod handing_over;
mod lasting;
mod lease;
mod support;
