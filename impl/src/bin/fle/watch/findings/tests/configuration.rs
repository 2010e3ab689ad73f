//! How configurations differ, and what they name and allow.

use super::*;

fn with_members(sid: u8, members: &str) -> Row {
    let conf = conf(sid.into(), members);
    row(
        sid,
        &words(srvr("follower", "0x0"), MNTR_OF_FOLLOWER.to_owned(), conf),
    )
}

#[test]
fn configurations_that_differ_are_told_line_by_line() {
    let other = MEMBERS.replace("127.0.77.2:2888", "10.0.0.2:2888");
    let rows = [
        with_members(1, MEMBERS),
        with_members(2, &other),
        leader(3, "0x100000000", 2),
    ];
    let text = only(&rows);
    let line = "server.2 is 10.0.0.2:2888:3888:participant for server 2 (127.0.77.2:2181), and \
                127.0.77.2:2888:3888:participant for server 1 (127.0.77.1:2181)";
    assert!(text.contains(line), "{text}");
    let fewer = MEMBERS.replace("server.3=127.0.77.3:2888:3888:participant\n", "");
    let rows = [
        with_members(1, MEMBERS),
        with_members(2, &fewer),
        leader(3, "0x100000000", 2),
    ];
    let text = only(&rows);
    assert!(
        text.contains("server.3 is not there for server 2 (127.0.77.2:2181), and"),
        "{text}"
    );
    let later = MEMBERS.replace("version=0", "version=100000003");
    let rows = [
        with_members(1, MEMBERS),
        with_members(2, &later),
        leader(3, "0x100000000", 2),
    ];
    assert!(only(&rows).contains("version is 100000003 for server 2"));
}

/// A server's own line may say that it listens everywhere, and where clients connect is its own
/// business; an AdminServer tells neither that nor who observes.
#[test]
fn configurations_that_mean_the_same_are_not_told() {
    let everywhere = MEMBERS.replace("server.2=127.0.77.2", "server.2=0.0.0.0");
    let rows = [
        with_members(1, MEMBERS),
        with_members(2, &everywhere),
        leader(3, "0x100000000", 2),
    ];
    assert_eq!(kinds(&rows), [""; 0]);
    let clients = MEMBERS.replace("participant\n", "participant;0.0.0.0:2181\n");
    let rows = [
        with_members(1, MEMBERS),
        with_members(2, &clients),
        leader(3, "0x100000000", 2),
    ];
    assert_eq!(kinds(&rows), [""; 0]);
    let observed = MEMBERS.to_owned() + "\nserver.4=127.0.77.4:2888:3888:observer";
    let rows = [
        with_members(1, &observed),
        admin(2, "follower", 3),
        admin(3, "leader", 3),
    ];
    assert_eq!(kinds(&rows), ["not asked"]);
}

#[test]
fn whom_the_configuration_names_and_nobody_asks_is_offered() {
    let clients = MEMBERS.replace("participant\n", "participant;0.0.0.0:2181\n");
    let rows = [with_members(1, &clients), with_members(2, &clients)];
    let text = only(&rows);
    assert!(
        text.contains("also names server 3 (127.0.77.3:2181); add the address"),
        "{text}"
    );
    // By its host, whether it answers or not.
    let rows = [
        with_members(1, MEMBERS),
        with_members(2, MEMBERS),
        silent(3, Nothing::Refused),
    ];
    assert_eq!(kinds(&rows), ["unreachable"]);
    // Who says nothing of himself may be any of them.
    let mut rows = [
        with_members(1, MEMBERS),
        with_members(2, MEMBERS),
        silent(3, Nothing::Refused),
    ];
    rows[2].address = "zk-3:2181".parse().unwrap();
    assert_eq!(kinds(&rows), ["unreachable"]);
    let text = findings(&[with_members(1, MEMBERS), rows[2].clone()])[1].to_string();
    assert!(
        text.contains(
            "names 1 more than are asked, of server 2 (on 127.0.77.2) and server 3 (on 127.0.77.3)"
        ),
        "{text}"
    );
}

#[test]
fn words_that_are_not_allowed_are_a_hint() {
    let rows = [1, 2].map(|sid| reserved(sid, "follower", "0x0"));
    let text = only(&rows);
    assert!(
        text.starts_with("hint: 127.0.77.1:2181 and 127.0.77.2:2181 do not allow conf and mntr; "),
        "{text}"
    );
    assert!(
        text.contains("4lw.commands.whitelist=srvr,mntr,conf"),
        "{text}"
    );
}
