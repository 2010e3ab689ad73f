//! Logs that an ensemble of the real ZooKeeper wrote: as they are, cut, rotated, garbled and in
//! other layouts they are allowed.

use crate::support::{folder, line_of, read, recorded, verdict, with_line};
use fle::Sid;
use fle_conformance::history::findings::Findings;
use fle_conformance::history::judge::{Outcome, QuorumSource, Verdict, configuration, judge};
use fle_conformance::history::log::Logs;
use fle_conformance::history::oddities;
use fle_conformance::history::outage::Kind;
use fle_conformance::history::rebuild::History;
use fle_conformance::history::timeline;
use regex::Regex;

const ENSEMBLES: [&str; 7] = [
    "five-two-faults",
    "three-debug",
    "three-late-joiner",
    "three-leader-killed",
    "three-observer",
    "three-partition",
    "three-untimed",
];

/// Whom each server settled on, in order.
fn leaders(verdict: &Verdict) -> Vec<Vec<i64>> {
    let votes = |elections: &Vec<_>| {
        let elections: &[fle_conformance::history::judge::Looking] = elections;
        let votes = elections.iter().filter_map(|looking| looking.vote);
        votes.map(|vote| vote.leader).collect()
    };
    verdict.elections.values().map(votes).collect()
}

#[test]
fn what_was_recorded_is_allowed() {
    for ensemble in ENSEMBLES {
        let logs = read(&recorded(ensemble));
        let config = configuration(&folder(ensemble).join("zoo.cfg")).unwrap();
        let told = judge(&logs, Some(&config));
        let deduced = judge(&logs, None);
        assert_eq!(
            (&told.objections[..], &told.unjudged[..]),
            (&[][..], &[][..]),
            "{ensemble}"
        );
        assert_eq!(told.quorum, QuorumSource::Told);
        assert_eq!(deduced.quorum, QuorumSource::Deduced);
        assert_eq!(deduced.voters, told.voters, "{ensemble}");
        assert_eq!(deduced.elections, told.elections, "{ensemble}");
    }
}

#[test]
fn the_elections_are_those_that_took_place() {
    let elected = |ensemble: &str| leaders(&verdict(&recorded(ensemble)));
    assert_eq!(
        elected("three-leader-killed"),
        [vec![3, 2], vec![3, 2], vec![3, 2]]
    );
    assert_eq!(elected("three-late-joiner"), [[2], [2], [2]]);
    assert_eq!(
        elected("three-partition"),
        [vec![3, 2], vec![3, 2], vec![3, 2]]
    );
    assert_eq!(elected("three-observer"), [[3], [3], [3], [3]]);
    assert_eq!(
        elected("five-two-faults"),
        [vec![5, 4], vec![5, 4], vec![5, 4], vec![5, 4], vec![5]]
    );
}

/// Receiver and election are two threads: a line of the one that was begun while the server still
/// looked may stand after the line of the other that says that it follows.
#[test]
fn a_notification_may_be_logged_after_the_decision_that_it_came_before() {
    let mut texts = recorded("three-leader-killed");
    let mut lines: Vec<&str> = texts[0].lines().collect();
    let decision = line_of(&texts[0], |line| line.ends_with("state changed: following")) - 1;
    assert!(lines[decision - 1].contains("my state:LOOKING"));
    lines.swap(decision - 1, decision);
    texts[0] = lines.join("\n");
    assert_eq!(verdict(&texts).objections, []);
}

/// Lines of server 2, which has no data, each with its milliseconds.
fn server_2(lines: &[(u32, &str)]) -> String {
    let line = |&(at, said): &(u32, &str)| {
        let class = match said.split_once(':') {
            Some(("Notification", _)) => "[WorkerReceiver[myid=2]] INFO x.FastLeaderElection",
            Some(("Sending Notification", _)) => "[QuorumPeer[myid=2]] DEBUG x.FastLeaderElection",
            _ if said.starts_with('N') => "[QuorumPeer[myid=2]] INFO x.FastLeaderElection",
            _ => "[QuorumPeer[myid=2]] INFO x.QuorumPeer",
        };
        format!("2026-11-30T13:52:03.{at:03}+0000 {class} - {said}\n")
    };
    lines.iter().map(line).collect()
}

