//! The same lines in other layouts, encodings and words: the judgement is the same.

use crate::own::walks;
use crate::spoken::{Line, Said, WHOLE, WORDS, in_words, in_zookeepers_words, spoken};
use flate2::Compression;
use flate2::write::GzEncoder;
use fle::Sid;
use fle_conformance::history::event::Ballot;
use fle_conformance::history::judge::{Looking, Outcome, judge};
use fle_conformance::history::log::Logs;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use tempfile::TempDir;

/// How a message is laid out in a line.
pub(crate) type Layout = fn(&Said) -> String;

pub(crate) fn log4j(said: &Said) -> String {
    format!(
        "{} [myid:{}] - {:<5} [{}:{}@123] - {}",
        said.at("%F %T,%3f"),
        said.sid,
        said.level,
        said.thread,
        said.class,
        said.message
    )
}

fn kafka(said: &Said) -> String {
    let class = said.full_class();
    format!(
        "[{}] {} {} ({class})",
        said.at("%F %T,%3f"),
        said.level,
        said.message
    )
}

fn thread_first(said: &Said, time: &str) -> String {
    format!(
        "{time} [{}] {} {} - {}",
        said.thread, said.level, said.class, said.message
    )
}

fn json_of_log4j2(it: &Said) -> serde_json::Value {
    let (seconds, nanos) = (it.time.as_second(), it.time.subsec_nanosecond());
    json!({
        "instant": {"epochSecond": seconds, "nanoOfSecond": nanos}, "thread": it.thread,
        "level": it.level, "loggerName": it.full_class(), "message": it.message,
        "contextMap": {"myid": it.sid.to_string()},
    })
}

fn json_fields(said: &Said) -> String {
    json!({
        "@timestamp": said.at("%FT%T.%3fZ"), "@version": "1", "message": said.message,
        "logger_name": said.full_class(), "thread_name": said.thread, "level": said.level,
        "myid": said.sid.to_string(),
    })
    .to_string()
}

