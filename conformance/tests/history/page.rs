//! The page and the drawing: whole in themselves, and safe whatever logs say.

use crate::support::{folder, read, recorded, write};
use fle::Sid;
use fle_conformance::history::drawing;
use fle_conformance::history::findings::Findings;
use fle_conformance::history::judge::configuration;
use fle_conformance::history::log::Logs;
use fle_conformance::history::page;
use std::fs;
use tempfile::TempDir;

/// What would run or load something if it were not escaped.
const HOSTILE: &str = "<script src=//evil></script><img onerror=x src=y>&amp;\"'--><svg/onload=x>";

#[test]
fn the_page_tells_all_and_loads_nothing() {
    let findings = Findings::of(read(&recorded("three-leader-killed")), None);
    let page = page::html(&findings);
    for part in [
        "When was there no leader?",
        "no leader from 21:34:11.736 to 21:34:12.278 (0.542 s) on 2026-11-23",
        "servers 1 and 2 lost the leader, server 3",
        "allowed",
        "election 2: server 2 in round 2",
        "<svg",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("default-src 'none'"), "the policy");
    for loads in ["<script", "<link", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(loads), "{loads}");
    }
}

#[test]
fn what_logs_say_is_escaped_in_the_page() {
    let folder = TempDir::new().unwrap();
    let mut texts = recorded("three-leader-killed");
    let refused = "2026-11-23 21:34:11,740 [myid:1] - WARN  [QuorumConnectionThread-[myid=1]-1:QuorumCnxManager@401] - Cannot open channel to 3 at election address";
    let hostile = HOSTILE.replace(' ', "\u{a0}");
    texts[0] += &format!("{refused} {hostile}/{HOSTILE}\njava.net.ConnectException: {HOSTILE}\n");
    texts[1] = texts[1].replace("sids: [[1, 2]]", "sids: [[2]]");
    texts[2] += &format!(
        "2026-11-23 21:34:19,000 [myid:3] - INFO  [x:FastLeaderElection@1] - {HOSTILE}\n\n"
    );
    let paths = write(&folder, &texts);
    let named = folder.path().join("<script>&.log");
    fs::rename(&paths[1], &named).unwrap();
    let paths = [paths[0].clone(), named, paths[2].clone()];
    let page = page::html(&Findings::of(Logs::read(&paths).unwrap(), None));
    for tag in ["<script", "<img", "<svg/"] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(
        page.contains("&lt;script&gt;&amp;.log"),
        "the name of the file"
    );
    assert!(
        page.contains("&lt;img onerror=x src=y&gt;&amp;amp;"),
        "the line"
    );
}

/// The width of a drawing, and the extents of its texts.
fn measured(svg: &str) -> (f64, Vec<(f64, f64, f64)>) {
    let document = roxmltree::Document::parse(svg).unwrap();
    let width = document.root_element().attribute("width").unwrap();
    let texts = document.descendants().filter(|it| it.has_tag_name("text"));
    (width.parse().unwrap(), texts.filter_map(extent).collect())
}

/// Where a text stands in the drawing, wider than any font draws it: from, to, and how high.
fn extent(node: roxmltree::Node<'_, '_>) -> Option<(f64, f64, f64)> {
    let number = |name: &str| node.attribute(name)?.parse::<f64>().ok();
    let letters = f64::from(u32::try_from(node.text()?.chars().count()).unwrap());
    let (x, y, width) = (number("x")?, number("y")?, letters * 8.5);
    let anchor = match node.attribute("class")? {
        "sid" | "event" => "middle",
        "time" => "end",
        _ => node.attribute("text-anchor").unwrap_or("start"),
    };
    Some(match anchor {
        "middle" => (x - width / 2.0, x + width / 2.0, y),
        "end" => (x - width, x, y),
        _ => (x, x + width, y),
    })
}

#[test]
fn no_words_of_the_drawing_overprint_others() {
    let long = |sid: usize| format!("922337203685477{sid:04}");
    let mut texts = recorded("five-two-faults");
    for text in &mut texts {
        for sid in 1..=5 {
            let to = long(sid);
            for (before, after) in [
                ("myid:", "]"),
                ("myid=", "]"),
                ("My id = ", ","),
                ("n.sid:", ","),
                ("n.leader:", ","),
            ] {
                *text = text.replace(
                    &format!("{before}{sid}{after}"),
                    &format!("{before}{to}{after}"),
                );
            }
        }
    }
    let folder = TempDir::new().unwrap();
    let deep = folder.path().join("a-folder-whose-name-is-long".repeat(8));
    fs::create_dir(&deep).unwrap();
    let paths = texts.iter().enumerate().map(|(index, text)| {
        let path = deep.join(format!("{index}.log"));
        fs::write(&path, text).unwrap();
        path
    });
    let logs = Logs::read(&paths.collect::<Vec<_>>()).unwrap();
    let findings = Findings::of(logs, None);
    assert!(
        findings.logs.servers.keys().all(|sid| sid.0 > 1 << 62),
        "long names"
    );
    assert_eq!(
        findings
            .history
            .elections
            .iter()
            .filter_map(|it| it.vote)
            .count(),
        2
    );
    let svg = drawing::draw(&findings).to_string();
    let (width, mut extents) = measured(&svg);
    assert!(extents.len() > 60, "{}", extents.len());
    extents.sort_by(|one, other| (one.2, one.0).partial_cmp(&(other.2, other.0)).unwrap());
    for two in extents.windows(2) {
        let beside = two[0].2 != two[1].2 || two[0].1 <= two[1].0;
        assert!(beside, "{two:?}");
    }
    assert!(
        extents.iter().all(|it| 0.0 <= it.0 && it.1 <= width),
        "{width}"
    );
}

#[test]
fn a_drawing_is_as_wide_as_its_longest_words() {
    let mut texts = recorded("three-leader-killed");
    texts[1] = texts[1].replace("sids: [[1, 2]]", "sids: [[2]]");
    let outer = TempDir::new().unwrap();
    let folder_name = outer.path().join("n".repeat(200));
    fs::create_dir(&folder_name).unwrap();
    let paths: Vec<_> = (1..)
        .zip(&texts)
        .map(|(sid, text)| {
            let path = folder_name.join(format!("{sid}.log"));
            fs::write(&path, text).unwrap();
            path
        })
        .collect();
    let config = configuration(&folder("three-leader-killed").join("zoo.cfg")).unwrap();
    let findings = Findings::of(Logs::read(&paths).unwrap(), Some(&config));
    assert_eq!(findings.verdict.objections[0].sid, Sid(2));
    let svg = drawing::draw(&findings).to_string();
    let (width, extents) = measured(&svg);
    let ends = extents.iter().map(|it| it.1).fold(0.0, f64::max);
    assert!(ends > 1500.0 && ends <= width, "{ends} of {width}");
}
