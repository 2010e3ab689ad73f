//! The replayer has teeth: whatever is altered in a trace's outcomes is noticed, at that step.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fle_conformance::replay::replay;
use fle_model::election::catalogue::SCENARIOS;
use fle_model::election::trace::format::Trace;
use fle_model::election::trace::record_walk;
use fle_model::frame::scenario::Tier;
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn every_altered_fact_of_a_kept_trace_is_noticed() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces");
    let traces = Trace::files(&kept).unwrap().into_iter();
    let altered: usize = traces.map(|file| alter(&Trace::read(&file).unwrap())).sum();
    assert!(altered > 100, "{altered}");
}

#[test]
fn every_altered_fact_of_a_trace_of_the_model_is_noticed() {
    let of_tier = SCENARIOS.iter().filter(|it| it.tier == Tier::Ci);
    let recordings = of_tier.flat_map(|scenario| record_walk(scenario, 0));
    let altered: usize = recordings.map(|recording| alter(&recording.trace)).sum();
    assert!(altered > 100, "{altered}");
}

/// Alters every fact of the trace, one at a time. Returns how many there are.
fn alter(trace: &Trace) -> usize {
    let mut altered = 0;
    for (index, step) in trace.steps.iter().enumerate() {
        let before = index.checked_sub(1).map(|it| &trace.steps[it].output);
        for change in changes(&json!(before), &json!(step.output)) {
            let mut trace = trace.clone();
            trace.steps[index].output = serde_json::from_value(change.clone()).unwrap();
            let found = replay(&trace).unwrap().map(|difference| difference.step);
            assert_eq!(found, Some(index + 1), "{change}");
            altered += 1;
        }
    }
    altered
}

/// The outcome with one fact changed, for each fact in it; for a restart, that nothing happened.
fn changes(before: &Value, out: &Value) -> Vec<Value> {
    if out.get("restart_election").is_some() {
        return vec![before.clone()];
    }
    let mut changes = Vec::new();
    let mut change = |pointer: &str, value: Value| {
        let mut out = out.clone();
        if let Some(fact) = out.pointer_mut(pointer).filter(|fact| **fact != value) {
            *fact = value;
            changes.push(out);
        }
    };
    change("/sends", json!([{ "to": 1, "hex": "00" }]));
    change("/sends/0/to", json!(77));
    change("/sends/0/hex", json!("00ff"));
    change(
        "/connect_all",
        json!(!out["connect_all"].as_bool().unwrap()),
    );
    change("/state", json!("OBSERVING"));
    change("/logical_clock", json!(77));
    for fact in ["leader", "zxid", "peer_epoch"] {
        change(&format!("/proposal/{fact}"), json!(77));
        change(&format!("/decided/{fact}"), json!(77));
    }
    change("/decided/election_epoch", json!(77));
    change("/wait/ms", json!(77));
    change("/wait/phase", json!("finalizing"));
    change("/wait", Value::Null);
    change("/decided", Value::Null);
    changes
}