/// What the receiver and the election of server 2 say of votes for 1 and for itself.
const HEARS_1: &str = "Notification: my state:LOOKING; n.sid:1, n.state:LOOKING, n.leader:1, \
     n.round:0x1, n.peerEpoch:0x9, n.zxid:0x900000000, message format version:0x2, \
     n.config version:0x0";
const HEARS_ITSELF: &str = "Notification: my state:LOOKING; n.sid:2, n.state:LOOKING, n.leader:2, \
     n.round:0x1, n.peerEpoch:0x0, n.zxid:0x0, message format version:0x2, n.config version:0x0";
const HEARS_ITSELF_FOR_1: &str = "Notification: my state:LOOKING; n.sid:2, n.state:LOOKING, \
     n.leader:1, n.round:0x1, n.peerEpoch:0x9, n.zxid:0x900000000, message format version:0x2, \
     n.config version:0x0";
const SENDS_2: &str = "Sending Notification: 2 (n.leader), 0x0 (n.zxid), 0x1 (n.round), \
     1 (recipient), 2 (myid), 0x0 (n.peerEpoch) ";
const SENDS_1: &str = "Sending Notification: 1 (n.leader), 0x900000000 (n.zxid), 0x1 (n.round), \
     1 (recipient), 2 (myid), 0x9 (n.peerEpoch) ";

#[test]
fn what_waits_when_a_vote_is_announced_is_heard_after_that() {
    let text = server_2(&[
        (0, "Starting quorum peer, myid=2"),
        (300, HEARS_1),
        (318, "LOOKING"),
        (320, "New election. My id = 2, proposed zxid=0x0"),
        (321, SENDS_2),
        (324, SENDS_1),
        (330, HEARS_ITSELF),
        (331, HEARS_ITSELF_FOR_1),
        (540, "FOLLOWING"),
    ]);
    assert_eq!(verdict(&[text]).outcome(), Outcome::Allowed);
}

/// The wait ends just before the better vote comes.
#[test]
fn a_vote_announced_again_may_come_back_after_the_next_was_announced() {
    let with = |returns: &[&'static str]| {
        let mut lines = vec![
            (0, "Starting quorum peer, myid=2"),
            (18, "LOOKING"),
            (20, "New election. My id = 2, proposed zxid=0x0"),
            (21, SENDS_2),
            (23, HEARS_ITSELF),
            (224, SENDS_2),
            (225, HEARS_1),
            (226, SENDS_1),
        ];
        lines.extend(returns.iter().map(|&line| (230, line)));
        lines.push((440, "FOLLOWING"));
        verdict(&[server_2(&lines)]).outcome()
    };
    assert_eq!(with(&[HEARS_ITSELF_FOR_1]), Outcome::Allowed);
    assert_eq!(with(&[HEARS_ITSELF, HEARS_ITSELF_FOR_1]), Outcome::Allowed);
    let the_wrong_way_round = with(&[HEARS_ITSELF_FOR_1, HEARS_ITSELF]);
    assert_eq!(the_wrong_way_round, Outcome::NotJudged);
}

/// The line of a wait in vain comes after the vote was announced again, and what comes meanwhile
/// before it.
#[test]
fn what_comes_while_a_vote_is_announced_again_is_heard_after_that() {
    let text = server_2(&[
        (0, "Starting quorum peer, myid=2"),
        (18, "LOOKING"),
        (20, "New election. My id = 2, proposed zxid=0x0"),
        (21, SENDS_2),
        (23, HEARS_ITSELF),
        (224, SENDS_2),
        (
            225,
            "Notification: my state:LOOKING; n.sid:1, n.state:LOOKING, n.leader:2, n.round:0x1, \
             n.peerEpoch:0x0, n.zxid:0x0, message format version:0x2, n.config version:0x0",
        ),
        (226, HEARS_ITSELF),
        (227, "Notification time out: 400 ms"),
        (440, "LEADING"),
    ]);
    assert_eq!(verdict(&[text]).outcome(), Outcome::Allowed);
}

