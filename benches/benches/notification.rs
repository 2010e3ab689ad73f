//! What one notification costs a server, whole (bytes in, effects, bytes out) at ensembles of 3 to
//! 1,001 voters, and its handling alone. Every message carries the whole configuration, as servers
//! send it.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fle_benches::scene::SCENES;
use fle_benches::{VOTERS, ensemble};

fn notification(c: &mut Criterion) {
    for (name, scene) in SCENES {
        let mut group = c.benchmark_group(format!("notification/{name}"));
        for voters in VOTERS {
            let mut scene = scene(&ensemble(voters));
            group.bench_function(BenchmarkId::from_parameter(voters), |b| {
                b.iter(|| scene.pass());
            });
        }
        group.finish();
    }
}

/// In an ensemble of 101, since the whole does not depend on the size.
fn handle(c: &mut Criterion) {
    let mut group = c.benchmark_group("handle");
    for (name, scene) in SCENES {
        let mut scene = scene(&ensemble(101));
        group.bench_function(name, |b| b.iter(|| scene.handle()));
    }
    group.finish();
}

criterion_group!(benches, notification, handle);
criterion_main!(benches);
