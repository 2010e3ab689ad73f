//! Tallies and quorums: a vote counted and taken back, a tally from nothing, and the question whether it is a quorum.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fle::config::{DynamicConfig, Rules};
use fle::quorum::QuorumView;
use fle::{Ensemble, Sid};
use fle_benches::{VOTERS, configuration};
use std::fmt::Write;
use std::hint::black_box;

/// The three rules, over the same servers.
fn views(voters: i64) -> [(&'static str, QuorumView); 3] {
    let majority = configuration(voters);
    let mut groups = majority.clone();
    for group in 0..3 {
        let members: Vec<String> = (1..=voters)
            .filter(|sid| sid % 3 == group)
            .map(|sid| sid.to_string())
            .collect();
        let _ = write!(groups, "\ngroup.{}={}", group + 1, members.join(":"));
    }
    let newer = majority.replace("version=1", "version=2");
    let parse = |text: &str| DynamicConfig::parse(text, Rules::default()).expect("it is valid");
    let view = |committed: &str, seen: Option<&str>| {
        let ensemble = Ensemble::new(parse(committed), seen.map(parse), Rules::default());
        ensemble.view().clone()
    };
    [
        ("majority", view(&majority, None)),
        ("hierarchical", view(&groups, None)),
        ("joint", view(&majority, Some(&newer))),
    ]
}

fn quorum(c: &mut Criterion) {
    for voters in VOTERS {
        for (rule, view) in views(voters) {
            let everyone = (1..=voters).map(Sid);
            let half = everyone
                .clone()
                .take(usize::try_from(voters / 2).expect("it fits"));
            let mut tally = view.tally(half.clone());
            let last = view.slot(Sid(voters)).expect("it votes");
            assert!(!view.has_quorum(&tally, None));
            assert!(view.has_quorum(&view.tally(everyone), None));
            c.bench_function(&format!("quorum/test, {rule}/{voters}"), |b| {
                b.iter(|| view.has_quorum(black_box(&tally), None));
            });
            c.bench_function(
                &format!("quorum/one more and one less, {rule}/{voters}"),
                |b| {
                    b.iter(|| {
                        tally.add(black_box(last), &view);
                        tally.remove(black_box(last), &view);
                    });
                },
            );
            c.bench_with_input(
                BenchmarkId::new(format!("quorum/tally of half, {rule}"), voters),
                &half,
                |b, half| b.iter(|| view.tally(half.clone())),
            );
        }
    }
}

criterion_group!(benches, quorum);
criterion_main!(benches);
