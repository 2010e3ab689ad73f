//! Reports of shards, merged: against the report of the whole run, and against all that can be
//! wrong with them.

use fle_model::election::catalogue;
use fle_model::election::scenario::Scenario;
use fle_model::frame::check::{Options, check};
use fle_model::frame::merge::{Part, merge, parse};
use fle_model::frame::report::{Kept, Report, Verdict};
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

static TWO_SERVERS: LazyLock<Scenario> = LazyLock::new(|| Scenario {
    name: "two servers",
    covers: "two servers, no faults",
    servers: 2,
    unique_states: UNIQUE_STATES,
    ..*catalogue::find("timely").expect("a scenario")
});
const UNIQUE_STATES: usize = 440;

/// The report of a shard, as it is written.
fn shard(text: &str) -> Value {
    let options = Options {
        threads: NonZeroUsize::MIN,
        shard: text.parse().expect("a shard"),
    };
    serde_json::to_value([check(&*TWO_SERVERS, options, None)]).expect("JSON")
}

fn shards<const N: usize>() -> [Value; N] {
    std::array::from_fn(|index| shard(&format!("{index}/{N}")))
}

fn merged(files: &[Value]) -> Result<Vec<Report<Kept>>, String> {
    let parts = files.iter().zip('a'..).map(|(file, name)| {
        let text = serde_json::to_vec(file).expect("JSON");
        parse(&name.to_string(), &text)
    });
    let parts: Result<Vec<Vec<Part>>, String> = parts.collect();
    merge(parts?.concat())
}

fn one(files: &[Value]) -> Report<Kept> {
    let mut merged = merged(files).expect("they are of one run");
    assert_eq!(merged.len(), 1);
    merged.remove(0)
}

fn verdict(report: &Report<Kept>, property: &str) -> Verdict {
    let row = report.properties.iter().find(|row| row.name == property);
    row.expect("the property is checked").verdict
}

/// What is the same however a run was divided.
fn invariant(report: &Value) -> Value {
    let mut facts = report.clone();
    for varies in [
        "merged",
        "depth",
        "seconds",
        "states_per_second",
        "peak_memory_bytes",
        "collision_probability",
    ] {
        facts.as_object_mut().expect("an object").remove(varies);
    }
    facts["liveness"]["seconds"] = Value::Null;
    facts
}

#[test]
fn the_shards_of_a_run_come_to_the_whole_run() {
    let [whole] = shards();
    let report = one(&shards::<3>());
    assert_eq!(report.unique_states, UNIQUE_STATES);
    assert!(!report.pin_differs());
    assert_eq!(report.merged.expect("it is merged").shards, 3);
    assert_eq!(verdict(&report, "a server joins"), Verdict::NeverSeen);
    let merged = serde_json::to_value(&report).expect("JSON");
    assert_eq!(invariant(&merged), invariant(&whole[0]));
}

#[test]
fn seconds_are_added_up_and_depth_and_memory_are_the_greatest() {
    let [mut a, mut b] = shards();
    let set = |shard: &mut Value, seconds: f64, depth: u32, memory: Value| {
        shard[0]["seconds"] = json!(seconds);
        shard[0]["depth"] = json!(depth);
        shard[0]["peak_memory_bytes"] = memory;
    };
    set(&mut a, 1.0, 9, json!(500));
    set(&mut b, 3.0, 7, Value::Null);
    for (shard, chance) in [(&mut a, 0.25), (&mut b, 0.5)] {
        shard[0]["collision_probability"] = json!(chance);
    }
    let report = one(&[a, b]);
    assert_eq!(report.collision_probability, 0.75);
    assert_eq!((report.seconds, report.depth), (4.0, 9));
    assert_eq!(report.states_per_second, 110.0);
    assert_eq!(report.merged.expect("it is merged").longest_seconds, 3.0);
    assert_eq!(report.peak_memory_bytes, Some(500));
    let text = report.to_string();
    assert!(
        text.contains("4.0 s in 2 shard(s), the longest 3.0 s, 110 unique states/s"),
        "{text}"
    );
}

fn set_verdict(shard: &mut Value, property: &str, verdict: &str) {
    let rows = shard[0]["properties"].as_array_mut().expect("rows");
    let row = rows.iter_mut().find(|row| row["name"] == property);
    row.expect("the property is checked")["verdict"] = json!(verdict);
}

