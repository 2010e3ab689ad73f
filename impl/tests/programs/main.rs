//! The programs, run as a user runs them.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod check_config;
mod data_dir;
mod deployments;
mod examples;
mod fence;
mod files;
mod http;
mod killed;
mod local;
mod log;
mod output;
mod serve;
mod signals;
mod support;
mod traced;
mod watch;
