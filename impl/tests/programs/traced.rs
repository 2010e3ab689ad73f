//! Processes under `strace`, which records their system calls, or kills them as they enter one.
//!
//! Absent: which calls matter, which is for whoever records them.

use std::fmt;
use std::process::Command;

/// Says so where it cannot.
pub(crate) fn can_trace() -> bool {
    let trial = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    let can = trial.is_ok_and(|it| it.status.success());
    if !can {
        let is_required = std::env::var("FLE_REQUIRE_STRACE").is_ok_and(|it| it == "1");
        assert!(!is_required, "strace is missing or may not trace");
        println!("skipped: strace is missing or may not trace");
    }
    can
}

/// The n-th call of this name on the files.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) call: String,
    pub(crate) nth: usize,
    /// How many calls of any name on them come before it.
    pub(crate) before: usize,
}

impl Moment {
    /// That of one of these calls.
    pub(crate) fn of(calls: &[Call], before: usize) -> Self {
        let call = calls[before].0.clone();
        let earlier = calls[..before].iter().filter(|(name, _)| *name == call);
        let nth = 1 + earlier.count();
        Self { call, nth, before }
    }

    /// What has strace kill the process then.
    pub(crate) fn death(&self) -> String {
        format!("inject={}:signal=SIGKILL:when={}", self.call, self.nth)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.call, self.nth)
    }
}

/// The name of a system call, and its arguments.
pub(crate) type Call = (String, String);

/// What strace has recorded.
pub(crate) fn calls_in(record: &str) -> Vec<Call> {
    let call = |line: &str| {
        let (_thread, event) = line.split_once(' ')?;
        let (name, arguments) = event.trim_start().split_once('(')?;
        // Anything else is a signal, or the rest of a call.
        let is_call = name.chars().all(|it| it.is_ascii_alphanumeric());
        is_call.then(|| (name.to_owned(), arguments.to_owned()))
    };
    record.lines().filter_map(call).collect()
}
