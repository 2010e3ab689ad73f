//! Logs that an ensemble of the real ZooKeeper wrote: as they are, cut, rotated, garbled and in other layouts they are allowed;
//! falsified they are not, at the line where it shows.

use crate::support::{folder, line_of, read, recorded, verdict, with_line};
use fle::Sid;
use fle_conformance::history::judge::{Outcome, QuorumSource, Verdict, configuration, judge};
use fle_conformance::history::log::Logs;
use fle_conformance::history::oddities;
use fle_conformance::history::rebuild::History;
use fle_conformance::history::timeline;
use regex::Regex;
use std::collections::BTreeSet;

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

/// Receiver and election are two threads: a line of the one that was begun while the server still looked may stand after the
/// line of the other that says that it follows.
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

/// The receiver answers with the vote that it has read and the state that it reads later, when the server has begun to look.
#[test]
fn a_server_that_begins_to_look_may_announce_its_last_vote() {
    let first = "n.sid:2, n.state:LOOKING, n.leader:2, n.round:0x2";
    let unexplained = |vote: &str| {
        let mut texts = recorded("three-leader-killed");
        let line = line_of(&texts[0], |line| {
            line.contains("LOOKING; ") && line.contains(first)
        });
        let vote = format!("n.sid:2, n.state:LOOKING, {vote}");
        let before = |line: &str| format!("{}\n{line}", line.replace(first, &vote));
        texts[0] = with_line(&texts[0], line, before);
        verdict(&texts).unjudged.len()
    };
    assert_eq!(unexplained("n.leader:3, n.round:0x1"), 0);
    assert_eq!(unexplained("n.leader:1, n.round:0x1"), 1);
}

