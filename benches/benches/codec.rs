//! Reading and writing a notification, and comparing the configuration that it carries.
//!
//! The two old generations carry no configuration. An unchanged one is compared as text; one with
//! another version is parsed.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fle::{ServerState, codec};
use fle_benches::{configuration, ensemble, payload, vote};
use std::hint::black_box;

/// Each generation by the bytes that it has: state to zxid and round, then the peer epoch, then
/// version and configuration.
fn decode(c: &mut Criterion) {
    let newest = payload(&ensemble(3), &vote(ServerState::Looking, 1, 9));
    let mut group = c.benchmark_group("decode");
    for (name, length) in [
        ("28 bytes", 28),
        ("40 bytes", 40),
        ("versioned", newest.len()),
    ] {
        let bytes = &newest[..length];
        group.bench_function(name, |b| {
            b.iter(|| codec::decode(black_box(bytes)).expect("it is valid"));
        });
    }
    group.finish();
}

fn configurations(c: &mut Criterion) {
    let mut group = c.benchmark_group("configuration");
    for voters in [3, 101, 1001] {
        let ensemble = ensemble(voters);
        let same = configuration(voters);
        let newer = same.replace("version=1", "version=2");
        assert!(ensemble.newer(same.as_bytes()).is_none());
        assert!(ensemble.newer(newer.as_bytes()).is_some());
        for (name, text) in [("unchanged", same), ("changed", newer)] {
            group.bench_function(BenchmarkId::new(name, voters), |b| {
                b.iter(|| ensemble.newer(black_box(text.as_bytes())));
            });
        }
    }
    group.finish();
}

/// The configuration's text is not copied, so its length does not matter.
fn encode(c: &mut Criterion) {
    let ensemble = ensemble(1001);
    let vote = vote(ServerState::Looking, 1, 9);
    c.bench_function("encode", |b| {
        b.iter(|| codec::header(black_box(&vote), ensemble.text().as_bytes()));
    });
}

criterion_group!(benches, decode, configurations, encode);
criterion_main!(benches);
