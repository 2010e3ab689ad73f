//! The instructions that the hot paths take, counted by Callgrind: no clock, no noise.
//! `.ci/instructions` compares them with those in `instructions.txt`.
#![allow(
    missing_docs,
    unused_qualifications,
    reason = "what gungraun's macros make"
)]

use fle::codec;
use fle::quorum::{QuorumView, Tally};
use fle::{Ensemble, Notification, ServerState, Sid};
use fle_benches::cluster::Cluster;
use fle_benches::scene::{Prepare, Scene};
use fle_benches::{ensemble, payload, vote};
use gungraun::{library_benchmark, library_benchmark_group, main};
use std::hint::black_box;
use std::sync::Arc;

fn newest() -> Vec<u8> {
    payload(&ensemble(3), &vote(ServerState::Looking, 1, 9))
}

/// By the lengths that tell the generations.
fn message(length: usize) -> Vec<u8> {
    newest()[..length].to_vec()
}

#[library_benchmark]
#[bench::without_epoch(message(28))]
#[bench::without_version(message(40))]
#[bench::newest(newest())]
fn decode(bytes: Vec<u8>) -> Vec<u8> {
    let _ = black_box(codec::decode(black_box(&bytes)));
    bytes
}

fn announcement() -> (Notification, Arc<Ensemble>) {
    (vote(ServerState::Looking, 1, 9), ensemble(1001))
}

#[library_benchmark]
#[bench::header(announcement())]
fn encode(it: (Notification, Arc<Ensemble>)) -> (Notification, Arc<Ensemble>) {
    black_box(codec::header(black_box(&it.0), it.1.text().as_bytes()));
    it
}

#[library_benchmark]
#[bench::of_3(ensemble(3))]
#[bench::of_1001(ensemble(1001))]
fn unchanged_configuration(ensemble: Arc<Ensemble>) -> Arc<Ensemble> {
    let _ = black_box(ensemble.newer(black_box(ensemble.text().as_bytes())));
    ensemble
}

/// Half of the voters, none of whom is the last.
fn half(rule: usize) -> (QuorumView, Tally) {
    let [majority, hierarchical, joint] = fle_benches::views(101);
    let (_, view) = [majority, hierarchical, joint]
        .into_iter()
        .nth(rule)
        .expect("three rules");
    let tally = view.tally((1..=50).map(Sid));
    (view, tally)
}

#[library_benchmark]
#[bench::majority(half(0))]
#[bench::hierarchical(half(1))]
#[bench::joint(half(2))]
fn quorum(it: (QuorumView, Tally)) -> (QuorumView, Tally) {
    black_box(it.0.has_quorum(black_box(&it.1), None));
    it
}

#[library_benchmark]
#[bench::majority(half(0))]
#[bench::hierarchical(half(1))]
#[bench::joint(half(2))]
fn one_more_vote(mut it: (QuorumView, Tally)) -> (QuorumView, Tally) {
    let last = it.0.slot(black_box(Sid(101))).expect("it votes");
    it.1.add(last, &it.0);
    it
}

/// A server that has heard such a notification before.
fn steady(prepare: Prepare, voters: i64) -> Scene {
    let mut scene = prepare(&ensemble(voters));
    scene.pass();
    scene.pass();
    scene
}

#[library_benchmark(setup = steady)]
#[bench::same_ballot_3(Scene::same_ballot, 3)]
#[bench::same_ballot_1001(Scene::same_ballot, 1001)]
#[bench::better_ballot_3(Scene::better_ballot, 3)]
#[bench::better_ballot_1001(Scene::better_ballot, 1001)]
#[bench::changed_vote_3(Scene::changed_vote, 3)]
#[bench::changed_vote_1001(Scene::changed_vote, 1001)]
#[bench::older_round_3(Scene::older_round, 3)]
#[bench::older_round_1001(Scene::older_round, 1001)]
#[bench::newer_round_3(Scene::newer_round, 3)]
#[bench::newer_round_1001(Scene::newer_round, 1001)]
#[bench::joining_3(Scene::joining, 3)]
#[bench::joining_1001(Scene::joining, 1001)]
#[bench::settled_3(Scene::settled, 3)]
#[bench::settled_1001(Scene::settled, 1001)]
fn notification(mut scene: Scene) -> Scene {
    scene.pass();
    scene
}

/// Servers that have elected a leader before.
fn cluster(voters: i64) -> Cluster {
    let mut cluster = Cluster::new(&ensemble(voters));
    let _ = cluster.elect();
    cluster
}

#[library_benchmark(setup = cluster)]
#[bench::of_3(3)]
#[bench::of_21(21)]
#[bench::of_101(101)]
fn election(mut cluster: Cluster) -> Cluster {
    black_box(cluster.elect());
    cluster
}

library_benchmark_group!(
    name = instructions,
    benchmarks = [
        decode,
        encode,
        unchanged_configuration,
        quorum,
        one_more_vote,
        notification,
        election
    ]
);
main!(library_benchmark_groups = instructions);
