//! The answer: when there was no leader, why, who was missing, what to do; from lines as ZooKeeper
//! 3.8 and this project print them.

use crate::support::{read, recorded};
use fle::Sid;
use fle::config::{DynamicConfig, Rules};
use fle_conformance::history::complaint::Trouble;
use fle_conformance::history::findings::Findings;
use fle_conformance::history::outage::{Answer, Kind, Outage, Whose, words};

const STARTED: &str = "2026-11-30 12:00:00,000 [myid:1] - INFO  [main:QuorumPeerMain@152] - Starting quorum peer, myid=1
2026-11-30 12:00:00,500 [myid:1] - INFO  [QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled):FastLeaderElection@946] - New election. My id = 1, proposed zxid=0x0
";

/// The answer to logs of an ensemble of so many servers.
fn of(texts: &[String], servers: i64) -> Answer {
    let lines = (1..=servers).map(|sid| format!("server.{sid}=h:1:2:participant\n"));
    let config = DynamicConfig::parse(&lines.collect::<String>(), Rules::default()).unwrap();
    Findings::of(read(texts), Some(&config)).answer
}

/// The only time without a leader in the log of server 1, which goes on with these lines.
pub(crate) fn looking(lines: &str) -> Outage {
    let answer = of(&[format!("{STARTED}{lines}\n")], 3);
    assert_eq!(answer.outages.len(), 1, "{answer:#?}");
    answer.outages.into_iter().next().unwrap()
}

/// The recorded logs, of as many servers as there are.
fn answer(ensemble: &str) -> Answer {
    let texts = recorded(ensemble);
    let servers = i64::try_from(texts.len()).unwrap();
    of(&texts, servers)
}

/// What happened, without the lines that say so.
fn told(outage: &Outage) -> Vec<String> {
    outage.causes.iter().map(|it| it.what.clone()).collect()
}

#[test]
fn what_no_line_tells_is_not_known() {
    let outage = looking(
        "2026-11-30 12:00:09,000 [myid:1] - INFO  [QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled):FastLeaderElection@979] - Notification time out: 400 ms",
    );
    assert_eq!(told(&outage), ["server 1 was started"]);
    assert_eq!(outage.whose, Whose::ServerAtLeast(Sid(1)));
    let headline = words::headline(&outage);
    let unknown = "whether the others had one is not known from these logs";
    assert!(headline.ends_with(unknown), "{headline}");

    let begun = STARTED.lines().nth(1).unwrap();
    let answer = of(&[format!("{begun}\n")], 3);
    assert_eq!(told(&answer.outages[0]), ["not known from these logs"]);

    let untimed = answer_text("three-untimed");
    assert!(
        untimed.starts_with("when there was no leader is not known"),
        "{untimed}"
    );
}

fn answer_text(ensemble: &str) -> String {
    words::text(&answer(ensemble))
}

#[test]
fn a_leader_that_is_killed_is_told_first() {
    let answer = answer("three-leader-killed");
    let headlines: Vec<String> = answer.outages.iter().map(words::headline).collect();
    assert_eq!(
        headlines,
        [
            "no leader from 21:34:11.168 to 21:34:11.669 (0.501 s) on 2026-11-23; server 3 led after",
            "no leader from 21:34:11.736 to 21:34:12.278 (0.542 s) on 2026-11-23; server 3 led before, \
             server 2 after",
        ]
    );
    assert_eq!(
        told(&answer.outages[0]),
        ["servers 1, 2 and 3 were started"]
    );
    assert_eq!(
        told(&answer.outages[1]),
        [
            "server 3, which led, stopped, and was started again at 21:34:12.560",
            "servers 1 and 2 lost the leader, server 3: the other side closed the connection",
        ]
    );
    assert_eq!(answer.leader, Some(Sid(2)));
}

#[test]
fn a_leader_that_is_cut_off_leads_until_too_few_have_it() {
    let answer = answer("three-partition");
    let second = &answer.outages[1];
    assert_eq!(
        told(second),
        ["servers 1 and 2 lost the leader, server 3: timed out"]
    );
    assert_eq!((second.before, second.after), (Some(Sid(3)), Some(Sid(2))));
}

#[test]
fn who_is_missing_is_told_with_the_line_that_shows_it() {
    let texts = recorded("three-leader-killed");
    let killed = line_of_start(&texts[2], 2);
    let cut: String = texts[2]
        .lines()
        .take(killed)
        .map(|it| format!("{it}\n"))
        .collect();
    let answer = of(&[texts[0].clone(), texts[1].clone(), cut], 4);
    let missing: Vec<_> = answer.outages[1]
        .missing
        .iter()
        .map(|it| (it.sid.0, it.what.as_str()))
        .collect();
    assert_eq!(
        missing,
        [
            (3, "its log ends at 21:34:11.668"),
            (4, "no log of it tells of an election, and nobody heard it"),
        ]
    );
    let shown = answer.outages[1].missing[0].evidence.as_ref().unwrap();
    assert_eq!((shown.sid, shown.line), (Sid(3), killed));
}

