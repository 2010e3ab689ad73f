//! What is found, and what is not.

mod configuration;

use super::*;
use crate::watch::answer::{Answer, Commands, Nothing};
use crate::watch::recorded::*;
use crate::watch::row::Row;
use serde_json::json;

fn ensemble() -> Vec<Row> {
    vec![
        follower(1, "0x0"),
        follower(2, "0x0"),
        leader(3, "0x100000000", 2),
    ]
}

/// The kinds of what is found, in their order.
fn kinds(rows: &[Row]) -> Vec<&'static str> {
    findings(rows).iter().map(|finding| finding.kind).collect()
}

/// The text of the only finding.
fn only(rows: &[Row]) -> String {
    let found = findings(rows);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].to_string()
}

fn standalone(host: u8) -> Row {
    let mntr = "zk_server_state\tstandalone\n".to_owned();
    row(
        host,
        &words(srvr("standalone", "0x0"), mntr, "serverId=0\n".to_owned()),
    )
}

fn admin(sid: u8, state: &str, leader: i64) -> Row {
    let zxid = if state == "leader" { 1 << 32 } else { 0 };
    row_at(
        sid,
        8080,
        &Answer::Admin(commands(sid.into(), state, zxid, leader)),
    )
}

#[test]
fn nothing_is_wrong_with_an_ensemble_that_serves() {
    assert_eq!(kinds(&ensemble()), [""; 0]);
    let admins = [
        admin(1, "follower", 3),
        admin(2, "follower", 3),
        admin(3, "leader", 3),
    ];
    assert_eq!(kinds(&admins), [""; 0]);
    let leads = json!({"state": "leading", "standing": "leading", "lease_ms": 900});
    let fles = [fle(1, &json!({})), fle(2, &json!({})), fle(3, &leads)];
    assert_eq!(kinds(&fles), [""; 0]);
    assert_eq!(kinds(&[standalone(1)]), [""; 0]);
}

/// A server's client port and its AdminServer.
#[test]
fn two_sides_of_one_server_are_one_server() {
    let mut rows = ensemble();
    rows.push(admin(3, "leader", 3));
    rows.push(admin(1, "follower", 3));
    assert_eq!(kinds(&rows), [""; 0]);
    rows[2] = reserved(3, "leader", "0x100000000");
    assert_eq!(kinds(&rows), ["not allowed"]);
    let side = row_at(1, 8080, &Answer::Admin(commands_of_standalone()));
    let both = [standalone(1), side];
    assert_eq!(kinds(&both), [""; 0]);
}

#[test]
fn a_server_that_cannot_be_reached_is_named_with_the_reason() {
    for (why, text) in [
        (Nothing::Refused, "refuses connections"),
        (Nothing::Unconnected, "takes no connection within 2 s"),
        (Nothing::Silent, "takes a connection, and does not answer"),
        (Nothing::Closed, "ends the connection without an answer"),
        (
            Nothing::Unresolved("no such name".to_owned()),
            "does not resolve: no such name",
        ),
        (
            Nothing::Failed("no route".to_owned()),
            "cannot be asked: no route",
        ),
    ] {
        let rows = [
            silent(1, why),
            follower(2, "0x0"),
            reserved(3, "leader", "0x100000000"),
        ];
        let found = findings(&rows);
        assert_eq!(found[0].kind, "unreachable");
        assert_eq!(found[0].addresses, ["127.0.77.1:2181"]);
        assert!(found[0].to_string().contains(text), "{}", found[0]);
        assert_eq!(found[1].kind, "not allowed");
    }
}

#[test]
fn what_answers_and_is_no_server_is_told() {
    assert!(only(&[row(1, &Answer::Tls)]).contains("speaks TLS"));
    let stranger = row(1, &Answer::Stranger("SSH-2.0-OpenSSH_9.2".to_owned()));
    assert!(only(&[stranger]).contains("\"SSH-2.0-OpenSSH_9.2\""));
    assert!(only(&[row(1, &Answer::Starting)]).contains("has not started yet"));
    let [srvr, mntr, conf] = ["srvr", "mntr", "conf"].map(not_allowed);
    let untold = row(1, &words(srvr, mntr, conf));
    assert_eq!(kinds(&[untold]), ["untold", "not allowed"]);
}

#[test]
fn without_a_leader_it_is_one_finding_for_all() {
    let rows = [1, 2, 3].map(not_serving);
    let text = only(&rows);
    assert!(
        text.starts_with(
            "wrong: nobody leads: 127.0.77.1:2181, 127.0.77.2:2181 and 127.0.77.3:2181 look for"
        ),
        "{text}"
    );
    let looks = json!({"state": "looking", "standing": "electing", "leader": null});
    assert_eq!(
        kinds(&[fle(1, &looks), fle(2, &looks)]),
        ["no leader", "not asked"]
    );
}

/// A leader need not be among those that are asked.
#[test]
fn where_somebody_follows_somebody_leads() {
    assert_eq!(
        kinds(&[follower(1, "0x0"), follower(2, "0x0")]),
        ["not asked"]
    );
    let rows = [follower(1, "0x0"), not_serving(2), follower(3, "0x0")];
    assert_eq!(kinds(&rows), ["left out"]);
}

