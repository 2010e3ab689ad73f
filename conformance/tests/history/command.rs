//! The command line: what it prints and how it exits, on good, falsified and unusable logs.

use crate::support::{folder, line_of, recorded, with_line, write};
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn run(arguments: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-conformance"));
    command.arg("validate").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The recorded logs of an ensemble as arguments.
fn logs(ensemble: &str) -> Vec<PathBuf> {
    let servers = 1..=recorded(ensemble).len();
    servers
        .map(|sid| folder(ensemble).join(format!("server.{sid}.log")))
        .collect()
}

fn with(mut logs: Vec<PathBuf>, more: &[&str]) -> Vec<PathBuf> {
    logs.extend(more.iter().map(PathBuf::from));
    logs
}

#[test]
fn an_allowed_history_exits_0_with_its_timeline() {
    let config = folder("three-partition").join("zoo.cfg");
    let output = run(&with(
        logs("three-partition"),
        &["--config", config.to_str().unwrap()],
    ));
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let parts = [
        "no leader from 21:34:14.201 to 21:34:14.841 (0.640 s) on 2026-11-23; server 3 led after\n",
        "\nallowed\n",
        "\nvoters 1, 2, 3 (as configured)\n",
        "\nelection 2: server 2 in round 2\n",
    ];
    let places = parts.map(|part| printed.find(part));
    assert_eq!(places[0], Some(0), "{printed}");
    assert!(places.iter().all(Option::is_some), "{printed}");
    assert!(
        places.is_sorted(),
        "the answer, the verdict, the timeline: {printed}"
    );
}

/// The recorded logs with the first line that has these words changed, and where it stands.
fn changed(folder: &TempDir, from: &str, to: &str) -> (Vec<PathBuf>, usize) {
    let mut texts = recorded("three-leader-killed");
    let has_words = |line: &str| line.contains(from);
    let server = texts.iter().position(|text| text.contains(from)).unwrap();
    let line = line_of(&texts[server], has_words);
    texts[server] = with_line(&texts[server], line, |line| line.replace(from, to));
    (write(folder, &texts), line)
}

#[test]
fn what_no_run_explains_exits_1_with_the_line() {
    let folder = TempDir::new().unwrap();
    let (paths, line) = changed(&folder, "sids: [[1, 2]]", "sids: [[2]]");
    let first = format!("{}:{line}", paths[1].display());
    let config = crate::support::folder("three-leader-killed").join("zoo.cfg");
    let config = config.to_str().unwrap();
    let output = run(&with(paths.clone(), &["--json", "-", "--config", config]));
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["allowed"], false);
    assert_eq!(report["verdict"], "not allowed");
    assert_eq!(report["objections"][0]["line"], line);
    let printed = text(&output.stderr);
    let start = format!("first event that is not allowed: {first}: ");
    let line = printed
        .lines()
        .find(|line| line.starts_with(&start))
        .unwrap();
    assert!(line.contains("sids: [[2]]"), "{line}");
}

#[test]
fn what_a_missing_line_would_explain_exits_2_and_says_which() {
    let folder = TempDir::new().unwrap();
    let (paths, line) = changed(
        &folder,
        "state changed: following",
        "state changed: leading",
    );
    let first = format!("{}:{line}: server 1: it is LEADING", paths[0].display());
    let output = run(&with(paths, &["--json", "-"]));
    assert_eq!(output.status.code(), Some(2));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["allowed"], &report["verdict"]),
        (&false.into(), &"not judged".into())
    );
    assert!(report["unjudged"][0]["absent"].is_string());
    let printed = text(&output.stderr);
    let last = printed.lines().last().unwrap();
    assert!(last.contains(&first), "{last}");
    assert!(
        last.contains("; a missing line would explain it: "),
        "{last}"
    );
}

#[test]
fn json_says_what_the_text_says() {
    let output = run(&with(logs("three-leader-killed"), &["--json", "-"]));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["allowed"], true);
    assert_eq!(report["elections"][1]["vote"]["leader"], 2);
    let said = text(&output.stderr);
    let outages = report["answer"]["outages"].as_array().unwrap();
    assert_eq!(outages.len(), 2);
    for outage in outages {
        let is_said = |it: &Value| said.contains(it.as_str().unwrap());
        assert!(is_said(&outage["what"]), "{outage}\n{said}");
        for cause in outage["causes"].as_array().unwrap() {
            assert!(
                is_said(&cause["what"]) && is_said(&cause["do"]),
                "{cause}\n{said}"
            );
            assert!(is_said(&cause["evidence"]["says"]), "{cause}\n{said}");
        }
    }
    assert_eq!(outages[1]["causes"][0]["kind"], "ended");
    assert_eq!(outages[1]["causes"][1]["kind"], "leader_lost");
    for election in report["elections"].as_array().unwrap() {
        assert!(said.contains(election["why"].as_str().unwrap()));
        for step in election["steps"].as_array().unwrap() {
            let line = format!("server {}  {}", step["sid"], step["what"].as_str().unwrap());
            assert!(said.contains(&line), "{line}\n{said}");
        }
        for odd in election["oddities"].as_array().unwrap() {
            assert!(said.contains(&format!("odd: {}", odd.as_str().unwrap())));
        }
    }
}