#[test]
fn the_timeline_tells_who_why_and_what_was_odd() {
    let texts = recorded("three-partition");
    let logs = read(&texts);
    let verdict = judge(&logs, None);
    let history = History::rebuild(&logs, &verdict);
    let oddities = oddities::find(&logs, &verdict, &history);
    let text = timeline::text(&logs, &verdict, &history, &oddities);
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
    let verdict = judge(logs, None);
    let history = History::rebuild(logs, &verdict);
    timeline::text(logs, &verdict, &history, &[])
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

/// A falsified log, and the line of which the judge must say that it cannot be.
struct Falsified {
    texts: Vec<String>,
    server: i64,
    line: usize,
}

impl Falsified {
    /// Changes the first line of server 1's log that holds all of these words.
    fn line(ensemble: &str, server: usize, words: &[&str], from: &str, to: &str) -> Self {
        let mut texts = recorded(ensemble);
        let line = line_of(&texts[server - 1], |line| {
            words.iter().all(|it| line.contains(it))
        });
        texts[server - 1] = with_line(&texts[server - 1], line, |text| {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        });
        Self {
            texts,
            server: i64::try_from(server).unwrap(),
            line,
        }
    }

    /// Leaves out the first line of this server's log that holds all of these words.
    fn without(ensemble: &str, server: usize, words: &[&str]) -> Self {
        let mut texts = recorded(ensemble);
        let line = line_of(&texts[server - 1], |line| {
            words.iter().all(|it| line.contains(it))
        });
        let mut lines: Vec<&str> = texts[server - 1].lines().collect();
        lines.remove(line - 1);
        texts[server - 1] = lines.join("\n");
        Self {
            texts,
            server: i64::try_from(server).unwrap(),
            line,
        }
    }

    /// The judge points here first.
    fn at(mut self, words: &[&str]) -> Self {
        let text = &self.texts[usize::try_from(self.server).unwrap() - 1];
        self.line = line_of(text, |line| words.iter().all(|it| line.contains(it)));
        self
    }

    /// The judge points at this line first: lines that are missing may explain it.
    fn is_pointed_at(&self, why: &str) {
        let verdict = verdict(&self.texts);
        assert_eq!(verdict.objections, [], "{why}");
        let first = verdict
            .unjudged
            .first()
            .unwrap_or_else(|| panic!("allowed: {why}"));
        let place = (first.sid, first.at.line);
        assert_eq!(place, (Some(Sid(self.server)), self.line), "{first:?}");
        assert!(first.why.contains(why), "{first:?}");
        assert!(first.absent.is_some(), "{first:?}");
    }

    /// The judge objects to this line first: whatever is missing, it cannot be.
    fn is_objected_to(&self, why: &str) {
        let verdict = verdict(&self.texts);
        let first = verdict
            .objections
            .first()
            .unwrap_or_else(|| panic!("allowed: {why}"));
        let place = (first.sid, first.at.line);
        assert_eq!(place, (Sid(self.server), self.line), "{first:?}");
        assert!(first.why.contains(why), "{first:?}");
    }
}

#[test]
fn a_vote_of_its_own_for_somebody_else_does_not_pass() {
    Falsified::line(
        "three-leader-killed",
        1,
        &["n.sid:1,", "n.leader:3"],
        "n.leader:3",
        "n.leader:2",
    )
    .is_pointed_at("must have announced 3");
}

#[test]
fn an_altered_zxid_does_not_pass() {
    Falsified::line(
        "three-leader-killed",
        2,
        &["n.sid:3,", "n.leader:3"],
        "n.zxid:0x0",
        "n.zxid:0x5",
    )
    .is_pointed_at("it hears server 3 announce 3 (epoch 0, zxid 0x5)");
    // Its own.
    Falsified::line(
        "three-leader-killed",
        3,
        &["n.sid:3,", "n.leader:3"],
        "n.zxid:0x0",
        "n.zxid:0x5",
    )
    .is_pointed_at("must have announced 3 (epoch 0, zxid 0x0)");
}

/// A vote that changes nothing for the server that hears it, and that its sender never cast.
#[test]
fn a_vote_that_nobody_cast_does_not_pass() {
    Falsified::line(
        "three-partition",
        3,
        &["n.sid:1,", "n.leader:1"],
        "n.zxid:0x0",
        "n.zxid:0xffffffffffffffff",
    )
    .is_pointed_at("it hears server 1, LOOKING, announce 1 (epoch 0, zxid 0xffffffffffffffff)");
}

#[test]
fn a_decision_without_an_election_does_not_pass() {
    let lost = ["state changed: looking"];
    let mut falsified = Falsified::line("three-leader-killed", 1, &lost, "", "");
    let text = &mut falsified.texts[0];
    *text = with_line(text, falsified.line, |line| {
        format!("{line}\n{}", line.replace("looking", "following"))
    });
    falsified.line += 1;
    falsified.is_pointed_at("it is FOLLOWING without an election");
}

#[test]
fn a_decreased_round_does_not_pass() {
    Falsified::line(
        "three-leader-killed",
        1,
        &["n.sid:1,", "n.round:0x2"],
        "n.round:0x2",
        "n.round:0x1",
    )
    .is_pointed_at("must have announced 1 (epoch 1, zxid 0x0) in round 2");
}

#[test]
fn a_decision_without_the_votes_for_it_does_not_pass() {
    // The second server leads by the vote of the first, and of nobody else.
    let vote = ["n.sid:1,", "n.leader:2", "n.round:0x2"];
    let falsified =
        Falsified::without("three-leader-killed", 2, &vote).at(&["state changed: leading"]);
    falsified.is_pointed_at("no quorum of 2 (epoch 1, zxid 0x0) in round 2");
}

#[test]
fn a_decision_before_its_votes_does_not_pass() {
    let mut texts = recorded("three-leader-killed");
    let is_vote = |line: &str| {
        ["n.sid:1,", "n.leader:2", "n.round:0x2"]
            .iter()
            .all(|it| line.contains(it))
    };
    let vote = line_of(&texts[1], is_vote);
    let mut lines: Vec<String> = texts[1].lines().map(str::to_owned).collect();
    let decision = line_of(&texts[1], |line| line.contains("state changed: leading"));
    let moved = lines.remove(decision - 1);
    lines.insert(vote - 1, moved);
    texts[1] = lines.join("\n");
    Falsified {
        texts,
        server: 2,
        line: vote,
    }
    .is_pointed_at("no quorum of 2");
}

#[test]
fn a_second_leader_of_a_round_does_not_pass() {
    Falsified::line(
        "three-leader-killed",
        1,
        &["state changed: following"],
        "following",
        "leading",
    )
    .is_pointed_at("it is LEADING, and the votes that it heard make 3 the leader");
}

#[test]
fn a_second_leader_of_an_epoch_is_objected_to() {
    Falsified::line(
        "three-leader-killed",
        2,
        &["Have quorum of supporters"],
        "0x200000000",
        "0x100000000",
    )
    .is_objected_to("server 2 is established in epoch 1, which server 3 leads");
}

#[test]
fn a_better_vote_that_is_ignored_does_not_pass() {
    // Nobody's log tells what the third server says, so only the second can be in the wrong.
    let mut falsified =
        Falsified::line("three-late-joiner", 2, &["n.sid:1,", "n.leader:2"], "", "");
    let text = &mut falsified.texts[1];
    let better = text.lines().nth(falsified.line - 1).unwrap();
    let better = better
        .replace("n.sid:1,", "n.sid:3,")
        .replace("n.leader:2", "n.leader:3");
    *text = with_line(text, falsified.line, |line| format!("{line}\n{better}"));
    falsified.texts.truncate(2);
    falsified
        .at(&["state changed: leading"])
        .is_pointed_at("it is LEADING");
}

/// Where the configuration changes, an objection may be the fault of the one assumed.
#[test]
fn nothing_is_objected_to_across_configurations() {
    let changes = ["state changed: following"];
    let mut falsified = Falsified::line("three-leader-killed", 1, &changes, "following", "leading");
    falsified.texts[2] = falsified.texts[2].replacen("config version:0x0", "config version:0x9", 1);
    let verdict = verdict(&falsified.texts);
    assert_eq!(verdict.objections, []);
    assert_eq!(verdict.unjudged[0].at.line, falsified.line);
}

#[test]
fn an_election_that_nobody_started_does_not_pass() {
    Falsified::without("three-debug", 3, &["New election"])
        .at(&["Sending Notification"])
        .is_pointed_at("proposes nobody");
}

/// Every single vote altered for the better, in each log: whatever follows, it does not pass without a word.
#[test]
fn no_altered_vote_passes_where_the_logs_can_tell() {
    let mut passed = BTreeSet::new();
    let mut altered = 0;
    for ensemble in ["three-leader-killed", "three-partition", "five-two-faults"] {
        let texts = recorded(ensemble);
        for (place, text) in texts.iter().enumerate() {
            for (number, line) in text.lines().enumerate() {
                if !(line.contains("my state:LOOKING") && line.contains("n.state:LOOKING")) {
                    continue;
                }
                let better = line.replace("n.zxid:0x", "n.zxid:0x7");
                let mut texts = texts.clone();
                texts[place] = with_line(text, number + 1, |_| better.clone());
                altered += 1;
                let verdict = verdict(&texts);
                if verdict.objections.is_empty() && verdict.unjudged.is_empty() {
                    passed.insert((ensemble, place + 1, number + 1));
                }
            }
        }
    }
    assert!(altered > 60, "{altered}");
    assert_eq!(passed, BTreeSet::new());
}