/// What it asked while it looked, it answers as it follows, from a vote that it reads too early.
#[test]
fn a_server_that_asks_itself_as_it_settles_is_answered_by_two_states() {
    let text = server_2(&[
        (0, "Starting quorum peer, myid=2"),
        (18, "LOOKING"),
        (20, "New election. My id = 2, proposed zxid=0x0"),
        (21, SENDS_2),
        (23, HEARS_ITSELF),
        (
            30,
            "Notification: my state:LOOKING; n.sid:1, n.state:LOOKING, n.leader:1, n.round:0x3, \
             n.peerEpoch:0x0, n.zxid:0x0, message format version:0x2, n.config version:0x0",
        ),
        (
            31,
            "Notification: my state:LOOKING; n.sid:1, n.state:FOLLOWING, n.leader:3, n.round:0x3, \
             n.peerEpoch:0x9, n.zxid:0x0, message format version:0x2, n.config version:0x0",
        ),
        (
            32,
            "Notification: my state:LOOKING; n.sid:3, n.state:LEADING, n.leader:3, n.round:0x3, \
             n.peerEpoch:0x9, n.zxid:0x0, message format version:0x2, n.config version:0x0",
        ),
        (
            33,
            "Sending Notification: 2 (n.leader), 0x0 (n.zxid), 0x3 (n.round), 1 (recipient), \
             2 (myid), 0x0 (n.peerEpoch) ",
        ),
        (34, "Peer state changed: following"),
        (
            36,
            "Notification: my state:FOLLOWING; n.sid:2, n.state:LOOKING, n.leader:2, n.round:0x3, \
             n.peerEpoch:0x0, n.zxid:0x0, message format version:0x2, n.config version:0x0",
        ),
        (
            42,
            "Notification: my state:FOLLOWING; n.sid:2, n.state:FOLLOWING, n.leader:2, \
             n.round:0xffffffffffffffff, n.peerEpoch:0x0, n.zxid:0x0, \
             message format version:0x2, n.config version:0x0",
        ),
        (43, "FOLLOWING"),
    ]);
    assert_eq!(verdict(&[text]).outcome(), Outcome::Allowed);
}

/// The receiver answers with the vote that it has read and the state that it reads later, when the
/// server has begun to look.
#[test]
fn a_server_that_is_asked_as_it_begins_to_look_may_announce_its_last_vote() {
    let unexplained = |hears: usize, before: &str, vote: &str| {
        let mut texts = recorded("three-leader-killed");
        let text = &mut texts[hears - 1];
        let line = line_of(text, |line| {
            line.contains("LOOKING; ") && line.contains(before)
        });
        let inserted = |line: &str| format!("{}\n{line}", line.replace(before, vote));
        *text = with_line(text, line, inserted);
        verdict(&texts).unjudged.len()
    };
    let follows_3 = "n.sid:1, n.state:FOLLOWING, n.leader:3, n.round:0x1";
    let server_1 = |leader| format!("n.sid:1, n.state:LOOKING, n.leader:{leader}, n.round:0x1");
    assert_eq!(unexplained(2, follows_3, &server_1(3)), 0);
    assert_eq!(unexplained(2, follows_3, &server_1(1)), 1);
    // Nobody asks server 2 then.
    let looks = "n.sid:2, n.state:LOOKING, n.leader:2, n.round:0x2";
    let server_2 = "n.sid:2, n.state:LOOKING, n.leader:3, n.round:0x1";
    assert_eq!(unexplained(1, looks, server_2), 1);
}

