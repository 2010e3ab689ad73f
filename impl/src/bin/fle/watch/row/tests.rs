//! Rows from the replies of real servers, and from those of others.

use super::*;
use crate::watch::answer::Commands;
use crate::watch::picture::Picture;
use crate::watch::recorded::*;
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

#[test]
fn a_leader_tells_all_of_itself() {
    let row = leader(3, "0x100000000", 2);
    assert_eq!(row.kind, Some(Kind::ZooKeeper));
    assert_eq!(row.version.as_deref(), Some("3.8.0"));
    assert_eq!((row.sid, row.state.clone()), (Some(3), State::Leading));
    assert_eq!((row.epoch, row.zxid), (Some(1), Some(Zxid(1 << 32))));
    assert_eq!((row.synced, row.voters), (Some(2), Some(3)));
    let members = row.current_members().unwrap();
    assert_eq!(members.config.to_string(), MEMBERS);
    assert!(row.refused.is_empty());
}

/// Its zxid is of an earlier epoch until the first transaction of this one.
#[test]
fn a_follower_does_not_tell_the_epoch() {
    let row = follower(2, "0x0");
    assert_eq!((row.sid, row.state.clone()), (Some(2), State::Following));
    assert_eq!(
        (row.epoch, row.zxid, row.leader),
        (None, Some(Zxid(0)), None)
    );
    assert_eq!((row.synced, row.voters), (None, Some(3)));
}

#[test]
fn a_server_that_allows_srvr_alone_tells_its_state() {
    let row = reserved(1, "observer", "0x30000001a");
    assert_eq!((row.sid, row.state.clone()), (None, State::Observing));
    assert_eq!(row.transactions(), Some((3, 26)));
    assert_eq!(row.refused, ["mntr", "conf"]);
    assert_eq!(row.version.as_deref(), Some("3.8.0"));
}

#[test]
fn a_server_that_allows_mntr_alone_tells_its_state() {
    let refusal = not_allowed("srvr");
    let row = row(3, &words(refusal, mntr_of_leader(2), not_allowed("conf")));
    assert_eq!((row.state.clone(), row.synced), (State::Leading, Some(2)));
    assert_eq!((row.zxid, row.epoch), (None, None));
}

#[test]
fn a_server_that_allows_nothing_is_there() {
    let [srvr, mntr, conf] = ["srvr", "mntr", "conf"].map(not_allowed);
    let row = row(3, &words(srvr, mntr, conf));
    assert_eq!(row.state, State::Untold);
    assert!(row.answers() && !row.serves());
}

/// Its id is 0, which is none.
#[test]
fn a_standalone_server_has_no_id() {
    let conf = "clientPort=2181\nserverId=0\n".to_owned();
    let mntr = "zk_version\t3.8.0\nzk_server_state\tstandalone\n".to_owned();
    let row = row(1, &words(srvr("standalone", "0x0"), mntr, conf));
    assert_eq!((row.sid, row.state.clone()), (None, State::Standalone));
    assert!(row.members.is_none());
    let row = row_at(1, 8080, &Answer::Admin(commands_of_standalone()));
    assert_eq!((row.sid, row.state.clone()), (None, State::Standalone));
    assert_eq!((row.leader, row.voters), (None, None));
    assert!(row.members.is_none());
}

#[test]
fn a_server_without_a_leader_says_that_it_does_not_serve() {
    assert_eq!(not_serving(1).state, State::NotServing);
    let mut commands = Commands::default();
    let error = NOT_SERVING.trim_end();
    commands.server_stats = json!({"command": "server_stats", "error": error});
    assert_eq!(row(1, &Answer::Admin(commands)).state, State::NotServing);
}

#[test]
fn an_admin_server_names_the_leader_and_the_voters() {
    let row = row_at(2, 8080, &Answer::Admin(commands(2, "follower", 0, 3)));
    assert_eq!(row.kind, Some(Kind::AdminServer));
    assert_eq!((row.sid, row.state.clone()), (Some(2), State::Following));
    assert_eq!(
        (row.leader, row.epoch, row.voters),
        (Some(3), None, Some(3))
    );
    let members = row.current_members().unwrap();
    assert_eq!(members.voters().collect::<Vec<_>>(), [1, 2, 3]);
    let row = row_at(
        3,
        8080,
        &Answer::Admin(commands(3, "leader", (7 << 32) + 5, 3)),
    );
    assert_eq!((row.state.clone(), row.epoch), (State::Leading, Some(7)));
    assert_eq!(
        (row.synced, row.version.as_deref()),
        (Some(2), Some("3.8.0"))
    );
}

