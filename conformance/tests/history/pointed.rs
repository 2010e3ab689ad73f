//! Recorded logs with a line changed by hand: the judge points at the line where it shows, and says
//! why.

use crate::support::{line_of, recorded, verdict, with_line};
use fle::Sid;
use fle_conformance::history::judge::Outcome;
use std::collections::BTreeSet;

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

/// Every single vote altered for the better, in each log: whatever follows, it does not pass
/// without a word.
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

/// Every log tells of it alike; but no server has a transaction of an epoch that it is not in.
#[test]
fn a_vote_beyond_its_own_epoch_is_not_allowed_silently() {
    let texts: Vec<String> = recorded("three-leader-killed")
        .iter()
        .map(|text| {
            let first = "n.leader:3, n.round:0x1, n.peerEpoch:0x0, n.zxid:0x";
            let text = text.replace(&format!("{first}0,"), &format!("{first}500000000,"));
            text.replacen(
                "My id = 3, proposed zxid=0x0",
                "My id = 3, proposed zxid=0x500000000",
                1,
            )
        })
        .collect();
    let verdict = verdict(&texts);
    assert_eq!(verdict.outcome(), Outcome::NotJudged);
    let why = &verdict.unjudged[0].why;
    assert!(
        why.contains("zxid 0x500000000, which is of epoch 5"),
        "{why}"
    );
}
