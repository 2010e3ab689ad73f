//! The crate's examples do what they say.

use crate::support::{stderr, stdout};
use std::path::Path;
use std::process::{Command, Output};

/// Runs an example, which cargo builds beside the programs.
fn example(name: &str) -> Output {
    let programs = Path::new(env!("CARGO_BIN_EXE_fle")).parent().unwrap();
    Command::new(programs.join("examples").join(name))
        .output()
        .unwrap()
}

#[test]
fn the_counter_refuses_the_past() {
    let output = example("counter");
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("has counted to 200 in epoch 2"), "{text}");
    assert!(text.contains("a write of epoch 1 is refused"), "{text}");
}

#[test]
fn the_singleton_runs_alone() {
    let output = example("singleton");
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    assert!(stdout(&output).contains("job 3 runs on server "));
}