/// The number of lines before a server starts for the time given.
fn line_of_start(text: &str, time: usize) -> usize {
    let starts = text
        .match_indices("Starting quorum peer")
        .nth(time - 1)
        .unwrap();
    // Its configuration is logged before it.
    let before = text[..starts.0].rfind("Reading configuration").unwrap();
    text[..before].lines().count() - 1
}

#[test]
fn two_servers_of_one_id_are_pointed_at() {
    let mut texts = recorded("three-leader-killed");
    let second = texts[1]
        .replace("0x0", "0x1")
        .replace("21:34:11,2", "21:34:11,3");
    texts.push(second);
    let answer = of(&texts, 3);
    let kinds = answer
        .outages
        .iter()
        .flat_map(|it| &it.causes)
        .map(|it| it.kind);
    assert!(
        kinds
            .into_iter()
            .any(|it| it == Kind::Complaint(Trouble::SameId)),
        "{answer:#?}"
    );
}

#[test]
fn exceptions_in_a_shared_file_belong_to_their_own_servers_line() {
    let text = "zk1  | 2026-11-30 12:00:00,000 [myid:1] - INFO  [main:QuorumPeerMain@152] - Starting quorum peer, myid=1
zk2  | 2026-11-30 12:00:00,001 [myid:2] - INFO  [main:QuorumPeerMain@152] - Starting quorum peer, myid=2
zk1  | 2026-11-30 12:00:01,000 [myid:1] - WARN  [QuorumConnectionThread-[myid=1]-1:QuorumCnxManager@401] - Cannot open channel to 3 at election address zk3/<unresolved>:3888
zk2  | 2026-11-30 12:00:01,000 [myid:2] - WARN  [QuorumConnectionThread-[myid=2]-1:QuorumCnxManager@401] - Cannot open channel to 3 at election address zk3/10.0.0.3:3888
zk1  | java.net.UnknownHostException: zk3
zk2  | java.net.ConnectException: Connection refused
zk1  | 2026-11-30 12:00:02,000 [myid:1] - INFO  [QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled):FastLeaderElection@946] - New election. My id = 1, proposed zxid=0x0
";
    let answer = of(&[text.to_owned()], 3);
    assert_eq!(
        told(&answer.outages[0]),
        [
            "servers 1 and 2 were started",
            "server 3 cannot be reached by server 2 (zk3/10.0.0.3:3888): connection refused",
            "server 3 cannot be reached by server 1 (zk3/<unresolved>:3888): unknown host",
        ]
    );
}

