//! A search that is killed goes on where it was.

use crate::support::{OPTIONS, check_in, command, files, folder, scenario};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

/// How a process is started that goes on with the search in a folder.
type Start = fn(&Path) -> Command;

const NAME: &str = "timely-oracle";

/// The program itself. Most layers are one chunk.
fn program(store: &Path) -> Command {
    command(&[NAME], store)
}

/// This one, for [`a_search_with_many_chunks`].
fn with_many_chunks(store: &Path) -> Command {
    let this = env::current_exe().expect("it has a file");
    let mut command = Command::new(this);
    command.args(["--exact", "killed::a_search_with_many_chunks", "--ignored"]);
    command
        .env(FOLDER, store)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

const FOLDER: &str = "FLE_MODEL_STORE_OF_A_TEST";

#[test]
#[ignore = "another test starts it, to kill it"]
fn a_search_with_many_chunks() {
    let folder = env::var_os(FOLDER).expect("another test says where");
    check_in(Path::new(&folder), scenario(NAME)).expect("a store");
}

/// A process that is killed, with SIGKILL, after so long; whether it had ended before.
fn is_done_within(time: Duration, start: Start, store: &Path) -> bool {
    let mut process = start(store).spawn().expect("it runs");
    sleep(time);
    process.kill().expect("it can be killed");
    process.wait().expect("it ends").code().is_some()
}

/// How many states the manifest says that were visited.
fn visited(store: &Path) -> Option<u64> {
    let text = fs::read(store.join("fle-model-store.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&text).expect("it is whole at any moment");
    manifest["manifest"]["counts"]["visited"].as_u64()
}

/// How often the search was killed before it came to an end. Nothing of it is lost meanwhile. The
/// lives are of different lengths, a tenth of the time to a half, and become longer, so that there
/// is an end even if nothing is kept.
fn kill_until_done(start: Start, store: &Path, time: Duration) -> u32 {
    let (mut kills, mut before) = (0, None);
    while !is_done_within(time * (10 + kills * 17 % 40 + kills) / 100, start, store) {
        let now = visited(store);
        assert!(now >= before, "{now:?} after {before:?}");
        before = now;
        kills += 1;
    }
    kills
}

fn assert_survives(start: Start) {
    let in_memory = scenario(NAME).check(OPTIONS, None);
    let alone = folder();
    let begun = Instant::now();
    start(alone.path()).status().expect("it runs");
    let mut time = begun.elapsed();
    loop {
        let store = folder();
        let kills = kill_until_done(start, store.path(), time);
        let report = check_in(store.path(), scenario(NAME)).expect("a store");
        assert_eq!(report.unique_states, in_memory.unique_states);
        assert_eq!(report.generated_states, in_memory.generated_states);
        assert_eq!(report.coverage, in_memory.coverage);
        assert!(report.exhausted);
        assert_eq!(files(store.path()), files(alone.path()));
        if kills >= 4 {
            break;
        }
        // It was faster than the one before.
        time /= 2;
    }
}

#[test]
fn a_search_killed_again_and_again_comes_to_the_same_counts() {
    assert_survives(program);
}

#[test]
fn a_search_killed_among_many_chunks_comes_to_the_same_counts() {
    assert_survives(with_many_chunks);
}
