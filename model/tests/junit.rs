//! What failed, for those who keep lists: JUnit XML, and annotations on GitHub.

use fle_model::election::catalogue;
use fle_model::election::mutants::Mutant;
use fle_model::election::scenario::Scenario;
use fle_model::frame::check::{Options, check};
use fle_model::frame::failure::{STATES, failures};
use fle_model::frame::junit::{COLLISION, junit};
use fle_model::frame::report::{Report, Verdict};
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::shard::Shard;
use roxmltree::{Document, Node};
use std::fs;
use std::num::NonZeroUsize;
use std::process::Command;

/// Two timely servers, with the number of states that they come to.
fn two_servers() -> Scenario {
    Scenario {
        servers: 2,
        unique_states: 440,
        ..*catalogue::find("timely").expect("a scenario")
    }
}

fn report(scenario: &Scenario, shard: Shard) -> Report {
    let threads = NonZeroUsize::MIN;
    check(scenario, Options { threads, shard }, None)
}

/// The mutant that elects with one vote, noticed.
fn violated() -> Report {
    let scenario = catalogue::find("timely-oracle").expect("a scenario");
    report(&scenario.mutated(Mutant::OneVoteSuffices), Shard::WHOLE)
}

fn case<'a, 'x>(xml: &'a Document<'x>, name: &str) -> Node<'a, 'x> {
    let mut nodes = xml.descendants();
    let case =
        nodes.find(|node| node.has_tag_name("testcase") && node.attribute("name") == Some(name));
    case.unwrap_or_else(|| panic!("no case {name}"))
}

fn child<'a, 'x>(case: Node<'a, 'x>, name: &str) -> Node<'a, 'x> {
    let mut children = case.children();
    let child = children.find(|node| node.has_tag_name(name));
    child.unwrap_or_else(|| panic!("it has no {name}"))
}

#[test]
fn a_scenario_is_a_suite_and_a_property_a_case() {
    let report = report(&two_servers(), Shard::WHOLE);
    let xml = junit(std::slice::from_ref(&report)).expect("XML");
    let xml = Document::parse(&xml).expect("XML");
    let suite = xml.root_element().first_element_child().expect("a suite");
    assert_eq!(suite.attribute("name"), Some("timely"));
    let failed = report
        .properties
        .iter()
        .filter(|row| row.verdict.is_failure());
    let failed = failed.count();
    assert!(failed > 0, "two servers do not show everything");
    assert_eq!(suite.attribute("failures"), Some(&*failed.to_string()));
    for row in &report.properties {
        let case = case(&xml, &row.name);
        assert_eq!(case.attribute("classname"), Some("timely"));
        let failure = case.children().find(|node| node.has_tag_name("failure"));
        assert_eq!(
            failure.is_some(),
            row.verdict == Verdict::NeverSeen,
            "{row}"
        );
    }
    assert!(!case(&xml, STATES).has_children());
    let mut nodes = suite.descendants();
    let collision = nodes.find(|node| node.attribute("name") == Some(COLLISION));
    let chance = collision.expect("it is a property").attribute("value");
    assert_eq!(chance, Some(&*report.collision_probability.to_string()));
}

#[test]
fn a_failure_has_its_counterexample() {
    let report = violated();
    let xml = junit(std::slice::from_ref(&report)).expect("XML");
    let xml = Document::parse(&xml).expect("XML");
    let failure = child(case(&xml, "quorum evidence"), "failure");
    assert_eq!(failure.attribute("message"), Some("violated in 2 step(s)"));
    let text = failure.text().expect("the steps");
    let counterexample = report.counterexamples().next().expect("one");
    for step in counterexample.story.told() {
        assert!(text.contains(&step), "{text}");
    }
    child(case(&xml, "eligible"), "skipped");
    child(case(&xml, STATES), "skipped");
}

#[test]
fn another_number_of_states_than_the_pinned_one_is_a_failure() {
    let scenario = Scenario {
        unique_states: 441,
        ..two_servers()
    };
    let xml = junit(&[report(&scenario, Shard::WHOLE)]).expect("XML");
    let xml = Document::parse(&xml).expect("XML");
    let message = child(case(&xml, STATES), "failure").attribute("message");
    let message = message.expect("a message");
    assert!(
        message.starts_with("441 unique states are pinned."),
        "{message}"
    );
    assert!(message.contains("pin 440 in model/src/"), "{message}");
}

/// In a shard, what is not seen is no failure, and no number of states is pinned.
#[test]
fn there_is_a_failure_exactly_where_the_check_fails() {
    let pin = Scenario {
        unique_states: 441,
        ..two_servers()
    };
    let unvisited = Report {
        exhausted: false,
        ..report(&two_servers(), "0/2".parse().expect("a shard"))
    };
    let part = report(&two_servers(), "0/2".parse().expect("a shard"));
    assert!(part.passed());
    for report in [violated(), report(&pin, Shard::WHOLE), unvisited, part] {
        assert_eq!(failures(&report).is_empty(), report.passed(), "{report}");
    }
}

/// The file, and an annotation for the one property that is violated.
#[test]
fn the_command_line_writes_the_file_and_tells_github() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("junit.xml");
    let arguments = [
        "check",
        "--mutant",
        "one-vote-suffices",
        "timely-oracle",
        "--junit",
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-model"));
    command.args(arguments).arg(&file);
    let output = command.env("GITHUB_ACTIONS", "true").output();
    let output = output.expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    let xml = fs::read_to_string(&file).expect("it is written");
    case(&Document::parse(&xml).expect("XML"), "quorum evidence");
    let told = String::from_utf8_lossy(&output.stderr);
    let title = "::error title=timely-oracle%2C mutant one-vote-suffices%3A quorum evidence::";
    assert!(told.starts_with(title), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    let elsewhere = command.env_remove("GITHUB_ACTIONS").output();
    assert!(elsewhere.expect("the binary runs").stderr.is_empty());
}
