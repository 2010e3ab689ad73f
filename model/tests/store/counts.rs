//! What a search in a store comes to is what one in memory comes to.

use crate::support::{NARROW, OPTIONS, check_in, files, folder, run, scenario};
use fle_model::frame::any::AnyScenario;
use fle_model::frame::check::Options;
use fle_model::frame::report::{Report, Verdict};
use fle_model::frame::shard::Shard;
use fle_model::frame::store::{Limits, Store};
use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

/// The verdicts, but for those on fair runs, which a store leaves open.
fn verdicts(report: &Report, of: &Report) -> Vec<(String, Verdict)> {
    let rows = report.properties.iter().zip(&of.properties);
    let rows = rows.filter(|(_, of)| of.verdict != Verdict::NotJudged);
    rows.map(|(row, _)| (row.name.clone(), row.verdict))
        .collect()
}

fn assert_alike(in_memory: &Report, in_store: &Report) {
    let counts = |report: &Report| {
        (
            report.initial_states,
            report.unique_states,
            report.generated_states,
            report.exhausted,
            report.pin_differs(),
        )
    };
    assert_eq!(counts(in_store), counts(in_memory));
    assert_eq!(in_store.coverage, in_memory.coverage);
    assert_eq!(in_store.properties.len(), in_memory.properties.len());
    assert_eq!(verdicts(in_store, in_store), verdicts(in_memory, in_store));
}

#[test]
fn counts_and_verdicts_are_those_of_a_search_in_memory() {
    for name in ["oracle-wires", "timely-oracle", "establish-timely"] {
        let in_memory = scenario(name).check(OPTIONS, None);
        let folder = folder();
        let in_store = check_in(folder.path(), scenario(name)).expect("a store");
        assert_alike(&in_memory, &in_store);
        let is_timely = in_memory.liveness.is_some();
        assert_eq!(in_store.passed(), !is_timely, "{in_store}");
    }
}

#[test]
fn limits_change_no_count() {
    let wide = Limits {
        recent: 1 << 16,
        ..Limits::default()
    };
    let none_recent = Limits {
        recent: 0,
        ..NARROW
    };
    let alone = Options {
        threads: NonZeroUsize::MIN,
        ..OPTIONS
    };
    let scenario = scenario("timely-oracle");
    let in_memory = scenario.check(OPTIONS, None);
    for (limits, options) in [(wide, OPTIONS), (none_recent, OPTIONS), (wide, alone)] {
        let folder = folder();
        let store = Store {
            folder: folder.path(),
            limits,
        };
        let in_store = scenario.check_in_store(store, options, None);
        assert_alike(&in_memory, &in_store.expect("a store"));
    }
}

#[test]
fn a_shard_in_a_store_is_that_shard() {
    let options = Options {
        shard: "1/3".parse::<Shard>().expect("a shard"),
        ..OPTIONS
    };
    let scenario = scenario("timely-oracle");
    let in_memory = scenario.check(options, None);
    let folder = folder();
    let store = Store {
        folder: folder.path(),
        limits: NARROW,
    };
    let in_store = scenario.check_in_store(store, options, None);
    assert_alike(&in_memory, &in_store.expect("a store"));
}

fn broken(name: &str, mutant: &str) -> Box<dyn AnyScenario> {
    scenario(name).broken(mutant).expect("it has the rule")
}

/// The properties that are violated, and in how many steps.
fn violations(report: &Report) -> BTreeMap<&str, usize> {
    let found = report.counterexamples();
    found
        .map(|it| (it.property, it.story.steps.len()))
        .collect()
}

/// Which of several states is found first, and so which properties fail in it, hangs on threads.
#[test]
fn a_counterexample_is_a_shortest_one() {
    for (name, mutant) in [
        ("timely-oracle", "half-suffices"),
        ("timely-oracle", "oracle-grants-both"),
        ("establish-timely", "lower-epoch-promised"),
    ] {
        let in_memory = broken(name, mutant).check(OPTIONS, None);
        let folder = folder();
        let in_store = check_in(folder.path(), &*broken(name, mutant)).expect("a store");
        assert!(!in_store.passed() && !in_store.exhausted);
        let (ours, theirs) = (violations(&in_store), violations(&in_memory));
        assert_eq!(ours.values().min(), theirs.values().min(), "{mutant}");
        let both = ours.iter().filter(|(name, _)| theirs.contains_key(*name));
        assert!(both.clone().all(|(name, steps)| theirs[name] == *steps));
        assert!(both.count() > 0, "{ours:?} {theirs:?}");
        let again = check_in(folder.path(), &*broken(name, mutant)).expect("a store");
        assert_eq!(violations(&again), ours);
    }
}

#[test]
fn a_violation_is_told_drawn_and_written_as_ever() {
    let folder = folder();
    let [store, traces, page, cases] =
        ["store", "traces", "page.html", "cases.xml"].map(|name| folder.path().join(name));
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let output = run(
        &[
            "timely-oracle",
            "--mutant",
            "half-suffices",
            "--trace-dir",
            &path(&traces),
            "--html",
            &path(&page),
            "--junit",
            &path(&cases),
        ],
        &store,
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("  VIOLATED   "), "{text}");
    assert!(text.contains("stopped at a counterexample"), "{text}");
    let written = files(&traces);
    let of_kind = |kind: &str| written.iter().any(|name| name.ends_with(kind));
    assert!(of_kind(".json") && of_kind(".svg") && of_kind(".jsonl"));
    assert!(fs::read_to_string(page).expect("a page").contains("<svg"));
    assert!(
        fs::read_to_string(cases)
            .expect("XML")
            .contains("violated in")
    );
}

/// What holds in every fair run is not judged, which neither the text nor the exit code pass over.
#[test]
fn what_is_not_judged_fails_the_check_and_is_said() {
    let folder = folder();
    let cases = folder.path().join("cases.xml");
    let store = folder.path().join("store");
    let junit = cases.to_str().expect("UTF-8");
    let output = run(&["timely-oracle", "--junit", junit], &store);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("  NOT JUDGED election terminates\n"),
        "{text}"
    );
    assert!(
        text.contains("  FAILED: what must hold eventually is not judged"),
        "{text}"
    );
    assert!(text.contains("1 scenario(s) checked, 1 failed"), "{text}");
    let cases = fs::read_to_string(cases).expect("XML");
    assert!(cases.contains("failure message=\"what must hold eventually is not judged"));
}

#[test]
fn a_search_that_is_complete_tells_its_report_again() {
    let folder = folder();
    let first = check_in(folder.path(), scenario("timely-oracle-wires")).expect("a store");
    let manifest = folder.path().join("fle-model-store.json");
    let before = fs::read(&manifest).expect("a manifest");
    let again = check_in(folder.path(), scenario("timely-oracle-wires")).expect("a store");
    assert_alike(&first, &again);
    assert_eq!((again.seconds, again.depth), (first.seconds, first.depth));
    assert_eq!(fs::read(&manifest).expect("a manifest"), before);
    let kept = files(folder.path());
    let is_kept = |name: &String| name.ends_with("s.lz4") || !name.starts_with("layer-");
    assert!(kept.iter().all(is_kept), "{kept:?}");
}
