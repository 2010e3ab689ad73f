//! Who votes, where no configuration is given: those that the logs name.

use crate::support::{read, recorded};
use fle::Sid;
use fle::config::{DynamicConfig, Rules};
use fle_conformance::history::findings::Findings;
use fle_conformance::history::judge::{Outcome, QuorumSource, judge};
use fle_conformance::history::outage::words;
use fle_conformance::history::timeline;

const STARTED: &str = "2026-11-30 12:00:00,000 [myid:1] - INFO  [main:QuorumPeerMain@152] - Starting quorum peer, myid=1
2026-11-30 12:00:00,500 [myid:1] - INFO  [QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled):FastLeaderElection@946] - New election. My id = 1, proposed zxid=0x0
2026-11-30 12:00:00,502 [myid:1] - INFO  [WorkerReceiver[myid=1]:FastLeaderElection$Messenger$WorkerReceiver@391] - Notification: my state:LOOKING; n.sid:1, n.state:LOOKING, n.leader:1, n.round:0x1, n.peerEpoch:0x0, n.zxid:0x0, message format version:0x2, n.config version:0x0
";
const WAITS: &str = "2026-11-30 12:00:09,000 [myid:1] - INFO  [QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled):FastLeaderElection@979] - Notification time out: 400 ms
";

fn of(lines: &str) -> Findings {
    Findings::of(read(&[format!("{STARTED}{lines}{WAITS}")]), None)
}

#[test]
fn peers_that_a_lone_server_names_vote() {
    let channel = |sid: u8| {
        format!("2026-11-30 12:00:01,000 [myid:1] - WARN  [QuorumConnectionThread-[myid=1]-1:QuorumCnxManager@401] - Cannot open channel to {sid} at election address /10.0.0.{sid}:3888
java.net.ConnectException: Connection refused
")
    };
    let listed = "server.2=zk2:2888:3888:participant server.3=zk3:2888:3888 server.4=zk4:2888:3888:observer\n";
    for lines in [channel(2) + &channel(3), listed.to_owned()] {
        let findings = of(&lines);
        let verdict = &findings.verdict;
        assert_eq!(verdict.voters, [Sid(1), Sid(2), Sid(3)], "{lines}");
        assert_eq!(verdict.quorum, QuorumSource::Deduced);
        assert_eq!(verdict.unjudged, [], "{lines}");
        let told = timeline::text(&findings);
        assert!(told.contains("heard, voted for or named"), "{told}");
    }
}

#[test]
fn a_server_of_whose_peers_nothing_is_known_is_not_taken_for_all() {
    let findings = of("");
    assert_eq!(findings.verdict.quorum, QuorumSource::DeducedWithUnseen(2));
    assert_eq!(findings.verdict.unjudged, []);
    let answer = words::text(&findings.answer);
    assert!(
        answer.contains("whether the others had one is not known"),
        "{answer}"
    );
}

/// A rotated log and its successor, given in any order and with lines that are in both.
#[test]
fn two_parts_of_one_log_give_the_answer_of_the_whole() {
    let whole = recorded("three-leader-killed");
    let expected = words::text(&Findings::of(read(&whole), None).answer);
    let times = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|it| !it.starts_with("       "));
        lines.map(str::to_owned).collect()
    };
    let lines: Vec<&str> = whole[0].lines().collect();
    for cut in (20..lines.len()).step_by(7) {
        for both in [0, 3] {
            let old = lines[..cut].join("\n");
            let new = lines[cut - both..].join("\n");
            for parts in [[old.clone(), new.clone()], [new, old]] {
                let texts = [&parts[..], &whole[1..]].concat();
                let answer = words::text(&Findings::of(read(&texts), None).answer);
                assert_eq!(times(&answer), times(&expected), "{cut} {both}");
            }
        }
    }
}

/// Two servers with one id: of that one nothing is known, and the others tell of themselves.
#[test]
fn two_servers_of_one_id_make_no_time_without_a_leader() {
    let mut texts = recorded("three-late-joiner");
    let before = Findings::of(read(&texts), None).answer.outages;
    let copy = texts[0]
        .replace("myid:1", "myid:2")
        .replace("myid=1", "myid=2");
    texts.push(copy.replace("My id = 1", "My id = 2"));
    let after = Findings::of(read(&texts), None).answer.outages;
    let is_new = |it: &&fle_conformance::history::outage::Outage| {
        let covers = |old: &fle_conformance::history::outage::Outage| {
            old.from <= it.from
                && old
                    .until
                    .is_none_or(|end| it.until.is_some_and(|u| u <= end))
        };
        it.doubt.is_none() && !before.iter().any(covers)
    };
    assert_eq!(after.iter().find(is_new), None);
}

/// Four of five look, and the leader is established by two: some have no weight.
#[test]
fn servers_that_may_have_no_weight_are_not_known_to_be_needed() {
    let line = |sid: u8, rest: &str| {
        format!("2026-11-30 12:00:0{sid},000 [myid:{sid}] - INFO  [QuorumPeer[myid={sid}]:{rest}\n")
    };
    let vote = |sid: u8, from: u8| {
        format!(
            "FastLeaderElection@391] - Notification: my state:LOOKING; n.sid:{from}, n.state:LOOKING, n.leader:{from}, n.round:0x{sid}, n.peerEpoch:0x0, n.zxid:0x0, message format version:0x2, n.config version:0x0"
        )
    };
    let leads = line(1, "QuorumPeer@1549] - LEADING")
        + &line(
            1,
            "Leader@1519] - Have quorum of supporters, sids: [[1, 2]]; starting up and setting last processed zxid: 0x100000000",
        );
    let heard: String = (1..=5).map(|from| line(1, &vote(1, from))).collect();
    let mut texts = vec![heard + &leads];
    for sid in 3..=5 {
        let looks = line(
            sid,
            "FastLeaderElection@946] - New election. My id = 0, proposed zxid=0x0",
        );
        texts.push(
            looks.replace("My id = 0", &format!("My id = {sid}")) + &line(sid, &vote(1, sid)),
        );
    }
    let answer = Findings::of(read(&texts), None).answer;
    let is_certain = |it: &&fle_conformance::history::outage::Outage| {
        it.whose.server().is_none() && it.doubt.is_none()
    };
    assert_eq!(answer.outages.iter().find(is_certain), None);
}

/// Two of five have all the weight.
#[test]
fn a_leader_of_a_minority_is_not_judged_without_the_weights() {
    let mut texts = recorded("five-two-faults");
    texts[4] = texts[4].replace("sids: [[1, 2, 5]]", "sids: [[2, 5]]");
    let logs = read(&texts);
    let verdict = judge(&logs, None);
    assert_eq!(verdict.outcome(), Outcome::NotJudged);
    let why = &verdict.unjudged[0].why;
    assert!(why.contains("established by 2, 5, no majority"), "{why}");
    assert!(why.contains("--config"), "{why}");
    let servers = |more: &str| {
        let lines = (1..=5).map(|sid| format!("server.{sid}=a{sid}:2888:3888\n"));
        DynamicConfig::parse(&(lines.collect::<String>() + more), Rules::default()).unwrap()
    };
    let groups =
        servers("group.1=1:2:3:4:5\nweight.1=0\nweight.2=2\nweight.3=0\nweight.4=0\nweight.5=1\n");
    let objections = |config: &DynamicConfig| judge(&logs, Some(config)).objections.len();
    assert_eq!(objections(&groups), 0);
    assert_eq!(objections(&servers("")), 1);
}
