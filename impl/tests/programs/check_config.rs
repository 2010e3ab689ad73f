//! `fle check-config`.

use crate::support::{Ensemble, fle, stderr, stdout};
use std::process::Output;

fn check(ensemble: &Ensemble, servers: &[usize]) -> Output {
    let files = servers
        .iter()
        .map(|&sid| ensemble.config(sid).into_os_string());
    fle(std::iter::once("check-config".into()).chain(files))
}

#[test]
fn servers_that_agree_are_all_well() {
    let ensemble = Ensemble::new(3);
    let output = check(&ensemble, &[1, 2, 3]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    let (_, first) = lines[0].split_once(": server 1, ").unwrap();
    let (_, second) = lines[1].split_once(": server 2, ").unwrap();
    assert_eq!(first, second, "the same ensemble and digest");
    assert!(first.starts_with(
        "participant; 3 participants, 0 observers; configuration of version 0, digest "
    ));
}

#[test]
fn mistakes_are_told_with_line_and_remedy() {
    let ensemble = Ensemble::new(3);
    ensemble.edit(2, "syncLimit=5", "syncLimit=0");
    let output = check(&ensemble, &[1, 2]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(
        text.contains("2/zoo.cfg:4: syncLimit: a limit of 0 ticks passes at once; write how many"),
        "{text}"
    );
    assert!(
        text.contains("1/zoo.cfg: server 1, participant"),
        "the other is told too: {text}"
    );
    assert!(
        stderr(&output).contains("1 of these"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn servers_that_know_different_ensembles_are_told() {
    let ensemble = Ensemble::new(3);
    ensemble.edit(3, "server.2=127.0.0.1", "server.2=127.0.0.2");
    ensemble.edit(
        3,
        "tickTime=2000",
        "tickTime=3000\nmultiAddress.enabled=true",
    );
    let output = check(&ensemble, &[1, 2, 3]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("3/zoo.cfg: server.2 is 127.0.0.2:"), "{text}");
    assert!(
        text.contains("3/zoo.cfg: multiAddress.enabled is true, and false in "),
        "{text}"
    );
    assert!(
        text.contains("3/zoo.cfg: warning: tickTime is 3000, and 2000 in "),
        "{text}"
    );
    assert!(!text.contains("2/zoo.cfg: server."), "{text}");
    assert!(
        stderr(&output).contains("2 of these"),
        "{}",
        stderr(&output)
    );

    ensemble.edit(3, "server.2=127.0.0.2", "server.2=127.0.0.1");
    ensemble.edit(3, "multiAddress.enabled=true", "");
    let output = check(&ensemble, &[1, 3]);
    assert_eq!(output.status.code(), Some(0), "a warning is no mistake");
}

#[test]
fn two_servers_with_one_id_are_told() {
    let ensemble = Ensemble::new(2);
    std::fs::write(ensemble.data(2).join("myid"), "1").unwrap();
    let output = check(&ensemble, &[1, 2]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("2/zoo.cfg: server 1 is "), "{text}");
    assert!(
        text.contains("give each server a dataDir with a myid of its own"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_not_there_is_bad_usage() {
    let ensemble = Ensemble::new(1);
    let output = check(&ensemble, &[1, 9]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("9/zoo.cfg: "),
        "{}",
        stderr(&output)
    );
    assert_eq!(fle(["check-config"]).status.code(), Some(2));
}

/// A container listens on every address, and the others dial it by name.
#[test]
fn ones_own_line_may_have_a_wildcard() {
    let ensemble = Ensemble::new(3);
    for sid in 1..=3 {
        let own = format!("server.{sid}=127.0.0.1");
        ensemble.edit(sid, "127.0.0.1", "zoo.example");
        ensemble.edit(
            sid,
            &own.replace("127.0.0.1", "zoo.example"),
            &own.replace("127.0.0.1", "0.0.0.0"),
        );
    }
    let output = check(&ensemble, &[1, 2, 3]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(!stdout(&output).contains("wildcard"), "{}", stdout(&output));

    // The ports are compared all the same, with whoever is not the server itself.
    ensemble.edit(1, "server.1=0.0.0.0:", "server.1=0.0.0.0:1");
    let output = check(&ensemble, &[1, 2, 3]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    ensemble.edit(1, "server.1=0.0.0.0:1", "server.1=0.0.0.0:");
    ensemble.edit(3, "server.2=zoo.example", "server.2=elsewhere.example");
    let output = check(&ensemble, &[1, 2, 3]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("3/zoo.cfg: server.2 is elsewhere.example:"),
        "{text}"
    );
}

#[test]
fn a_standalone_server_is_no_mistake_and_not_for_serve() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zoo.cfg");
    let text = format!("dataDir={}\nclientPort=2181\n", folder.path().display());
    std::fs::write(&path, text).unwrap();
    let output = fle(["check-config", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = "fle serve does not support it: no server.N line is there";
    assert!(stdout(&output).contains(said), "{}", stdout(&output));

    let output = fle(["serve", "--config", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
}

#[test]
fn an_unreadable_file_does_not_hide_the_others() {
    let ensemble = Ensemble::new(2);
    ensemble.edit(2, "syncLimit=5", "syncLimit=0");
    let output = check(&ensemble, &[9, 1, 2]);
    assert_eq!(output.status.code(), Some(2));
    let text = stdout(&output);
    assert!(text.contains("1/zoo.cfg: server 1, participant"), "{text}");
    assert!(text.contains("2/zoo.cfg:4: syncLimit: "), "{text}");
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
}

#[test]
fn a_dynamic_file_is_understood_by_itself() {
    let ensemble = Ensemble::new(3);
    let text = std::fs::read_to_string(ensemble.config(1)).unwrap();
    let servers: Vec<&str> = text
        .lines()
        .filter(|it| it.starts_with("server."))
        .collect();
    let path = ensemble
        .config(1)
        .with_file_name("zoo.cfg.dynamic.100000000");
    std::fs::write(&path, servers.join("\n")).unwrap();
    let output = fle(["check-config", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let said = "a dynamic file; 3 participants, 0 observers; configuration of version 100000000";
    assert!(stdout(&output).contains(said), "{}", stdout(&output));
}

#[test]
fn servers_of_one_machine_need_ports_of_their_own() {
    let ensemble = Ensemble::new(2);
    ensemble.edit(1, "tickTime=2000", "tickTime=2000\nclientPort=2181");
    ensemble.edit(2, "tickTime=2000", "tickTime=2000\nclientPort=2181");
    let output = check(&ensemble, &[1, 2]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let said = "server 2 listens on port 2181 of this machine, and so does server 1 in ";
    assert!(stdout(&output).contains(said), "{}", stdout(&output));
}

/// ZooKeeper reads server lines by a system property, which no file sets.
#[test]
fn several_addresses_are_refused_by_zookeeper_and_not_by_fle() {
    let ensemble = Ensemble::new(3);
    for sid in 1..=3 {
        ensemble.edit(
            sid,
            "tickTime=2000",
            "tickTime=2000\nmultiAddress.enabled=true",
        );
        ensemble.edit(sid, "server.3=", "server.3=127.0.0.9:1:2|");
    }
    let output = check(&ensemble, &[1, 2, 3]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        stderr(&output).contains("3 of these"),
        "{}",
        stderr(&output)
    );
    assert!(
        text.contains("1/zoo.cfg: server 1, participant; 3 "),
        "{text}"
    );
    let remedy = "start ZooKeeper with -Dzookeeper.multiAddress.enabled=true (SERVER_JVMFLAGS)";
    assert!(text.contains(remedy), "{text}");
}

/// What is said of the ports of two servers, whose lines and other lines are these.
fn ports(one: (&str, &str), other: (&str, &str)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let paths = [(1, one), (2, other)].map(|(sid, (own, more))| {
        let data = folder.path().join(sid.to_string());
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("myid"), sid.to_string()).unwrap();
        let text = format!(
            "dataDir={}\ninitLimit=5\nsyncLimit=2\n{more}\nserver.1={}\nserver.2={}\n\
             server.3=zoo3:2888:3888\n",
            data.display(),
            if sid == 1 { own } else { one.0 },
            if sid == 2 { own } else { other.0 },
        );
        let path = folder.path().join(format!("{sid}.cfg"));
        std::fs::write(&path, text).unwrap();
        path
    });
    let output = fle([
        "check-config".as_ref(),
        paths[0].as_os_str(),
        paths[1].as_os_str(),
    ]);
    let text = stdout(&output);
    let said = text
        .lines()
        .filter_map(|line| line.split_once(" listens on "));
    let said = said.filter_map(|(_, it)| it.split_once(" in "));
    said.map(|(it, _)| it.to_owned()).collect()
}

#[test]
fn ports_are_compared_machine_by_machine() {
    let said = |port: u16, host: &str| vec![format!("port {port} of {host}, and so does server 1")];
    let (one, other) = ("zoo:2888:3888", "ZOO:2889:3889");
    assert_eq!(ports((one, ""), (other, "")), [""; 0]);
    let client = "clientPort=2181";
    assert_eq!(ports((one, client), (other, client)), said(2181, "zoo"));
    assert_eq!(ports((one, client), (other, "clientPort=2182")), [""; 0]);
    assert_eq!(ports((one, client), ("zoo2:2889:3889", client)), [""; 0]);
    // One server's clients, the other one's servers.
    assert_eq!(
        ports((one, ""), (other, "clientPort=3888")),
        said(3888, "zoo")
    );
    assert_eq!(
        ports((one, "clientPort=2889"), (other, "")),
        said(2889, "zoo")
    );
    let secure = "secureClientPort=2181";
    assert_eq!(ports((one, client), (other, secure)), said(2181, "zoo"));
    // All names of the machine itself are one.
    let (one, other) = ("127.0.0.1:2888:3888", "localhost:2889:3889");
    assert_eq!(
        ports((one, client), (other, client)),
        said(2181, "this machine")
    );
    // Where a server listens on every address, its line does not tell the machine.
    let (one, other) = ("0.0.0.0:2888:3888", "0.0.0.0:2889:3889");
    assert_eq!(ports((one, client), (other, client)), [""; 0]);
}

/// What a text holds never steers the terminal, and what was probably meant stands before what is
/// merely unknown.
#[test]
fn typing_errors_do_not_drown_and_nothing_steers_the_terminal() {
    let ensemble = Ensemble::new(3);
    let more = "a.b=1\nx\u{1b}[31m=2\ntimeTick=3\nc.d=4";
    ensemble.edit(1, "tickTime=2000", &format!("tickTime=2000\n{more}"));
    let output = check(&ensemble, &[1]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let text = stdout(&output);
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[1].contains("timeTick: ") && lines[1].contains("write tickTime"),
        "{text}"
    );
    assert!(lines[2].contains("a.b: "), "{text}");
    assert_eq!(lines[3], "  the same of x\\u{1b}[31m (4), c.d (6)");
    assert_eq!(lines.len(), 4, "{text}");
}