#[test]
fn the_drawing_has_a_lane_for_each_server_and_a_colour_for_each_state() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("history.svg");
    let output = run(&with(
        logs("three-observer"),
        &["--svg", path.to_str().unwrap()],
    ));
    assert_eq!(output.status.code(), Some(0));
    let svg = fs::read_to_string(path).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let of_class = |class: &str| {
        let nodes = document.descendants();
        nodes
            .filter(|it| it.attribute("class") == Some(class))
            .count()
    };
    assert_eq!(of_class("sid"), 4);
    assert_eq!(of_class("looking"), 5);
    assert_eq!(
        [
            of_class("leading"),
            of_class("following"),
            of_class("observing")
        ],
        [1, 2, 1]
    );
    assert!(of_class("arrow") > 6, "{}", of_class("arrow"));
}

#[test]
fn what_is_read_is_not_overwritten() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("server.1.log");
    let page = folder.path().join("page").display().to_string();
    let read = fs::read_to_string(&logs("three-late-joiner")[0]).unwrap();
    fs::write(&log, &read).unwrap();
    let same = format!("{}/./server.1.log", folder.path().display());
    for more in [
        vec!["--html", &same],
        vec!["--json", &same],
        vec!["--html", &page, "--svg", &page],
        vec!["--config", &page, "--svg", &page],
    ] {
        let output = run(&with(vec![log.clone()], &more));
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let error = text(&output.stderr);
        assert!(error.contains("write to another file"), "{error}");
        assert_eq!(fs::read_to_string(&log).unwrap(), read);
    }
}

/// A log that was rotated away long ago has but clients in it, and a new one nothing yet.
#[test]
fn a_file_that_tells_of_no_election_does_not_hide_the_others() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("server.1.log.1");
    for silent in ["", "INFO NIOServerCnxn - Processing srvr command\n"] {
        fs::write(&path, silent).unwrap();
        let output = run(&with(logs("three-late-joiner"), &[path.to_str().unwrap()]));
        assert!(output.status.success(), "{}", text(&output.stderr));
        let told = text(&output.stdout);
        let of_it = format!("{}: no line tells of an election", path.display());
        assert!(told.contains(&of_it), "{told}");
    }
}

#[test]
fn what_cannot_be_used_exits_2_with_one_line() {
    let folder = TempDir::new().unwrap();
    let other = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let good = logs("three-late-joiner");
    let waits = "[QuorumPeer[myid=1]] INFO FastLeaderElection - Notification time out: 400 ms";
    let nonsense = r#"{"sid":1,"event":"election.decided","state":"ASLEEP"}"#;
    let nobody = "INFO QuorumPeer - Peer state changed: leading";
    for (arguments, says) in [
        (vec![folder.path().join("none.log")], "No such file"),
        (vec![other("a", "Hello.\n")], "no line tells of an election"),
        (vec![other("b", "")], "no line tells of an election"),
        (vec![other("c", waits)], "nothing to judge"),
        (vec![other("d", nonsense)], "unknown variant `ASLEEP`"),
        (vec![other("e", nobody)], "no line names the server"),
        (
            with(
                good.clone(),
                &["--config", other("f", "server.1=x").to_str().unwrap()],
            ),
            "no configuration",
        ),
        (
            with(good.clone(), &["--html", "/none/history.html"]),
            "cannot write /none/history.html",
        ),
        (
            with(good, &["--svg", "/none/history.svg"]),
            "cannot write /none/history.svg",
        ),
    ] {
        let output = run(&arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(says), "{error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
}

#[test]
fn what_a_shell_or_another_process_passes_on_is_read() {
    let log = &logs("three-late-joiner")[1];
    let program = env!("CARGO_BIN_EXE_fle-conformance");
    let piped = Command::new("bash")
        .args(["-c", r#""$0" validate <(cat "$1")"#, program])
        .arg(log)
        .output();
    let mut standard = Command::new(program);
    standard
        .args(["validate", "-"])
        .stdin(File::open(log).unwrap());
    for output in [piped, standard.output()] {
        let said = text(&output.unwrap().stdout);
        assert!(said.contains("server 2  leads"), "{said}");
    }
}

#[test]
fn what_may_never_end_is_refused() {
    let folder = TempDir::new().unwrap();
    let fifo = folder.path().join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    for (path, says) in [
        (Path::new("/dev/zero"), "it is no regular file"),
        (folder.path(), "it is a directory"),
        (&fifo, "it is a named pipe, which may never end"),
    ] {
        let output = run(&[path.to_owned()]);
        assert_eq!(output.status.code(), Some(2));
        let said = text(&output.stderr);
        assert!(said.contains(says), "{said}");
    }
    let mut endless = Command::new(env!("CARGO_BIN_EXE_fle-conformance"));
    endless.args(["validate", "-"]);
    let endless = endless.stdin(File::open("/dev/zero").unwrap()).output();
    let said = text(&endless.unwrap().stderr);
    assert!(said.contains("no line ends within 64 MiB"), "{said}");
}