#[test]
fn a_server_that_does_not_serve_beside_a_leader_is_left_out() {
    let mut rows = ensemble();
    rows[0] = not_serving(1);
    rows[2] = leader(3, "0x100000000", 1);
    let found = findings(&rows);
    assert!(
        found[0].to_string().contains("bring 127.0.77.1:2181 back"),
        "{}",
        found[0]
    );
    assert_eq!(kinds(&rows), ["few synced", "left out"]);
}

#[test]
fn too_few_voters_are_no_quorum() {
    let refused = |sid| silent(sid, Nothing::Refused);
    // By what is known of the ensemble from before.
    let known = not_serving(3).remembering(&leader(3, "0x0", 2));
    let rows = [refused(1), refused(2), known];
    let found = findings(&rows);
    assert_eq!(
        kinds(&rows),
        ["no leader", "no quorum", "unreachable", "unreachable"]
    );
    let text = "wrong: 1 of 3 voters answer, and a quorum is 2; \
                bring 127.0.77.1:2181 and 127.0.77.2:2181 back";
    assert_eq!(found[1].to_string(), text);
    // By what is asked.
    let rows = [refused(1), refused(2), not_serving(3)];
    let text = findings(&rows)[1].to_string();
    assert!(
        text.contains("1 of these 3 servers answer, and if they are the ensemble"),
        "{text}"
    );
    let rows = [refused(1), not_serving(2), not_serving(3)];
    assert_eq!(
        kinds(&rows),
        ["no leader", "unreachable"],
        "two of three may elect"
    );
}

/// The client port and the AdminServer of one server would be two of them.
#[test]
fn sides_of_a_server_are_no_voters() {
    let looks = Commands {
        server_stats: json!({"command": "server_stats", "error": NOT_SERVING}),
        ..Commands::default()
    };
    let known = not_serving(1).remembering(&follower(1, "0x0"));
    let side = row_at(1, 8080, &Answer::Admin(looks));
    assert_eq!(kinds(&[known.clone(), side]), ["no leader"]);
    let gone = silent(2, Nothing::Refused).remembering(&follower(2, "0x0"));
    let refused = Answer::Nothing(Nothing::Refused);
    let gone_side = row_at(2, 8080, &refused).remembering(&admin(2, "follower", 3));
    let rows = [known, gone, gone_side];
    assert_eq!(
        kinds(&rows),
        ["no leader", "unreachable", "unreachable"],
        "3 may be there"
    );
}

/// Whoever was not asked may vote, too; and an observer does not.
#[test]
fn a_quorum_is_counted_among_voters_alone() {
    let looks = json!({"state": "looking", "standing": "electing", "leader": null});
    let rows = [fle(1, &looks), silent(2, Nothing::Refused)];
    assert_eq!(kinds(&rows), ["no leader", "unreachable", "not asked"]);
    let members = MEMBERS.replace(
        "2888:3888:participant\nversion",
        "2888:3888:observer\nversion",
    );
    let mut looks = looks;
    looks["ensemble"] = members.into();
    let rows = [fle(1, &looks), silent(2, Nothing::Refused), fle(3, &looks)];
    let found = findings(&rows);
    assert_eq!(found[1].kind, "no quorum");
    assert!(
        found[1].text.starts_with("1 of 2 voters answer"),
        "{}",
        found[1]
    );
}

#[test]
fn several_leaders_are_told_with_their_epochs() {
    let rows = [
        leader(2, "0x200000000", 2),
        leader(3, "0x100000000", 2),
        follower(1, "0x0"),
    ];
    let text = only(&rows);
    let leaders = "server 2 (127.0.77.2:2181) in epoch 2 and server 3 (127.0.77.3:2181) in epoch 1";
    assert!(text.contains(leaders), "{text}");
    let quorum = "server 2 (127.0.77.2:2181) has the quorum and server 3 (127.0.77.3:2181) is cut";
    assert!(text.contains(quorum), "{text}");
    let one_epoch = [leader(2, "0x200000000", 1), leader(3, "0x200000000", 1)];
    let found = findings(&one_epoch);
    let text = found[0].to_string();
    assert!(text.contains("an epoch has one leader"), "{text}");
    let rows = [1, 2].map(|sid| reserved(sid, "leader", "0x100000000"));
    assert_eq!(kinds(&rows), ["several leaders", "not allowed"]);
}

#[test]
fn servers_that_follow_different_leaders_are_in_camps() {
    let rows = [
        admin(1, "follower", 2),
        admin(2, "follower", 3),
        admin(3, "leader", 3),
    ];
    let text = only(&rows);
    let camps = "server 2 is the leader of server 1 (127.0.77.1:8080); \
                 server 3 is the leader of server 2 (127.0.77.2:8080) and server 3";
    assert!(text.contains(camps), "{text}");
    let rows = [
        fle(1, &json!({"established_epoch": 2})),
        fle(2, &json!({})),
        fle(4, &json!({})),
    ];
    let found = findings(&rows);
    assert_eq!(found[0].kind, "different leaders");
    assert!(
        found[0]
            .text
            .starts_with("server 3 in epoch 1 is the leader of"),
        "{}",
        found[0]
    );
}

