//! A run as a page for browsers.

use fle_model::election::catalogue;
use fle_model::election::mutants::Mutant;
use fle_model::frame::check::{Options, check};
use fle_model::frame::html::html;
use fle_model::frame::report::Report;
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::shard::Shard;
use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::process::Command;

fn report(mutant: Option<Mutant>) -> Report {
    let whole = catalogue::find("timely-oracle").expect("a scenario");
    let scenario = mutant.map_or(*whole, |mutant| whole.mutated(mutant));
    let options = Options {
        threads: NonZeroUsize::MIN,
        shard: Shard::WHOLE,
    };
    check(&scenario, options, None)
}

#[test]
fn every_verdict_is_in_the_page() {
    let report = report(None);
    let page = html(std::slice::from_ref(&report));
    assert!(page.contains("1 scenario(s) checked, 0 failed"));
    assert!(page.contains("3,584") && !page.contains("<svg"));
    for row in &report.properties {
        let (name, verdict) = (&row.name, row.verdict.name());
        let cells = format!("<td>{name}</td><td class=\"passed\">{verdict}</td>");
        assert!(page.contains(&cells), "{page}");
    }
}

/// A server that crashes does return here.
#[test]
fn what_happened_is_counted_and_what_never_did_is_told() {
    let report = report(None);
    let page = html(std::slice::from_ref(&report));
    let steps = |kind: &str| {
        let mut taken = report.coverage.iter();
        let taken = taken.find(|taken| taken.kind == kind);
        taken.expect("it is counted").steps
    };
    let arrives = "a notification arrives";
    let cells = format!(
        "<td>{arrives}</td><td class=\"count\">{}</td>",
        steps(arrives)
    );
    assert!(steps(arrives) > 0 && page.contains(&cells), "{page}");
    let stops = "a server crashes for good";
    let cells = format!("<td>{stops}</td><td>an action</td>");
    assert!(steps(stops) == 0 && page.contains(&cells), "{page}");
    assert!(!page.contains(&format!("<td>{arrives}</td><td>an action</td>")));
}

#[test]
fn a_counterexample_is_told_and_drawn() {
    let report = report(Some(Mutant::OneVoteSuffices));
    let page = html(std::slice::from_ref(&report));
    let violated = "<td>quorum evidence</td><td class=\"failed\">VIOLATED</td>";
    assert!(page.contains(violated), "{page}");
    assert!(page.contains("<td>eligible</td><td class=\"open\">undecided</td>"));
    let counterexample = report.counterexamples().next().expect("one");
    assert!(page.contains(&counterexample.svg()));
    for step in counterexample.story.told() {
        assert!(page.contains(&format!(". {step}\n")), "{step}");
    }
}

#[test]
fn text_is_escaped_and_nothing_comes_from_elsewhere() {
    let pinned = Report {
        covers: "<script>&\"".to_owned(),
        pinned_unique_states: Some(1),
        ..report(None)
    };
    let page = html(&[pinned, report(Some(Mutant::OneVoteSuffices))]);
    assert!(page.contains("<p>&lt;script&gt;&amp;&quot;</p>"), "{page}");
    assert!(page.contains("<p class=\"failed\">1 unique states are pinned."));
    let page = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for elsewhere in ["<script", "src=", "://", "@import", "<link"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}

/// The styles of diagrams are the page's, too.
#[test]
fn the_page_and_its_diagrams_share_no_class() {
    let page = html(&[report(Some(Mutant::OneVoteSuffices))]);
    let styles = page.split("<style>").skip(1);
    let classes = styles.map(|rest| {
        let (style, _) = rest.split_once("</style>").expect("it ends");
        let words = style.split_whitespace();
        let classes = words.filter_map(|word| word.strip_prefix('.'));
        let named = classes.filter(|class| class.starts_with(|c: char| c.is_ascii_lowercase()));
        let named = named.map(|class| class.trim_end_matches(',').to_owned());
        named.collect::<BTreeSet<_>>()
    });
    let [page, diagram] = &classes.collect::<Vec<_>>()[..] else {
        panic!("one style each");
    };
    assert!(page.contains("failed") && diagram.contains("lifeline"));
    assert!(page.is_disjoint(diagram), "{page:?} {diagram:?}");
}

#[test]
fn the_command_line_writes_the_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-model"));
    command
        .args(["check", "timely-oracle", "--html"])
        .arg(&file);
    let output = command.output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(0));
    let page = fs::read_to_string(&file).expect("it is written");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("quorum evidence"));
}
