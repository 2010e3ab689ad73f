//! How many states the model checker visits in a second: a whole check of three servers that do not
//! fail, on one thread.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fle_model::election::catalogue::find;
use fle_model::frame::check::{Options, check};
use fle_model::frame::shard::Shard;
use std::num::NonZeroUsize;

fn model(c: &mut Criterion) {
    let scenario = find("fault-free-slots").expect("the catalogue has it");
    let options = Options {
        threads: NonZeroUsize::MIN,
        shard: Shard::WHOLE,
    };
    let report = check(scenario, options, None);
    assert!(report.passed());
    let mut group = c.benchmark_group("model");
    group.sample_size(10);
    group.throughput(Throughput::Elements(report.unique_states as u64));
    group.bench_function(scenario.name, |b| {
        b.iter(|| check(scenario, options, None));
    });
    group.finish();
}

criterion_group!(benches, model);
criterion_main!(benches);