#[test]
fn one_shard_decides_for_all() {
    for (verdicts, wanted) in [
        (["holds", "holds"], Verdict::Holds),
        (["holds", "violated"], Verdict::Violated),
        (["violated", "undecided"], Verdict::Violated),
        (["undecided", "holds"], Verdict::Undecided),
        (["not_in_this_shard", "seen"], Verdict::Seen),
        (["seen", "undecided"], Verdict::Seen),
        (["undecided", "not_in_this_shard"], Verdict::Undecided),
        (
            ["not_in_this_shard", "not_in_this_shard"],
            Verdict::NeverSeen,
        ),
    ] {
        for order in [[0, 1], [1, 0]] {
            let mut both = shards::<2>();
            for (shard, verdict) in both.iter_mut().zip(order.map(|place| verdicts[place])) {
                set_verdict(shard, "all agree", verdict);
            }
            let found = verdict(&one(&both), "all agree");
            assert_eq!(found, wanted, "{verdicts:?} in order {order:?}");
        }
    }
}

#[test]
fn a_shard_that_stopped_leaves_the_whole_unexhausted() {
    let [a, mut b] = shards();
    b[0]["exhausted"] = json!(false);
    let report = one(&[a, b]);
    assert!(!report.exhausted && !report.passed());
}

#[test]
fn a_counterexample_is_told_and_passed_on() {
    let [a, mut b] = shards();
    let counterexample = json!({
        "scenario": "two servers",
        "property": "eligible",
        "beginning": "1 looks",
        "ending": "Then nothing more happens.",
        "steps": [{ "number": 1, "told": "2 receives from 1", "sent": [] }],
        "for_ever_from": 2,
    });
    set_verdict(&mut b, "eligible", "violated");
    let rows = b[0]["properties"].as_array_mut().expect("rows");
    let row = rows.iter_mut().find(|row| row["name"] == "eligible");
    row.expect("a row")["counterexample"] = counterexample.clone();
    let report = one(&[a, b]);
    let told = "  VIOLATED   eligible\n      0. 1 looks\n      1. 2 receives from 1\n    Then nothing more happens.\n";
    assert!(report.to_string().contains(told), "{report}");
    let kept: Vec<_> = report.counterexamples().collect();
    assert_eq!(
        serde_json::to_value(kept).expect("JSON"),
        json!([counterexample])
    );
}

#[test]
fn the_sum_is_held_against_the_pin() {
    let [mut a, mut b] = shards();
    for shard in [&mut a, &mut b] {
        shard[0]["whole"]["pinned_unique_states"] = json!(439);
    }
    let text = one(&[a, b]).to_string();
    assert!(
        text.contains("FAILED: 439 unique states are pinned"),
        "{text}"
    );
    assert!(text.contains("pin 440"), "{text}");
}

/// Where shards can visit the same states their sum is only an upper bound.
#[test]
fn a_sum_of_shards_that_overlap_may_exceed_the_pin_but_not_fall_below() {
    for (pinned, differs) in [(439, false), (440, false), (441, true)] {
        let mut both = shards::<2>();
        for shard in &mut both {
            shard[0]["whole"] = json!({ "pinned_unique_states": pinned, "disjoint": false });
        }
        let report = one(&both);
        assert_eq!(report.pin_differs(), differs, "{pinned}");
        let says_so = report.to_string().contains("these are at most 440");
        assert_eq!(says_so, !differs, "{report}");
    }
}

#[test]
fn scenarios_in_one_file_are_merged_apart_and_so_are_mutants() {
    let [mut a, mut b] = shards();
    for file in [&mut a, &mut b] {
        let reports = file.as_array_mut().expect("reports");
        let mut other = reports[0].clone();
        other["scenario"] = json!("another");
        let mut mutant = reports[0].clone();
        mutant["mutant"] = json!("no-wait");
        reports.extend([other, mutant]);
    }
    let merged = merged(&[a, b]).expect("three runs");
    let of = |report: &Report<Kept>| (report.scenario.clone(), report.mutant.clone());
    let two = || "two servers".to_owned();
    assert_eq!(
        merged.iter().map(of).collect::<Vec<_>>(),
        [
            (two(), None),
            ("another".to_owned(), None),
            (two(), Some("no-wait".to_owned()))
        ]
    );
    assert!(
        merged
            .iter()
            .all(|report| report.unique_states == UNIQUE_STATES)
    );
}

