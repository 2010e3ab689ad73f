//! `validate --follow`: logs that grow, are rotated and truncated, and readers that stop reading.

use crate::support::{line_of, recorded, with_line, write};
use fle::Sid;
use fle_conformance::history::log::{Growing, Source};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, PipeReader, Read, Write, pipe};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A follower, and the lines that it prints.
struct Follower {
    child: Child,
    lines: Receiver<String>,
}

impl Follower {
    fn start(paths: &[PathBuf]) -> Self {
        Self::run(command(paths))
    }

    fn run(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in out.lines() {
                let _ = sender.send(line.unwrap());
            }
        });
        Self { child, lines }
    }

    /// Waits until it says this; what it said up to there.
    fn says(&self, words: &str) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            said.push(line.unwrap_or_else(|_| panic!("not said: {words}\n{}", said.join("\n"))));
            if said.last().unwrap().contains(words) {
                return said;
            }
        }
    }

    /// Ends it by SIGINT; its exit code.
    fn interrupt(mut self) -> Option<i32> {
        interrupt(&self.child);
        code(&mut self.child)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
    }
}

fn command(paths: &[PathBuf]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-conformance"));
    command.args(["validate", "--follow"]).args(paths);
    command.stderr(Stdio::piped());
    command
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}

/// The exit code of a process that ends.
fn code(child: &mut Child) -> Option<i32> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("it does not end");
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// The recorded logs up to the death of the leader, and what came afterwards.
fn halves() -> (Vec<String>, Vec<String>) {
    let cut = |text: &String| {
        let at = text
            .find("2026-11-23 21:34:11,7")
            .or_else(|| text.find("2026-11-23 21:34:12"));
        let (before, after) = text.split_at(at.unwrap());
        (before.to_owned(), after.to_owned())
    };
    recorded("three-leader-killed").iter().map(cut).unzip()
}

#[test]
fn what_logs_grow_by_is_told() {
    let folder = TempDir::new().unwrap();
    let (before, after) = halves();
    let paths = write(&folder, &before);
    let follower = Follower::start(&paths);
    let first = follower.says("verdict so far: allowed");
    let said = |lines: &[String], words: &str| lines.iter().filter(|it| it.contains(words)).count();
    assert_eq!(
        said(&first, "election 1: server 3 in round 1"),
        1,
        "{first:#?}"
    );
    assert_eq!(said(&first, "server 3  leads"), 1);
    assert_eq!(said(&first, "server 3 led after"), 1);
    assert_eq!(said(&first, "election 2"), 0);

    // A line that is written in two goes is one; that the first was read shows in what another
    // says.
    let (start, rest) = after[0].split_at(50);
    append(&paths[0], start);
    append(&paths[2], &after[2]);
    follower.says("server 3  looks");
    append(&paths[0], rest);
    append(&paths[1], &after[1]);
    follower
        .says("servers 1 and 2 lost the leader, server 3: the other side closed the connection");
    follower.says("verdict so far: allowed");
    assert_eq!(follower.interrupt(), Some(0));
}

#[test]
fn what_was_told_is_not_told_again() {
    let folder = TempDir::new().unwrap();
    let (before, after) = halves();
    let paths = write(&folder, &before);
    let follower = Follower::start(&paths);
    follower.says("verdict so far: allowed");
    let said = |lines: &[String], words: &str| lines.iter().filter(|it| it.contains(words)).count();
    for (path, text) in paths.iter().zip(&after) {
        append(path, text);
    }
    let second = follower.says("server 3 led before, server 2 after");
    assert_eq!(
        said(&second, "election 2: server 2 in round 2"),
        1,
        "{second:#?}"
    );
    assert_eq!(said(&second, "server 3  leads"), 0, "{second:#?}");
    assert_eq!(said(&second, "21:34:11.168"), 0, "{second:#?}");
    assert_eq!(follower.interrupt(), Some(0));
}

