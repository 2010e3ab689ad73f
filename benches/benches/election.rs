//! An election of a whole ensemble in memory, servers that were elected before looking again: see
//! `fle_benches::cluster`.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fle_benches::cluster::Cluster;
use fle_benches::{VOTERS, ensemble};

fn election(c: &mut Criterion) {
    let mut group = c.benchmark_group("election in memory");
    group.sample_size(10);
    for voters in VOTERS {
        let mut cluster = Cluster::new(&ensemble(voters));
        let _ = cluster.elect();
        group.bench_function(BenchmarkId::from_parameter(voters), |b| {
            b.iter(|| cluster.elect());
        });
    }
    group.finish();
}

criterion_group!(benches, election);
criterion_main!(benches);
