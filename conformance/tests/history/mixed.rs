//! Files as operators hand them over: several servers in one, one twice, with lines of others.

use crate::layouts::{LAYOUTS, judgement, log4j};
use crate::spoken::{Line, WHOLE, spoken};
use crate::support::{read, recorded};
use fle_conformance::history::judge::{Outcome, judge};
use fle_conformance::history::zookeeper::Part;
use serde_json::json;

fn lines(log: &[Line], layout: fn(&crate::spoken::Said) -> String) -> Vec<(String, String)> {
    let said = log.iter().filter_map(|line| match line {
        Line::Said(said) => Some((said.at("%FT%T.%3f"), layout(said))),
        Line::More(_) => None,
    });
    said.collect()
}

/// Layouts that name the server in each line, or what passed it on.
const NAMED: [&str; 9] = [
    "log4j",
    "slf4j-simple",
    "Strimzi",
    "JSON of logstash",
    "compose",
    "compose with Kafka",
    "compose with JSON",
    "kubectl",
    "journald",
];

#[test]
fn a_file_of_several_servers_gives_the_judgement_of_their_files() {
    for ensemble in WHOLE {
        let logs = spoken(ensemble);
        let whole: Vec<String> = logs
            .iter()
            .map(|log| {
                lines(log, log4j)
                    .into_iter()
                    .map(|it| it.1 + "\n")
                    .collect()
            })
            .collect();
        let expected = judgement(&read(&whole));
        for (name, layout) in LAYOUTS.iter().filter(|it| NAMED.contains(&it.0)) {
            let mut mixed: Vec<_> = logs.iter().flat_map(|log| lines(log, *layout)).collect();
            mixed.sort_by(|one, other| one.0.cmp(&other.0));
            let text: String = mixed.into_iter().map(|it| it.1 + "\n").collect();
            assert_eq!(judgement(&read(&[text])), expected, "{ensemble} {name}");
        }
    }
}

/// `sort` puts lines of one millisecond in another order than they were written in.
#[test]
fn sorted_lines_of_several_servers_accuse_nobody() {
    for ensemble in WHOLE {
        let logs = recorded(ensemble);
        let mut mixed: Vec<&str> = logs.iter().flat_map(|text| text.lines()).collect();
        mixed.sort_unstable();
        let verdict = judge(&read(&[mixed.join("\n")]), None);
        assert_eq!(verdict.objections, [], "{ensemble}");
    }
}

#[test]
fn what_is_given_twice_counts_once_and_is_said() {
    let texts = recorded("three-leader-killed");
    let expected = judgement(&read(&texts));
    let half = texts[1].len() / 2;
    let cut = texts[1][..half].rfind('\n').unwrap() + 1;
    let twice_in_one = format!("{}{}", texts[1], texts[1]);
    let overlapping = texts[1][..cut + 3000].rfind('\n').unwrap() + 1;
    let other_layout: String = lines(&spoken("three-leader-killed")[1], LAYOUTS[3].1)
        .into_iter()
        .map(|it| it.1 + "\n")
        .collect();
    let [one, two, three] = [&texts[0], &texts[1], &texts[2]].map(String::clone);
    for given in [
        vec![one.clone(), two.clone(), three.clone(), two.clone()],
        vec![one.clone(), twice_in_one, three.clone()],
        vec![
            one.clone(),
            two.clone(),
            three.clone(),
            two[..cut].to_owned(),
        ],
        vec![
            one.clone(),
            two.clone(),
            three.clone(),
            two[cut..].to_owned(),
        ],
        vec![
            one.clone(),
            two[..overlapping].to_owned(),
            two[cut..].to_owned(),
            three.clone(),
        ],
        vec![one.clone(), two.clone(), other_layout, three.clone()],
    ] {
        let logs = read(&given);
        assert_eq!(logs.notes.len(), 1, "{:?}", logs.notes);
        assert!(logs.notes[0].contains("given twice"), "{:?}", logs.notes);
        let (told, whole) = (judgement(&logs), &expected);
        assert_eq!(told.outcome(), whole.outcome());
        assert_eq!(told.decided(), whole.decided());
    }
}

#[test]
fn two_servers_of_one_id_are_pointed_at() {
    let mut texts = recorded("three-leader-killed");
    texts[2] = texts[2]
        .replace("myid:3", "myid:1")
        .replace("myid=3", "myid=1");
    let logs = read(&texts);
    assert!(
        logs.unclear
            .iter()
            .any(|it| it.why.contains("two servers may have this id"))
    );
    assert_eq!(judge(&logs, None).outcome(), Outcome::NotJudged);
}

#[test]
fn events_of_nobody_are_pointed_at() {
    let mut texts = recorded("three-leader-killed");
    texts[1] = texts[1].replacen(
        "[myid:2] - INFO  [WorkerReceiver[myid=2]",
        "- INFO  [Worker",
        3,
    );
    let logs = read(&[texts.concat()]);
    let why = "nothing tells which server said this and 2 lines more";
    assert!(
        logs.unclear.iter().any(|it| it.why == why),
        "{:?}",
        logs.unclear
    );
    assert_eq!(judge(&logs, None).outcome(), Outcome::NotJudged);
}

#[test]
fn what_is_not_understood_is_counted_and_shown() {
    let say = |class: &str| {
        let thread = "QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled)";
        format!(
            "2026-11-23 21:34:11,600 [myid:1] - WARN  [{thread}:{class}@1] - The moon is full\n"
        )
    };
    let mut texts = recorded("three-leader-killed");
    let end = texts[0].len();
    for class in [
        "Learner",
        "Leader",
        "QuorumCnxManager$Listener",
        "LearnerHandler",
        "Learner",
    ] {
        texts[0].insert_str(end, &say(class));
    }
    let logs = read(&texts);
    let counts: Vec<_> = logs.files[0]
        .not_understood
        .iter()
        .map(|(part, sample)| (*part, sample.count))
        .collect();
    assert_eq!(
        counts,
        [
            (Part::Leader, 1),
            (Part::Learner, 2),
            (Part::QuorumCnxManager, 1)
        ]
    );
    assert!(
        logs.files[0].not_understood[&Part::Learner]
            .text
            .ends_with("The moon is full")
    );
    assert!(
        logs.files[1].not_understood.is_empty(),
        "{:?}",
        logs.files[1]
    );
    assert_eq!(judge(&logs, None).outcome(), Outcome::Allowed);
    // What the election says may be a vote.
    texts[0].insert_str(0, &say("FastLeaderElection"));
    assert_eq!(judge(&read(&texts), None).outcome(), Outcome::NotJudged);
}

#[test]
fn a_log_that_says_that_it_lost_lines_is_shown() {
    let lost = "12 lines of this log are lost: it was not read in time";
    let started = json!({"sid": 1, "event": "server.started"});
    let says = json!({"target": "fle::program", "message": lost});
    let text = format!("{started}\n{says}\n");
    let logs = read(&[text]);
    assert_eq!(logs.files[0].lost[0].text, lost);
    assert_eq!(logs.files[0].lost[0].line, 2);
}

/// Nobody at all is no reason to fail.
#[test]
fn nothing_is_nothing_to_judge() {
    let mut logs = read(&recorded("three-leader-killed"));
    logs.servers.clear();
    assert_eq!(judge(&logs, None).outcome(), Outcome::Nothing);
}