/// Of ZooKeeper's own configurations and those of who packs it, of encoders, and of what passes
/// lines on.
pub(crate) const LAYOUTS: [(&str, Layout); 40] = [
    ("log4j", log4j),
    ("Debian", |it| {
        log4j(it).replace(&format!(" [myid:{}]", it.sid), "")
    }),
    ("logback", |it| {
        log4j(it)
            .replace(&format!("[myid:{}]", it.sid), "[myid:]")
            .replace(
                &format!(":{}@", it.class),
                &format!(":o.a.z.s.q.{}@", it.class),
            )
    }),
    ("slf4j-simple", |it| {
        thread_first(it, &it.at("%FT%T.%3f+0000"))
    }),
    ("milliseconds since the start", |it| {
        let since = it.time.as_millisecond() - 1_795_000_000_000;
        thread_first(it, &since.to_string())
    }),
    ("Kafka", kafka),
    ("Strimzi", |it| {
        let (time, class) = (it.at("%F %T,%3f"), it.full_class());
        format!(
            "{time} {} {} ({class}) [{}]",
            it.level, it.message, it.thread
        )
    }),
    ("CDH", |it| {
        format!(
            "{} {} {}: {}",
            it.at("%F %T,%3f"),
            it.level,
            it.full_class(),
            it.message
        )
    }),
    ("Spring", |it| {
        let (time, class) = (it.at("%F %T.%3f"), it.full_class());
        format!(
            "{time}  {} 7 --- [{}] {class} : {}",
            it.level, it.thread, it.message
        )
    }),
    ("JSON of logstash", json_fields),
    ("JSON of log4j2", |it| json_of_log4j2(it).to_string()),
    ("JSON with numbers for times", |it| {
        json!({
            "ts": it.time.as_millisecond(), "lvl": it.level, "logger": it.full_class(),
            "thread": it.thread, "msg": it.message,
        })
        .to_string()
    }),
    ("docker's json-file", |it| {
        let line = format!("{}\n", log4j(it));
        json!({"log": line, "stream": "stdout", "time": it.at("%FT%T.%9fZ")}).to_string()
    }),
    ("journald's JSON", |it| {
        let since = it.time.as_microsecond().to_string();
        json!({"__REALTIME_TIMESTAMP": since, "_HOSTNAME": "zk", "MESSAGE": log4j(it)}).to_string()
    }),
    ("journald's JSON of what is coloured", |it| {
        let since = it.time.as_microsecond().to_string();
        let line = log4j(it).replace("INFO", "\u{1b}[32mINFO\u{1b}[0m");
        json!({"__REALTIME_TIMESTAMP": since, "MESSAGE": line.as_bytes()}).to_string()
    }),
    ("JSON over several lines", |it| {
        serde_json::to_string_pretty(&json_of_log4j2(it)).unwrap()
    }),
    ("java.util.logging", |it| {
        let (time, class) = (it.at("%b %d, %Y %I:%M:%S.%3f %p"), it.full_class());
        let level = it.level.replace("WARN", "WARNING");
        format!("{time} {class} run\n{level}: {}", it.message)
    }),
    ("compose", |it| format!("zoo{}_1  | {}", it.sid, log4j(it))),
    ("compose with Kafka", |it| {
        format!("kafka-{}  | {}", it.sid, kafka(it))
    }),
    ("compose with times", |it| {
        format!("zoo{}  | {} {}", it.sid, it.at("%FT%T.%9fZ"), log4j(it))
    }),
    ("compose with JSON", |it| {
        format!("zoo{}  | {}", it.sid, json_fields(it))
    }),
    ("kubectl", |it| {
        format!("[pod/zk-{}/zookeeper] {}", it.sid - 1, kafka(it))
    }),
    ("stern", |it| {
        format!("zk-{} zookeeper {}", it.sid - 1, log4j(it))
    }),
    ("a container's runtime", |it| {
        format!("{} stdout F {}", it.at("%FT%T.%9fZ"), log4j(it))
    }),
    ("journald", |it| {
        let second = it.at("%b %d %T");
        format!(
            "{second} host{} zookeeper[{}]: {}",
            it.sid,
            1000 + it.sid,
            log4j(it)
        )
    }),
    ("syslog alone has the time", |it| {
        let time = it.at("%FT%T.%6f+00:00");
        format!(
            "{time} host{} zookeeper[7]: {}",
            it.sid,
            &thread_first(it, "")[1..]
        )
    }),
    ("syslog by its newer rules", |it| {
        let time = it.at("%FT%T.%3fZ");
        format!("<14>1 {time} host{} zookeeper 7 - - {}", it.sid, log4j(it))
    }),
    ("colours", |it| {
        let message = &it.message;
        log4j(it)
            .replace("INFO", "\u{1b}[32mINFO\u{1b}[0;39m")
            .replace(message, &format!("\u{1b}[36m{message}\u{1b}[0m"))
    }),
    ("colours in other words", |it| {
        log4j(it)
            .replace("INFO", "#033[32mINFO#033[m")
            .replace(" - ", "^[[1m - ^[[0m")
    }),
    ("indented", |it| format!("   \t{}  ", log4j(it))),
    ("American", |it| {
        thread_first(it, &it.at("%m/%d/%Y %I:%M:%S.%3f %p"))
    }),
    ("Apache's", |it| {
        thread_first(it, &it.at("[%d/%b/%Y:%T.%3f +0000]"))
    }),
    ("day first", |it| {
        thread_first(it, &it.at("%d %b %Y %T,%3f"))
    }),
    ("day first, with dashes", |it| {
        thread_first(it, &it.at("%d-%m-%Y %T,%3f"))
    }),
    ("day first, with slashes", |it| {
        thread_first(it, &it.at("%d/%m/%Y %T,%3f"))
    }),
    ("day and month, no year", |it| {
        thread_first(it, &it.at("%d-%m %T,%3f"))
    }),
    ("day and month, with a slash", |it| {
        thread_first(it, &it.at("%d/%m %T,%3f"))
    }),
    ("month and day, no year", |it| {
        thread_first(it, &it.at("%m-%d %T,%3f"))
    }),
    ("Hadoop's", |it| thread_first(it, &it.at("%y/%m/%d %T,%3f"))),
    ("no date", |it| kafka(it).replacen(&it.at("%F "), "", 1)),
];

/// What does not depend on the layout.
#[derive(PartialEq, Debug)]
pub(crate) struct Judgement {
    outcome: Outcome,
    /// By server and place among its events.
    pointed: Vec<(Option<Sid>, usize)>,
    elections: BTreeMap<Sid, Vec<Looking>>,
}

impl Judgement {
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What each server came to, in order.
    pub(crate) fn decided(&self) -> Vec<Vec<Option<Ballot>>> {
        let votes = |elections: &Vec<Looking>| elections.iter().map(|it| it.vote).collect();
        self.elections.values().map(votes).collect()
    }
}

pub(crate) fn judgement(logs: &Logs) -> Judgement {
    let verdict = judge(logs, None);
    let place = |at| {
        let servers = logs.servers.iter();
        let mut events =
            servers.flat_map(|(sid, log)| log.events.iter().zip(0..).map(move |it| (sid, it)));
        let found = events.find(|(_, (event, _))| event.at == at);
        found.map_or((None, 0), |(sid, (_, index))| (Some(*sid), index))
    };
    Judgement {
        outcome: verdict.outcome(),
        pointed: verdict.against_whole_logs().map(|it| place(it.1)).collect(),
        elections: verdict.elections.clone(),
    }
}

pub(crate) fn laid_out(lines: &[Line], layout: Layout) -> Vec<u8> {
    let mut text = String::new();
    for line in lines {
        match line {
            Line::Said(said) => text += &layout(said),
            Line::More(more) => text += more,
        }
        text.push('\n');
    }
    text.into_bytes()
}

