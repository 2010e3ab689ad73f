//! Tallies and quorums: a vote counted and taken back, a tally from nothing, and the question
//! whether it is a quorum.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fle::Sid;
use fle_benches::views;
use std::hint::black_box;

fn quorum(c: &mut Criterion) {
    for voters in [3, 101, 1001] {
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
