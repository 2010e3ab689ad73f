//! The programs, run as a user runs them.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod check_config;
mod data_dir;
mod examples;
mod fence;
mod killed;
mod local;
mod serve;
mod support;