#[test]
fn this_projects_own_words_are_known_too() {
    let line = |time: &str, rest: &str| {
        format!(
            r#"{{"timestamp":"2026-11-30T12:00:{time}Z","level":"WARN","target":"fle",{rest}}}"#
        )
    };
    let log = [
        line("00.000000", r#""sid":1,"event":"server.started""#),
        line(
            "00.100000",
            r#""sid":1,"event":"election.started","zxid":"0x0","peer_epoch":0,"round":1"#,
        ),
        line(
            "01.000000",
            r#""peer":"2","message":"cannot reach server 2: 10.0.0.2:3888: Connection refused (os error 111)""#,
        ),
        line(
            "02.000000",
            r#""sid":"1","message":"looks for a leader again: too few voters follow this leader""#,
        ),
        line(
            "03.000000",
            r#""sid":"1","message":"cannot promise anything","error":"/d/acceptedEpoch: cannot write: No space left on device (os error 28)""#,
        ),
    ];
    let answer = of(&[log.join("\n")], 3);
    assert_eq!(
        told(&answer.outages[0]),
        [
            "server 1 was started",
            "the disk of server 1 is full",
            "server 2 cannot be reached by server 1: connection refused",
            "too few servers follow server 1",
        ]
    );
}

#[test]
fn a_server_that_is_without_a_leader_alone_is_told_apart() {
    let event = |sid: u8, second: u8, rest: &str| {
        format!(
            r#"{{"timestamp":"2026-11-30T12:00:{second:02}Z","target":"fle","sid":{sid},"event":{rest}}}"#
        )
    };
    let log = |sid: u8, starts: u8, until: u8| {
        [
            event(sid, starts, r#""server.started""#),
            event(
                sid,
                starts,
                r#""election.started","zxid":"0x0","peer_epoch":0,"round":1"#,
            ),
            event(
                sid,
                until,
                &format!(
                    r#""election.decided","state":"{}","leader":3,"round":1,"peer_epoch":0,"zxid":"0x0""#,
                    if sid == 3 { "LEADING" } else { "FOLLOWING" }
                ),
            ),
            event(
                sid,
                until,
                r#""leadership.established","leader":3,"peer_epoch":1"#,
            ),
        ]
        .join("\n")
    };
    let answer = of(&[log(1, 5, 35), log(2, 0, 1), log(3, 0, 1)], 3);
    let headlines: Vec<String> = answer.outages.iter().map(words::headline).collect();
    assert_eq!(
        headlines,
        [
            "no leader from 12:00:00.000 to 12:00:01.000 (1.000 s) on 2026-11-30; server 3 led after",
            "server 1 had no leader from 12:00:05 to 12:00:35 (30 s) on 2026-11-30, while others had \
             one; then it had server 3",
        ]
    );
    assert_eq!(told(&answer.outages[1]), ["server 1 was started"]);

    let again = [
        log(1, 0, 1),
        event(1, 5, r#""leadership.lost""#),
        log(1, 35, 36),
    ];
    let answer = of(&[again.join("\n"), log(2, 0, 1), log(3, 0, 1)], 3);
    assert_eq!(
        told(&answer.outages[1]),
        ["server 1 stopped, and was started again at 12:00:35.000"]
    );

    let joined = of(&[recorded("three-late-joiner")[2].clone()], 3);
    assert_eq!(joined.outages, [], "who joins hears that there is a leader");
    assert_eq!(joined.leader, Some(Sid(2)));
}

#[test]
fn a_time_without_a_leader_may_last_to_the_end_of_the_logs() {
    let answer = answer("five-two-faults");
    let last = answer.outages.last().unwrap();
    assert_eq!((last.whose, last.until), (Whose::Ensemble, None));
    assert_eq!(answer.leader, None);
    // Servers 3, 4 and 5 are a quorum, and their logs end before it.
    let doubt = last.doubt.as_ref().unwrap();
    assert_eq!(doubt.since, last.from);
    assert_eq!(doubt.servers, [Sid(3), Sid(4), Sid(5)]);
    let conclusion = "at the end of the logs no leader is told of, and one may not be told of\n";
    assert!(words::text(&answer).ends_with(conclusion));
}

#[test]
fn a_server_that_is_reached_soon_was_only_starting() {
    let channel = "2026-11-30 12:00:01,000 [myid:1] - WARN  [QuorumConnectionThread-[myid=1]-1:QuorumCnxManager@401] - Cannot open channel to 2 at election address /10.0.0.2:3888\njava.net.ConnectException: Connection refused";
    let heard = |second: u8| {
        format!(
            "{channel}\n2026-11-30 12:00:{second:02},000 [myid:1] - INFO  [WorkerReceiver[myid=1]:FastLeaderElection$Messenger$WorkerReceiver@391] - Notification: my state:LOOKING; n.sid:2, n.state:LOOKING, n.leader:2, n.round:0x1, n.peerEpoch:0x0, n.zxid:0x0, message format version:0x2, n.config version:0x0"
        )
    };
    assert_eq!(told(&looking(&heard(2))), ["server 1 was started"]);
    assert_eq!(
        told(&looking(&heard(20)))[1..],
        ["server 2 cannot be reached by server 1 (/10.0.0.2:3888): connection refused"]
    );
}

#[test]
fn what_was_said_before_another_leader_explains_no_later_time() {
    let line = |second: u8, rest: &str| {
        format!(r#"{{"timestamp":"2026-11-30T12:00:{second:02}Z","target":"fle","sid":1,{rest}}}"#)
    };
    let looks = r#""event":"election.started","zxid":"0x0","peer_epoch":0,"round":1"#;
    let leads = r#""event":"leadership.established","leader":1,"peer_epoch":1"#;
    let reach = r#""peer":"2","message":"cannot reach server 2: Connection refused""#;
    let follow =
        r#""peer":"2","message":"looks for a leader again: too few voters follow this leader""#;
    let log = [
        line(0, looks),
        line(2, reach),
        line(9, leads),
        line(14, follow),
        line(15, looks),
    ];
    let answer = of(&[log.join("\n")], 1);
    let told: Vec<Vec<String>> = answer.outages.iter().map(told).collect();
    assert_eq!(
        told,
        [
            ["server 2 cannot be reached by server 1: connection refused"],
            ["too few servers follow server 1"],
        ]
    );
}

/// The servers that it does not reach are well, and say nothing for that.
#[test]
fn a_server_with_wrong_addresses_knows_nothing_of_the_others() {
    let mut texts = recorded("three-leader-killed");
    let starts = STARTED.replace("2026-11-30 12:00:0", "2026-11-23 21:34:2");
    let refused = |peer: i64| {
        format!(
            "2026-11-23 21:34:21,092 [myid:1] - WARN  [QuorumConnectionThread-[myid=1]-1:\
             QuorumCnxManager@401] - Cannot open channel to {peer} at election address \
             /127.0.0.1:3882\njava.net.ConnectException: Connection refused\n"
        )
    };
    texts[0] = format!("{starts}{}{}", refused(2), refused(3));
    let text = words::text(&of(&texts, 3));
    assert!(
        text.contains("at the end of the logs server 2 leads"),
        "{text}"
    );
}