#[test]
fn a_merged_report_is_a_report_of_the_whole() {
    let report = one(&shards::<2>());
    let again = one(&[serde_json::to_value([&report]).expect("JSON")]);
    assert_eq!(again.to_string(), report.to_string());
}

#[test]
fn what_cannot_be_merged_is_told_by_file_and_shard() {
    let [a, b, c] = shards();
    let mut newer = b.clone();
    newer[0]["properties"]
        .as_array_mut()
        .expect("rows")
        .remove(0);
    let mut repinned = b.clone();
    repinned[0]["whole"]["pinned_unique_states"] = json!(1);
    let mut no_shard = b.clone();
    no_shard[0]["shard"] = json!({ "index": 3, "count": 3 });
    let [_, of_two] = shards::<2>();
    for (files, wanted) in [
        (
            vec![a.clone(), c.clone()],
            "two servers: shard 1/3 is missing",
        ),
        (
            vec![c.clone()],
            "two servers: shard 0/3 is missing, and 1 more",
        ),
        (
            vec![a.clone(), b.clone(), c.clone(), b.clone()],
            "two servers: shard 1/3 is in b and in d",
        ),
        (
            vec![a.clone(), of_two],
            "two servers: a has shard 0/3, b has shard 1/2: these are not of one run",
        ),
        (
            vec![a.clone(), newer, c.clone()],
            "two servers: a and b are of different versions of the model",
        ),
        (
            vec![a.clone(), repinned, c.clone()],
            "two servers: a and b are of different versions of the model",
        ),
        (
            vec![a.clone(), no_shard],
            "b is not a report of `check --json`: shards count from 0 to N-1: the last of 3 is 2/3",
        ),
        (
            vec![json!({ "scenarios": [] })],
            "a is not a report of `check --json`: invalid type: map",
        ),
    ] {
        let error = merged(&files).expect_err(wanted);
        assert!(error.starts_with(wanted), "{error}");
    }
}

/// A shard of more shards than anybody has.
#[test]
fn a_count_beyond_reason_is_no_work() {
    let [mut a] = shards();
    a[0]["shard"] = json!({ "index": 0, "count": usize::MAX });
    let error = merged(&[a]).expect_err("shards are missing");
    assert!(error.contains("is missing, and"), "{error}");
}

/// The command, over these files in a folder of their own.
fn fle_model_merge(files: &[Value], arguments: &[&str]) -> (Output, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: usize| -> PathBuf { folder.path().join(format!("{name}.json")) };
    for (name, file) in files.iter().enumerate() {
        std::fs::write(path(name), file.to_string()).expect("it can be written");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_fle-model"))
        .current_dir(&folder)
        .arg("merge")
        .args((0..files.len()).map(path))
        .args(arguments)
        .output()
        .expect("the binary runs");
    let json = std::fs::read(folder.path().join("merged.json")).unwrap_or_default();
    (output, serde_json::from_slice(&json).unwrap_or_default())
}

#[test]
fn the_command_prints_the_report_and_writes_it() {
    let mut both = shards::<2>();
    let (output, json) = fle_model_merge(&both, &["--json", "merged.json"]);
    assert_eq!(output.status.code(), Some(1), "some things were never seen");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.ends_with("1 scenario(s) checked, 1 failed\n"),
        "{text}"
    );
    assert_eq!(json[0]["shard"], json!({ "index": 0, "count": 1 }));
    assert_eq!(json[0]["unique_states"], UNIQUE_STATES);

    let rows = json[0]["properties"].as_array().expect("rows").iter();
    let missing = rows.filter(|row| row["verdict"] == "never_seen");
    let missing: Vec<_> = missing
        .map(|row| row["name"].as_str().expect("a name").to_owned())
        .collect();
    for property in &missing {
        set_verdict(&mut both[1], property, "seen");
    }
    let (output, _) = fle_model_merge(&both, &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.ends_with("1 scenario(s) checked, 0 failed\n"),
        "{text}"
    );
}

#[test]
fn the_command_refuses_what_is_incomplete_before_it_writes() {
    let [a, _] = shards();
    let (output, json) = fle_model_merge(&[a], &["--json", "merged.json"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(error, "fle-model: two servers: shard 1/2 is missing\n");
    assert_eq!(json, Value::Null);
}
