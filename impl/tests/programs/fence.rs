//! Leaders that die by SIGKILL at each system call on a fenced file, which is then the old one or
//! the new one, whole.
//!
//! They are killed as the servers of `killed` are, and skipped where those are.

use crate::traced::{Call, Moment, calls_in, can_trace};
use fle::fence::{FencedFile, Holder};
use fle::{PeerEpoch, Sid};
use std::path::Path;
use std::process::Command;
use tokio::runtime::{Builder, Runtime};

/// Tells the process that is killed where the file is.
const PATH: &str = "FLE_FENCED_FILE";

/// All calls on the file are made by one thread, so that they are counted together.
fn runtime() -> Runtime {
    let mut runtime = Builder::new_current_thread();
    runtime.max_blocking_threads(1).enable_all();
    runtime.build().unwrap()
}

fn claim(epoch: i64, sid: i64) -> Holder {
    Holder {
        epoch: PeerEpoch(epoch),
        sid: Sid(sid),
    }
}

/// What is in the file, one after the other; at first there is none.
fn states() -> [Option<(Holder, &'static str)>; 7] {
    [
        None,
        Some((claim(0, 0), "0")),
        Some((claim(1, 3), "0")),
        Some((claim(1, 3), "1")),
        Some((claim(1, 3), "22")),
        Some((claim(2, 1), "22")),
        Some((claim(2, 1), "333")),
    ]
}

#[test]
#[ignore = "it is the process that the other test kills"]
fn two_leaders_write() {
    let file = FencedFile::at(std::env::var_os(PATH).unwrap());
    runtime().block_on(async {
        file.create("0").await.unwrap();
        let mut first = file.claim(PeerEpoch(1), Sid(3)).await.unwrap();
        first.write("1").await.unwrap();
        first.write("22").await.unwrap();
        let mut second = file.claim(PeerEpoch(2), Sid(1)).await.unwrap();
        second.write("333").await.unwrap();
    });
}

/// Runs that process, which may be killed; the calls that it began.
fn run(file: &Path, death: Option<&Moment>) -> Vec<Call> {
    let directory = file.parent().unwrap();
    let record = directory.join("calls");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-q", "-e", "trace=!fcntl", "-o"]);
    strace.arg(&record).arg("-P").arg(directory);
    for extension in ["", "lock", "tmp"] {
        let path = file.with_added_extension(extension);
        strace.arg("-P").arg(path);
    }
    if let Some(moment) = death {
        strace.args(["-e", &moment.death()]);
    }
    strace.arg(std::env::current_exe().unwrap());
    strace.args(["--ignored", "--exact", "fence::two_leaders_write"]);
    let output = strace.env(PATH, file).output().unwrap();
    assert_eq!(output.status.success(), death.is_none(), "{output:?}");
    calls_in(&std::fs::read_to_string(record).unwrap())
}

/// Which of the states the file is in.
async fn state(file: &FencedFile, path: &Path) -> usize {
    let found = match path.exists() {
        true => Some(file.read().await.unwrap()),
        false => None,
    };
    let is_found = |state: &Option<(Holder, &str)>| match (state, &found) {
        (Some((holder, content)), Some(it)) => (*holder, content.as_bytes()) == (it.0, &it.1),
        (None, None) => true,
        _ => false,
    };
    let state = states().iter().position(is_found);
    state.unwrap_or_else(|| panic!("{found:?}"))
}

/// A loss of power cannot be tried here: the file is synced before it takes its name, and the name
/// afterwards.
fn is_synced(calls: &[Call]) {
    let names = calls.iter().map(|(name, _)| name.as_str());
    let writes: Vec<_> = names
        .filter(|name| ["write", "fsync", "rename"].contains(name))
        .collect();
    let expected = ["write", "fsync", "rename", "fsync"].repeat(states().len() - 1);
    assert_eq!(writes, expected);
}

#[test]
fn a_leader_killed_at_any_write_leaves_the_old_file_or_the_new_one() {
    if !can_trace() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shared");
    let calls = run(&path, None);
    is_synced(&calls);
    let mut seen = Vec::new();
    for before in 0..calls.len() {
        for extension in ["", "lock", "tmp"] {
            let _ = std::fs::remove_file(path.with_added_extension(extension));
        }
        let moment = Moment::of(&calls, before);
        let begun = run(&path, Some(&moment));
        assert_eq!(begun.len(), before + 1, "{moment}");
        let file = FencedFile::at(&path);
        runtime().block_on(async {
            seen.push(state(&file, &path).await);
            if seen.last() != Some(&0) {
                let mut next = file.claim(PeerEpoch(3), Sid(2)).await.unwrap();
                next.write("next").await.unwrap();
            }
        });
    }
    assert!(seen.is_sorted(), "{seen:?}");
    seen.dedup();
    assert_eq!(seen, (0..states().len()).collect::<Vec<_>>());
}
