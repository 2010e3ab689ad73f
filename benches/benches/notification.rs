//! The path of one notification through a server, at ensembles of 3 to 1,001 voters: bytes in, effects, bytes out.
//!
//! `cargo bench -p fle-benches` runs them all; every message carries the whole configuration, as servers send it.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fle::election::{Effect, Election};
use fle::{Ensemble, ServerState, Sid, codec};
use fle_benches::{BEST, VOTERS, ensemble, looking, vote};
use std::hint::black_box;
use std::sync::Arc;

fn payload(ensemble: &Ensemble, state: ServerState, leader: i64, zxid: i64) -> Vec<u8> {
    fle_benches::payload(ensemble, &vote(state, leader, zxid))
}

/// Decodes and handles one message, and writes what is to be sent.
fn pass(election: &mut Election, from: i64, bytes: &[u8]) {
    let received = codec::decode(black_box(bytes)).expect("a valid message");
    let effects = election.handle_notification(Sid(from), &received, None);
    for effect in &*effects {
        if let Effect::Send { notification, .. } | Effect::Broadcast(notification) = effect {
            let text = election.ensemble().text();
            black_box(codec::header(notification, text.as_bytes()));
        }
    }
    black_box(&effects);
}

fn bench(c: &mut Criterion, name: &str, prepare: impl Fn(&Arc<Ensemble>) -> (Election, Vec<u8>)) {
    let mut group = c.benchmark_group(name);
    for voters in VOTERS {
        let ensemble = ensemble(voters);
        let (mut election, bytes) = prepare(&ensemble);
        group.bench_function(BenchmarkId::from_parameter(voters), |b| {
            b.iter(|| pass(&mut election, 2, &bytes));
        });
    }
    group.finish();
}

fn notification(c: &mut Criterion) {
    bench(c, "looking/same ballot", |ensemble| {
        (
            looking(ensemble),
            payload(ensemble, ServerState::Looking, 1, 9),
        )
    });
    bench(c, "looking/older round, answered", |ensemble| {
        let mut election = looking(ensemble);
        let _ = election.look_for_leader(BEST);
        (election, payload(ensemble, ServerState::Looking, 1, 9))
    });
    bench(c, "looking/joining", |ensemble| {
        (
            looking(ensemble),
            payload(ensemble, ServerState::Following, 3, 9),
        )
    });
    bench(c, "settled/answered", |ensemble| {
        let mut election = looking(ensemble);
        let vote = payload(ensemble, ServerState::Looking, 1, 9);
        let voters: Vec<Sid> = ensemble.view().voters().collect();
        for sid in voters {
            pass(&mut election, sid.0, &vote);
        }
        let _ = election.handle_finalize_timeout();
        assert_eq!(election.state(), ServerState::Leading);
        (election, vote)
    });
}

/// Two voters take turns in changing their votes: the tallies move with every message.
fn changing_votes(c: &mut Criterion) {
    let mut group = c.benchmark_group("looking/changed vote");
    for voters in VOTERS {
        let ensemble = ensemble(voters);
        let mut election = looking(&ensemble);
        let votes = [1, 2].map(|leader| payload(&ensemble, ServerState::Looking, leader, 8));
        let mut turn = 0;
        group.bench_function(BenchmarkId::from_parameter(voters), |b| {
            b.iter(|| {
                turn ^= 1;
                pass(&mut election, 2, &votes[turn]);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, notification, changing_votes);
criterion_main!(benches);