#[test]
fn a_rotated_log_and_a_truncated_one_are_read_on() {
    let folder = TempDir::new().unwrap();
    let (before, after) = halves();
    let paths = write(&folder, &before);
    let follower = Follower::start(&paths);
    follower.says("verdict so far: allowed");
    // What the old file still gets is read, too.
    append(
        &paths[0],
        "2026-11-23 21:34:11,600 [myid:1] - INFO  [main:X@1] - the last",
    );
    fs::rename(&paths[0], folder.path().join("1.log.1")).unwrap();
    fs::write(&paths[0], &after[0]).unwrap();
    File::create(&paths[1]).unwrap();
    follower.says("2.log was truncated; it is read again from its beginning");
    append(&paths[1], &after[1]);
    append(&paths[2], &after[2]);
    let said = follower.says("server 3 led before, server 2 after");
    assert!(
        said.iter()
            .any(|it| it == "election 2: server 2 in round 2"),
        "{said:#?}"
    );
    assert_eq!(follower.interrupt(), Some(0));
}

#[test]
fn a_rotated_log_is_named() {
    let folder = TempDir::new().unwrap();
    let paths = write(&folder, &recorded("three-late-joiner"));
    let follower = Follower::start(&paths);
    follower.says("verdict so far: allowed");
    fs::rename(&paths[0], folder.path().join("1.log.1")).unwrap();
    File::create(&paths[0]).unwrap();
    follower.says("1.log was replaced by a new file, which is read on");
    assert_eq!(follower.interrupt(), Some(0));
}

/// Lines are cited where they are: under the name that a rotated log has now.
#[test]
fn lines_of_a_log_that_is_not_there_any_more_are_cited_as_such() {
    let folder = TempDir::new().unwrap();
    let (before, after) = halves();
    let paths = write(&folder, &before);
    let follower = Follower::start(&paths);
    follower.says("verdict so far: allowed");
    let (once, twice) = ("1.log.1", "1.log.2");
    fs::rename(&paths[0], folder.path().join(once)).unwrap();
    fs::write(&paths[0], &after[0]).unwrap();
    follower.says("1.log was replaced");
    fs::rename(folder.path().join(once), folder.path().join(twice)).unwrap();
    fs::rename(&paths[0], folder.path().join(once)).unwrap();
    let looks = "2026-11-23 21:34:14,000 [myid:1] - INFO  [QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled):FastLeaderElection@946] - New election. My id = 1, proposed zxid=0x0\n";
    fs::write(&paths[0], looks).unwrap();
    follower.says("1.log was replaced");
    File::create(&paths[2]).unwrap();
    follower.says("3.log was truncated");
    append(&paths[2], &after[2]);
    append(&paths[1], &after[1]);
    follower.says("server 3 led before, server 2 after");
    let said = follower.says("lost the leader, server 3");
    let line = line_of(&after[0], |it| it.contains("Exception when"));
    let cited = follower.says(&format!("{once}:{line}"));
    let all = [said, cited].concat().join("\n");
    assert!(!all.contains(&format!("/1.log:{line}")), "{all}");
    assert_eq!(follower.interrupt(), Some(0));
}

/// The line that a server of ZooKeeper begins with, without a day.
fn started(clock: &str) -> String {
    format!("{clock},000 [myid:1] - INFO  [main:QuorumPeerMain@152] - Starting quorum peer\n")
}

#[test]
fn old_logs_are_called_by_their_last_names() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("log"), started("12:00:00")).unwrap();
    let mut growing = Growing::open(&[path("log")]).unwrap();
    let mut names = || -> Vec<String> {
        assert!(growing.read_on().unwrap().grown);
        let files = growing.logs().unwrap().files.into_iter();
        let name = |it: Source| it.path.file_name().unwrap().to_str().unwrap().to_owned();
        files.map(name).collect()
    };
    assert_eq!(names(), ["log"]);
    for (second, told) in [
        (1, &["log.1", "log"][..]),
        (2, &["log.1 (before it was replaced)", "log.1", "log"]),
        (
            3,
            &[
                "log.1 (before it was replaced)",
                "log.1 (before it was replaced)",
                "log.1",
                "log",
            ],
        ),
    ] {
        // The one before is overwritten.
        fs::rename(path("log"), path("log.1")).unwrap();
        fs::write(path("log"), started(&format!("12:00:0{second}"))).unwrap();
        assert_eq!(names(), told);
    }
    File::create(path("log")).unwrap();
    append(&path("log"), "12:00:04\n");
    let last_two = ["log (before it was truncated)", "log"];
    assert!(names().ends_with(&last_two.map(str::to_owned)));
}