#[test]
fn two_servers_with_one_id_are_told() {
    let conf = conf(1, MEMBERS);
    let same = words(srvr("follower", "0x0"), MNTR_OF_FOLLOWER.to_owned(), conf);
    let rows = [row(1, &same), row(2, &same), leader(3, "0x100000000", 2)];
    let found = findings(&rows);
    assert_eq!(found[0].kind, "one id");
    let text = "127.0.77.1:2181 and 127.0.77.2:2181 all say that they are server 1";
    assert_eq!(found[0].text, text);
    let both = [
        fle(1, &json!({})),
        row(4, &same),
        leader(3, "0x100000000", 2),
    ];
    let found = findings(&both);
    let text = "127.0.77.1:2181 and 127.0.77.4:2181 all say that they are server 1; give each";
    assert!(
        found.iter().any(|it| it.to_string().contains(text)),
        "{found:?}"
    );
    // Two names of one address.
    let mut twice = vec![follower(1, "0x0"), follower(1, "0x0")];
    twice[1].address = "localhost:2181".parse().unwrap();
    assert_eq!(kinds(&twice), ["not asked"]);
}

#[test]
fn a_standalone_server_beside_others_is_told() {
    let rows = [
        standalone(1),
        follower(2, "0x0"),
        leader(3, "0x100000000", 2),
    ];
    assert!(kinds(&rows).contains(&"standalone"));
    assert_eq!(kinds(&[standalone(1), standalone(2)]), ["standalone"]);
    let alone = [standalone(1), silent(2, Nothing::Refused)];
    assert!(
        !kinds(&alone).contains(&"standalone"),
        "nobody else answers"
    );
}

#[test]
fn a_learner_in_an_earlier_epoch_is_behind_once_there_are_transactions() {
    let rows = |last: &str| {
        [
            follower(1, last),
            follower(2, "0x200000005"),
            leader(3, "0x200000005", 2),
        ]
    };
    assert_eq!(kinds(&rows("0x200000001")), [""; 0]);
    let text = only(&rows("0x100000007"));
    assert!(
        text.contains("server 1 (127.0.77.1:2181) is behind: its last transaction is of epoch 1"),
        "{text}"
    );
    let fresh = [
        follower(1, "0x100000007"),
        follower(2, "0x0"),
        leader(3, "0x200000000", 2),
    ];
    assert_eq!(kinds(&fresh), [""; 0]);
}

#[test]
fn a_learner_of_a_later_epoch_gives_a_past_leader_away() {
    let rows = [
        follower(1, "0x300000001"),
        follower(2, "0x100000000"),
        leader(3, "0x200000000", 2),
    ];
    let found = findings(&rows);
    assert_eq!(found[0].kind, "past leader");
    assert_eq!(found[0].addresses, ["127.0.77.3:2181", "127.0.77.1:2181"]);
    assert_eq!(found.len(), 1);
}

#[test]
fn what_a_fle_server_says_of_itself_is_passed_on() {
    let leads = json!({
        "state": "leading", "standing": "leading", "lease_ms": 0, "notes": ["look \u{1b}[2J here"],
    });
    let rows = [fle(1, &json!({})), fle(2, &json!({})), fle(3, &leads)];
    assert_eq!(kinds(&rows), ["lease", "note"]);
    assert!(
        findings(&rows)[1]
            .text
            .ends_with("says of itself: look \\u{1b}[2J here")
    );
}

#[test]
fn a_peer_that_answers_here_and_not_there_is_told() {
    let cut =
        json!({"peers": {"2": {"link": "unreachable", "reason": "no route"}, "3": {"link": "up"}}});
    let leads = json!({"state": "leading", "standing": "leading", "lease_ms": 900});
    let rows = [fle(1, &cut), fle(2, &json!({})), fle(3, &leads)];
    let text = only(&rows);
    let cut_off = "server 1 (127.0.77.1:2181) does not reach server 2 (127.0.77.2:2181), which \
                   answers here: no route";
    assert!(text.contains(cut_off), "{text}");
    let rows = [fle(1, &cut), silent(2, Nothing::Refused), fle(3, &leads)];
    assert_eq!(kinds(&rows), ["unreachable"]);
}

#[test]
fn a_read_only_server_has_no_quorum() {
    let rows = [
        reserved(1, "read-only", "0x0"),
        silent(2, Nothing::Refused),
        silent(3, Nothing::Refused),
    ];
    assert_eq!(
        kinds(&rows),
        [
            "no leader",
            "no quorum",
            "read-only",
            "unreachable",
            "unreachable",
            "not allowed"
        ]
    );
}

#[test]
fn many_are_not_all_named() {
    let rows: Vec<Row> = (1..=20).map(not_serving).collect();
    let text = only(&rows);
    assert!(text.contains("127.0.77.8:2181 and 12 more look"), "{text}");
}