#[test]
fn the_timeline_tells_who_why_and_what_was_odd() {
    let texts = recorded("three-partition");
    let text = timeline_of(&read(&texts));
    for told in [
        "election 1: server 3 in round 1",
        "server 3  votes for 3 (epoch 0, zxid 0x0)",
        "server 3  is established, in epoch 1",
        "why: the greatest credentials of the round: 3 with epoch 0 and zxid 0x0, before 2",
        "election 2: server 2 in round 2",
        "server 3  follows 2, which a quorum has settled on already",
        "why: a quorum had settled before a better vote reached it: 2 with epoch 1 and zxid 0x0, against 3",
        "waiting for better 201 ms",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    let joined = oddities_of("three-leader-killed");
    assert_eq!(joined, ["server 3 began in round 1 and joined round 2"]);
}

#[test]
fn a_missing_server_and_a_flood_are_odd() {
    let missing = "nothing was heard of server 5".to_owned();
    assert!(oddities_of("five-two-faults").contains(&missing));
    let mut texts = recorded("three-observer");
    let text = &mut texts[3];
    let heard = text.lines().rfind(|line| line.contains("my state:LOOKING"));
    let heard = heard
        .unwrap()
        .replace("my state:LOOKING", "my state:OBSERVING");
    text.push_str(&format!("\n{heard}").repeat(150));
    let flood = "server 4 received 150 notifications after it had settled";
    assert!(
        oddities_in(&texts).iter().any(|it| it.starts_with(flood)),
        "{:?}",
        oddities_in(&texts)
    );
}

fn oddities_of(ensemble: &str) -> Vec<String> {
    oddities_in(&recorded(ensemble))
}

fn oddities_in(texts: &[String]) -> Vec<String> {
    let logs = read(texts);
    let verdict = judge(&logs, None);
    let history = History::rebuild(&logs, &verdict);
    let found = oddities::find(&logs, &verdict, &history);
    found.into_iter().map(|it| it.what).collect()
}

#[test]
fn any_of_the_servers_logs_may_be_missing() {
    for ensemble in ENSEMBLES {
        let texts = recorded(ensemble);
        for some in 1_usize..1 << texts.len() {
            let kept = (0..texts.len()).filter(|place| some >> place & 1 == 1);
            let kept: Vec<String> = kept.map(|place| texts[place].clone()).collect();
            assert_eq!(verdict(&kept).objections, [], "{ensemble} {some:b}");
        }
    }
}

#[test]
fn a_log_may_begin_and_end_anywhere() {
    for ensemble in ["three-leader-killed", "three-partition", "three-observer"] {
        let texts = recorded(ensemble);
        for (place, text) in texts.iter().enumerate() {
            let lines: Vec<&str> = text.lines().collect();
            for cut in (0..lines.len()).step_by(5) {
                for part in [&lines[cut..], &lines[..cut]] {
                    let mut texts = texts.clone();
                    // A line of the server, so that there always is one.
                    texts[place] = format!("{}\n{}", part.join("\n"), marker(place + 1));
                    assert_eq!(verdict(&texts).objections, [], "{ensemble} {place} {cut}");
                }
            }
        }
    }
}

/// A line that says nothing but who wrote it, at a level that nothing follows from.
fn marker(sid: usize) -> String {
    format!("[QuorumPeer[myid={sid}]] INFO FastLeaderElection - Notification time out: 400 ms")
}

#[test]
fn clocks_that_differ_are_found_out_and_change_nothing() {
    let expected = read(&recorded("three-leader-killed"));
    assert_eq!(expected.notes, [""; 0]);
    let expected = timeline_of(&expected);
    for (day, words) in [("22", "86400.00"), ("30", "604800.00")] {
        let mut texts = recorded("three-leader-killed");
        texts[1] = texts[1].replace("2026-11-23", &format!("2026-11-{day}"));
        let logs = read(&texts);
        assert_eq!(judge(&logs, None).outcome(), Outcome::Allowed);
        let [note] = &logs.notes[..] else {
            panic!("{:?}", logs.notes);
        };
        assert!(note.starts_with("the clock of server 2 is "), "{note}");
        assert!(note.contains(words), "{note}");
        let names = |text: &str| {
            text.lines()
                .filter(|it| it.starts_with("election"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&timeline_of(&logs)), names(&expected));
        let starts = |text: &str| text.matches("+0 ms").count();
        assert_eq!(starts(&timeline_of(&logs)), starts(&expected));
    }
}

fn timeline_of(logs: &Logs) -> String {
    timeline::text(&Findings::of(logs.clone(), None))
}

#[test]
fn files_of_one_server_are_put_together() {
    let texts = recorded("three-leader-killed");
    let whole = verdict(&texts);
    let half = texts[0].len() / 2;
    let (old, new) = texts[0].split_at(texts[0][..half].rfind('\n').unwrap() + 1);
    let parts = [new, &texts[1], &texts[2], old].map(str::to_owned);
    assert_eq!(verdict(&parts).objections, []);
    assert_eq!(leaders(&verdict(&parts)), leaders(&whole));
}

#[test]
fn what_is_no_event_is_skipped_and_counted() {
    let texts = recorded("three-late-joiner");
    let before = read(&texts);
    let garbled: Vec<String> = texts
        .iter()
        .map(|text| {
            let lines = text
                .lines()
                .map(|line| format!("{line}\n\u{0}\u{fffd} {{\"sid\":1}}\nNotification: my st"));
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect();
    let after = read(&garbled);
    assert_eq!(judge(&after, None).objections, []);
    for (before, after) in before.files.iter().zip(&after.files) {
        assert_eq!(after.lines, 3 * before.lines);
        assert_eq!(after.events, before.events);
    }
}

/// The layouts and the wording of older versions, of which no recording is here.
#[test]
fn other_layouts_say_the_same() {
    let texts = recorded("three-leader-killed");
    let expected = verdict(&texts);
    let say = |pattern: &str, with: &str| {
        let pattern = Regex::new(pattern).unwrap();
        let texts: Vec<String> = texts
            .iter()
            .map(|text| pattern.replace_all(text, with).into_owned())
            .collect();
        let verdict = verdict(&texts);
        assert_eq!(verdict.objections, [], "{with}");
        assert_eq!(verdict.elections, expected.elections, "{with}");
    };
    let message = r"Notification: my state:(\w+); n.sid:(\d+), n.state:(\w+), n.leader:(\d+), n.round:(\w+), n.peerEpoch:(\w+), n.zxid:(\w+), message format version:0x2, n.config version:0x0";
    say(
        message,
        "Notification: 2 (message format version), $4 (n.leader), $7 (n.zxid), $5 (n.round), $3 (n.state), $2 (n.sid), $6 (n.peerEPoch), $1 (my state)0 (n.config version)",
    );
    say(
        message,
        "Notification: 1 (message format version), $4 (n.leader), $7 (n.zxid), $5 (n.round), $3 (n.state), $2 (n.sid), $6 (n.peerEpoch) $1 (my state)",
    );
    // Kafka's.
    say(
        r"(?m)^(\S+ \S+) \[myid:\d*\] - (\w+) +\[.*?(\w+)@\d+\] - (.*)$",
        "[$1] $2 $4 (org.apache.zookeeper.server.quorum.$3)",
    );
}

/// Server 3 leads, is removed, and hands over to 1 without an election.
#[test]
fn a_reconfiguration_changes_the_leader_without_an_election() {
    let texts = recorded("three-reconfigured");
    let findings = Findings::of(read(&texts[..2]), None);
    assert_eq!(findings.verdict.outcome(), Outcome::Allowed);
    assert_eq!(leaders(&findings.verdict), [[3, 2], [3, 2]]);
    let findings = Findings::of(read(&texts), None);
    let led: Vec<_> = findings
        .answer
        .outages
        .iter()
        .map(|it| (it.before, it.after))
        .collect();
    let [one, two, three] = [1, 2, 3].map(|sid| Some(Sid(sid)));
    assert_eq!(led, [(None, three), (three, one), (one, two)]);
    let [cause] = &findings.answer.outages[1].causes[..] else {
        panic!("{:?}", findings.answer.outages[1].causes);
    };
    assert_eq!(cause.kind, Kind::HandedOver);
    assert_eq!(cause.servers, [Sid(1), Sid(2), Sid(3)]);
    // The removed one is no voter any more, of which its log says nothing.
    let unjudged: Vec<_> = findings.verdict.unjudged.iter().map(|it| it.sid).collect();
    assert_eq!(unjudged, [three]);
}
