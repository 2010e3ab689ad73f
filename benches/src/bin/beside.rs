//! Prints how fast fle is beside ZooKeeper's class and beside peer crates;
//! `benches/beside-java-and-peers.sh` runs it.
//!
//! Batches of all sides take turns, so that the machine's noise meets all; a figure is the median
//! of its batches.

use fle::election::{Effect, Election};
use fle::{Ensemble, ServerState, Sid, codec};
use fle_benches::cluster::Cluster;
use fle_benches::java::{Hearer, Java};
use fle_benches::peers::{Ballots, Raft, encoded};
use fle_benches::{VOTERS, configuration, ensemble, looking, payload, vote};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, io};

/// How long a message is that ends with its version, before the length and the text.
const WITHOUT_TEXT: usize = 40;

fn main() -> io::Result<()> {
    let quick = env::args().any(|argument| argument == "--quick");
    let batches = if quick { 1 } else { 7 };
    beside_java(batches)?;
    beside_peers(batches);
    Ok(())
}

fn beside_java(batches: usize) -> io::Result<()> {
    let Some(mut java) = Java::start()? else {
        println!("No ZooKeeper here: apt-get install libzookeeper-java openjdk-17-jdk-headless");
        return Ok(());
    };
    println!("| server | text | voters | fle, ns (range) | Java, ns (range) | Java / fle |");
    println!("|---|---|--:|--:|--:|--:|");
    for hearer in [Hearer::Looking, Hearer::Settled] {
        for with_text in [true, false] {
            for voters in VOTERS {
                java.begin(hearer, &configuration(voters))?;
                let (own, class) = notification(&mut java, hearer, with_text, voters, batches)?;
                let text = if with_text { "with" } else { "without" };
                let ratio = class.median / own.median;
                println!(
                    "| {hearer:?} | {text} | {voters} | {own} | {class} | {:.0} |",
                    ratio
                );
            }
        }
    }
    Ok(())
}

/// Nanoseconds for a notification, ours and the class's.
fn notification(
    java: &mut Java,
    hearer: Hearer,
    with_text: bool,
    voters: i64,
    batches: usize,
) -> io::Result<(Figure, Figure)> {
    let ensemble = ensemble(voters);
    let mut election = hearing(hearer, &ensemble);
    let mut message = payload(&ensemble, &vote(ServerState::Looking, 1, 9));
    if !with_text {
        message.truncate(WITHOUT_TEXT);
        message[WITHOUT_TEXT - 1] = 1;
    }
    // Thousands of messages make the virtual machine compile all that they use; larger ensembles
    // use the same.
    let warm_up = if voters <= 21 { 10_000 } else { 500 };
    let took = java.run(warm_up, &message)?;
    let class_count = count(took, warm_up);
    let own_count = count(hear(&mut election, 1000, &message), 1000);
    let (mut own, mut class) = (Vec::new(), Vec::new());
    for _ in 0..batches {
        own.push(each(hear(&mut election, own_count, &message), own_count));
        class.push(each(java.run(class_count, &message)?, class_count));
    }
    Ok((Figure::of(own), Figure::of(class)))
}

/// How many make a batch of about a tenth of a second.
fn count(took: Duration, of: u32) -> u32 {
    let count = 0.1 / (took.as_secs_f64() / f64::from(of));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and times are positive"
    )]
    let count = count as u32;
    count.clamp(100, 10_000_000)
}

fn each(took: Duration, count: u32) -> f64 {
    took.as_secs_f64() * 1e9 / f64::from(count)
}

fn hearing(hearer: Hearer, ensemble: &Arc<Ensemble>) -> Election {
    let mut election = looking(ensemble);
    if hearer == Hearer::Settled {
        let vote = payload(ensemble, &vote(ServerState::Looking, 1, 9));
        let voters: Vec<Sid> = ensemble.view().voters().collect();
        for sid in voters {
            pass(&mut election, sid, &vote);
        }
        let _ = election.handle_finalize_timeout();
        assert_eq!(election.state(), ServerState::Leading);
    }
    election
}

fn hear(election: &mut Election, count: u32, message: &[u8]) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        pass(election, Sid(2), message);
    }
    start.elapsed()
}

/// Decodes and handles one message, and writes what stands before the configuration's text in an
/// answer.
fn pass(election: &mut Election, from: Sid, bytes: &[u8]) {
    let received = codec::decode(black_box(bytes)).expect("a valid message");
    let effects = election.handle_notification(from, &received, None);
    for effect in &*effects {
        if let Effect::Send { notification, .. } = effect {
            let text = election.ensemble().text().as_bytes();
            black_box(codec::header(notification, text));
        }
    }
}

fn beside_peers(batches: usize) {
    println!();
    println!("| voters | crate | µs (range) | times fle | messages | bytes |");
    println!("|--:|---|--:|--:|--:|--:|");
    for voters in VOTERS {
        let (ensemble, servers) = (ensemble(voters), voters.unsigned_abs());
        let (mut own, mut raft, mut ballots) = (Vec::new(), Vec::new(), Vec::new());
        // Peers at a thousand servers take seconds and gigabytes to set up.
        let batches = if voters > 101 {
            batches.min(3)
        } else {
            3 * batches
        };
        let mut heard = 0;
        for _ in 0..batches {
            let mut cluster = Cluster::new(&ensemble);
            own.push(micros(|| {
                heard = cluster.elect();
            }));
            let mut peer = Raft::new(servers);
            raft.push(micros(|| peer.elect(|_| 0)));
            let mut peer = Ballots::new(servers);
            ballots.push(micros(|| peer.elect()));
        }
        let own = Figure::of(own);
        let size = |text: usize| heard * (WITHOUT_TEXT + 4 + text);
        let (bare, full) = (size(0), size(ensemble.text().len()));
        println!("| {voters} | fle | {own} | 1 | {heard} | {bare}, {full} with text |");
        let traffic = [
            Raft::new(servers).elect(encoded),
            Ballots::new(servers).elect(),
        ];
        let figures = [
            ("raft", Figure::of(raft)),
            ("omnipaxos", Figure::of(ballots)),
        ];
        for ((name, figure), traffic) in figures.into_iter().zip(traffic) {
            let times = figure.median / own.median;
            let (messages, bytes) = (traffic.messages, traffic.bytes);
            println!("| {voters} | {name} | {figure} | {times:.2} | {messages} | {bytes} |");
        }
    }
}

fn micros<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64() * 1e6
}

/// The median of some batches, and how far they lie apart.
struct Figure {
    median: f64,
    least: f64,
    greatest: f64,
}

impl Figure {
    fn of(mut batches: Vec<f64>) -> Self {
        batches.sort_by(f64::total_cmp);
        Self {
            median: batches[batches.len() / 2],
            least: batches[0],
            greatest: batches[batches.len() - 1],
        }
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            median,
            least,
            greatest,
        } = self;
        write!(f, "{median:.0} ({least:.0} to {greatest:.0})")
    }
}