fn read(files: &[Vec<u8>]) -> Logs {
    let folder = TempDir::new().unwrap();
    let paths: Vec<_> = (0..files.len())
        .map(|it| folder.path().join(it.to_string()))
        .collect();
    for (path, bytes) in paths.iter().zip(files) {
        fs::write(path, bytes).unwrap();
    }
    Logs::read(&paths).unwrap()
}

#[test]
fn every_layout_gives_the_same_judgement() {
    for ensemble in WHOLE {
        let lines = spoken(ensemble);
        let judged = |layout: Layout| {
            let files: Vec<_> = lines.iter().map(|it| laid_out(it, layout)).collect();
            let logs = read(&files);
            (
                judgement(&logs),
                logs.files.iter().map(|it| it.untimed).sum::<usize>(),
            )
        };
        let expected = judged(log4j);
        assert_eq!((expected.0.outcome, expected.1), (Outcome::Allowed, 0));
        for (name, layout) in LAYOUTS {
            assert_eq!(judged(layout), expected, "{ensemble} {name}");
        }
    }
}

#[test]
fn every_version_s_words_give_the_same_judgement() {
    for ensemble in WHOLE {
        let judged = |lines: &[Vec<Line>], layout: Layout| {
            let files: Vec<_> = lines.iter().map(|it| laid_out(it, layout)).collect();
            judgement(&read(&files))
        };
        let lines = spoken(ensemble);
        let expected = judged(&lines, log4j);
        for (version, words) in WORDS {
            let older = in_words(&lines, words);
            assert_eq!(judged(&older, log4j), expected, "{ensemble} {version}");
            assert_eq!(
                judged(&older, kafka),
                expected,
                "{ensemble} {version}, Kafka"
            );
        }
    }
}

#[test]
fn every_encoding_gives_the_same_judgement() {
    let lines = spoken("three-leader-killed");
    let plain: Vec<Vec<u8>> = lines.iter().map(|it| laid_out(it, log4j)).collect();
    let expected = judgement(&read(&plain));
    let utf16 = |bytes: &[u8], order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = str::from_utf8(bytes).unwrap();
        text.encode_utf16().flat_map(order).collect()
    };
    let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    let gzip = |bytes: &[u8]| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    type Encoding<'a> = Box<dyn Fn(&[u8]) -> Vec<u8> + 'a>;
    let encodings: [(&str, Encoding<'_>); 8] = [
        (
            "a mark",
            Box::new(|it| marked(b"\xef\xbb\xbf", it.to_vec())),
        ),
        (
            "UTF-16, little end first",
            Box::new(|it| marked(b"\xff\xfe", utf16(it, u16::to_le_bytes))),
        ),
        (
            "UTF-16, big end first",
            Box::new(|it| marked(b"\xfe\xff", utf16(it, u16::to_be_bytes))),
        ),
        (
            "UTF-16 without a mark",
            Box::new(|it| utf16(it, u16::to_le_bytes)),
        ),
        (
            "UTF-16 the other way",
            Box::new(|it| utf16(it, u16::to_be_bytes)),
        ),
        ("gzip", Box::new(gzip)),
        (
            "gzip twice over",
            Box::new(|it| {
                let (one, two) = it.split_at(it.len() / 2);
                [gzip(one), gzip(two)].concat()
            }),
        ),
        (
            "Windows' ends of lines",
            Box::new(|it| {
                str::from_utf8(it)
                    .unwrap()
                    .replace('\n', "\r\n")
                    .into_bytes()
            }),
        ),
    ];
    for (name, encode) in encodings {
        let files: Vec<_> = plain.iter().map(|it| encode(it)).collect();
        assert_eq!(judgement(&read(&files)), expected, "{name}");
    }
}

/// What the simulated servers of the model's walks say, as ZooKeeper would log it.
#[test]
fn walks_in_zookeepers_words_give_the_same_judgement_in_every_layout() {
    let mut allowed = 0;
    for ((scenario, seed, logs), (name, layout)) in walks().step_by(7).zip(LAYOUTS.iter().cycle()) {
        let lines = in_zookeepers_words(&logs);
        let judged = |layout: Layout| {
            let files = lines.iter().filter(|it| !it.is_empty());
            judgement(&read(
                &files.map(|it| laid_out(it, layout)).collect::<Vec<_>>(),
            ))
        };
        let expected = judged(log4j);
        allowed += usize::from(expected.outcome == Outcome::Allowed);
        assert_ne!(
            expected.outcome,
            Outcome::NotAllowed,
            "{} {seed}",
            scenario.name
        );
        assert_eq!(
            judged(*layout),
            expected,
            "{} {seed}: {name}",
            scenario.name
        );
    }
    assert!(allowed > 10, "{allowed}");
}