#[test]
fn a_fle_server_tells_its_standing() {
    let row = fle(2, &json!({}));
    assert_eq!((row.kind, row.sid), (Some(Kind::Fle), Some(2)));
    assert_eq!((row.state.clone(), row.leader), (State::Following, Some(3)));
    assert_eq!((row.epoch, row.zxid), (Some(1), None));
    assert_eq!(row.voter_count(), Some(3));
    let chosen = json!({"standing": "electing", "established_epoch": null});
    assert_eq!(fle(2, &chosen).state, State::Establishing);
    let looks = json!({"standing": "electing", "state": "looking", "leader": null});
    assert_eq!(fle(2, &looks).state, State::Looking);
    let over = json!({"standing": "leading", "state": "leading", "lease_ms": 0});
    assert!(fle(3, &over).lease_is_over);
}

/// Programs of before these two were told.
#[test]
fn an_older_fle_server_is_understood() {
    let mut report = report();
    let fields = report.as_object_mut().unwrap();
    fields.remove("version");
    fields.remove("ensemble");
    let report = serde_json::from_value(report).unwrap();
    let row = row(2, &Answer::Fle(Box::new(report)));
    assert_eq!(
        (row.version.clone(), row.state.clone()),
        (None, State::Following)
    );
}

#[test]
fn numbers_with_a_fraction_are_numbers() {
    let mntr = mntr_of_leader(2).replace("followers\t2", "followers\t2.0");
    let row = row(3, &words(srvr("leader", "0x0"), mntr, String::new()));
    assert_eq!(row.synced, Some(2));
}

/// Those that are not in the configuration yet follow, too.
#[test]
fn followers_without_a_vote_do_not_count() {
    let mntr = mntr_of_leader(2).replace("non_voting_followers\t0", "non_voting_followers\t1");
    let row = row(3, &words(srvr("leader", "0x0"), mntr, String::new()));
    assert_eq!(row.synced, Some(1));
}

#[test]
fn who_a_server_is_is_remembered_and_how_it_is_is_not() {
    let before = leader(3, "0x100000000", 2);
    let row = not_serving(3).remembering(&before);
    assert_eq!((row.sid, row.state.clone()), (Some(3), State::NotServing));
    assert_eq!((row.epoch, row.zxid, row.synced), (None, None, None));
    assert!(row.members.is_some() && row.current_members().is_none());
    let row = silent(3, Nothing::Refused).remembering(&row);
    assert_eq!((row.kind, row.sid), (Some(Kind::ZooKeeper), Some(3)));
    // Whoever answers says himself who he is.
    let row = reserved(3, "follower", "0x0").remembering(&row);
    assert_eq!(row.sid, None);
}

#[test]
fn what_a_stranger_says_is_escaped_and_cut() {
    let long = "\u{1b}[2J\u{7}\u{202e}".to_owned() + &"x".repeat(10_000) + "\nmore";
    let State::Stranger(text) = row(1, &Answer::Stranger(long)).state else {
        panic!("it is a stranger");
    };
    assert!(text.starts_with("\\u{1b}[2J\\u{7}\\u{202e}xxx"), "{text}");
    assert!(text.chars().count() < 200 && text.ends_with("x…"), "{text}");
}

#[test]
fn numbers_that_are_none_are_left_out() {
    let liar = words(
        srvr("leader", "0xfffffffffffffffff").replace("3.8.0", "\u{1b}[31m"),
        "zk_synced_followers\t99999999999999999999\nzk_quorum_size\t-3\n".to_owned(),
        "serverId=9999999999999999999\nmembership: \nserver.1=\u{1b}:1:2\n".to_owned(),
    );
    let row = row(1, &liar);
    assert_eq!(row.state, State::Leading);
    assert_eq!(
        (row.version.clone(), row.sid, row.zxid, row.epoch),
        (None, None, None, None)
    );
    assert_eq!((row.synced, row.voters), (None, None));
    assert!(row.members.is_none());
}

proptest! {
    /// Whatever comes, a row comes of it that a terminal can be shown.
    #[test]
    fn no_reply_upsets_a_terminal(srvr in ".*", mntr in "(zk_[a-z_]+\t.*\n)*", conf in ".*") {
        let row = row(1, &words(srvr.clone(), mntr, conf));
        let stranger = row_at(2, 22, &Answer::Stranger(srvr));
        let picture = Picture::new(
            Duration::ZERO,
            vec![row, stranger],
            None,
        );
        let page = picture.page(None);
        prop_assert!(page.lines().all(|line| !line.contains(char::is_control)), "{page:?}");
    }
}