#[test]
fn times_go_on_in_a_log_that_follows_another() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, started("23:59:59")).unwrap();
    let mut growing = Growing::open(std::slice::from_ref(&path)).unwrap();
    growing.read_on().unwrap();
    fs::rename(&path, folder.path().join("log.1")).unwrap();
    fs::write(&path, started("00:00:01")).unwrap();
    growing.read_on().unwrap();
    let events = &growing.logs().unwrap().servers[&Sid(1)].events;
    let took = events[1]
        .time
        .unwrap()
        .duration_since(events[0].time.unwrap());
    assert_eq!(took.as_secs(), 2);
}

#[test]
fn a_log_that_is_not_there_yet_is_waited_for() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("later.log");
    let follower = Follower::start(std::slice::from_ref(&path));
    follower.says("later.log is not there yet; it is waited for");
    fs::write(&path, &recorded("three-late-joiner")[0]).unwrap();
    follower.says("later.log is there, and is read");
    follower.says("election 1");
    follower.interrupt();
}

#[test]
fn the_exit_code_is_that_of_the_verdict_so_far() {
    let folder = TempDir::new().unwrap();
    let mut texts = recorded("three-leader-killed");
    let line = texts[1]
        .lines()
        .position(|it| it.contains("sids: [[1, 2]]"))
        .unwrap()
        + 1;
    texts[1] = with_line(&texts[1], line, |it| it.replace("[[1, 2]]", "[[2]]"));
    texts[1].push('\n');
    // Who is a quorum is known by the configuration.
    let mut following = command(&write(&folder, &texts));
    following.arg("--config");
    following.arg(crate::support::folder("three-leader-killed").join("zoo.cfg"));
    let follower = Follower::run(following);
    follower.says("verdict so far: first event that is not allowed: ");
    assert_eq!(follower.interrupt(), Some(1));

    let folder = TempDir::new().unwrap();
    let paths = write(&folder, &[String::new()]);
    let follower = Follower::start(&paths);
    append(
        &paths[0],
        "2026-11-23 21:34:11,600 [myid:1] - INFO  [main:QuorumPeerMain@152] - Starting quorum peer, myid=1\n",
    );
    follower.says("verdict so far: nothing to judge");
    assert_eq!(follower.interrupt(), Some(2));
}

#[test]
fn a_closed_output_ends_it() {
    let folder = TempDir::new().unwrap();
    let paths = write(&folder, &recorded("three-leader-killed"));
    let (reader, writer) = pipe().unwrap();
    let mut child = command(&paths).stdout(writer).spawn().unwrap();
    let mut out = BufReader::new(reader);
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(!line.is_empty());
    drop(out);
    assert_eq!(
        code(&mut child),
        Some(0),
        "nothing more is written, and it notices"
    );
    let mut error = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut error)
        .unwrap();
    assert_eq!(error, "");
}

#[test]
fn an_output_that_nobody_takes_does_not_keep_it_from_ending() {
    let folder = TempDir::new().unwrap();
    let paths = write(&folder, &recorded("five-two-faults"));
    let (reader, writer) = pipe().unwrap();
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
    let mut child = command(&paths).stdout(writer).spawn().unwrap();
    is_full(&reader);
    interrupt(&child);
    assert_eq!(code(&mut child), Some(0));
}

/// Waits until a pipe of a page is full.
fn is_full(reader: &PipeReader) {
    let since = Instant::now();
    while rustix::io::ioctl_fionread(reader).unwrap() < 4096 {
        assert!(since.elapsed() < PATIENCE, "there is not so much to write");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn packed_logs_and_json_on_the_same_output_are_refused() {
    let folder = TempDir::new().unwrap();
    let packed = folder.path().join("packed");
    fs::write(&packed, b"\x1f\x8b\x08").unwrap();
    let plain = write(&folder, &recorded("three-late-joiner"));
    for (paths, more, says) in [
        (
            vec![packed],
            vec![],
            "it is packed or no UTF-8, and cannot be followed",
        ),
        (plain, vec!["--json", "-"], "give --json a file"),
        (
            vec!["-".into()],
            vec![],
            "standard input cannot be followed",
        ),
    ] {
        let output = command(&paths).args(more).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(says), "{error}");
    }
}
