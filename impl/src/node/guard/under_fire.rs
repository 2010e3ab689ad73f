//! Honest servers, each an election behind its guard: among themselves, and with a false voter that does all it can to keep them
//! from agreeing, for ever.
//!
//! Time is simulated, and so are the servers' owners: who has settled on a leader that nobody comes to follow looks again, and
//! passes over one of which that is so twice in a row.

use super::tests::{Server, server_of};
use super::*;
use crate::election::{Effect, Effects, Outbox, WaitPhase};
use crate::id::ElectionEpoch;
use crate::vote::Proposal;
use fastrand::Rng;
use std::ops::Range;

/// For how long a server waits for its leader to be established, on a calm network.
const PATIENCE: u64 = 2000;

enum Event {
    Message(usize, i64, Notification),
    Wait(usize, u64),
    LooksAgain(usize, u64),
    Attack,
}

struct World {
    voters: i64,
    servers: Vec<Server>,
    /// The number of each server's last wait; earlier ones do not count.
    waits: Vec<u64>,
    /// The leader under which nobody was established last.
    failed: Vec<Option<Sid>>,
    queue: BTreeMap<(Duration, u64), Event>,
    events: u64,
    now: Duration,
    held_back: usize,
    rng: Rng,
    /// Of messages, in milliseconds.
    latencies: Range<u64>,
    /// How long a server that has settled is patient, in milliseconds, by how often it was in vain.
    patience: fn(u32) -> Range<u64>,
    in_vain: Vec<u32>,
}

/// What the false voter says next, and to which servers.
type Attack<'a> = dyn FnMut(&World) -> Vec<(usize, Notification)> + 'a;

impl World {
    /// Servers 1, 2, … of so many. The others are the test's.
    fn new(honest: i64, voters: i64) -> Self {
        let mut world = Self {
            voters,
            servers: Vec::new(),
            waits: Vec::new(),
            failed: Vec::new(),
            queue: BTreeMap::new(),
            events: 0,
            now: Duration::ZERO,
            held_back: 0,
            rng: Rng::with_seed(0),
            latencies: 1..2,
            patience: |_| PATIENCE..PATIENCE + 1,
            in_vain: Vec::new(),
        };
        for sid in 1..=honest {
            world.servers.push(server_of(sid, voters, false));
            world.waits.push(0);
            world.failed.push(None);
            world.in_vain.push(0);
        }
        for index in 0..world.servers.len() {
            world.look(index);
        }
        world
    }

    fn schedule(&mut self, after: Duration, event: Event) {
        self.events += 1;
        self.queue.insert((self.now + after, self.events), event);
    }

    fn some(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.rng.u64(range))
    }

    fn send(&mut self, to: usize, from: i64, told: Notification) {
        let latency = match from == sid(to) {
            true => Duration::ZERO,
            false => self.some(self.latencies.clone()),
        };
        self.schedule(latency, Event::Message(to, from, told));
    }

    fn look(&mut self, index: usize) {
        let effects = self.servers[index].look();
        self.carry_out(index, effects);
    }

    fn look_again(&mut self, index: usize) {
        let server = &mut self.servers[index];
        let leader = server.election.announcement().proposal.leader;
        if self.failed[index].replace(leader) == Some(leader) && leader != Sid(sid(index)) {
            let until = self.now + Duration::from_millis(4 * PATIENCE);
            server.guard.shun(leader, until);
        }
        self.look(index);
    }

    fn carry_out(&mut self, index: usize, effects: Effects) {
        for effect in effects {
            match effect {
                Effect::Broadcast(told) => {
                    for to in 0..self.servers.len() {
                        self.send(to, sid(index), told);
                    }
                }
                Effect::Send { to, notification } => {
                    let to = usize::try_from(to.0 - 1).unwrap();
                    if to < self.servers.len() {
                        self.send(to, sid(index), notification);
                    }
                }
                Effect::Arm(wait) => {
                    self.waits[index] += 1;
                    self.schedule(wait.duration, Event::Wait(index, self.waits[index]));
                }
                Effect::Decide(_) => {
                    self.waits[index] += 1;
                    self.in_vain[index] += 1;
                    let patience = self.some((self.patience)(self.in_vain[index]));
                    self.schedule(patience, Event::LooksAgain(index, self.waits[index]));
                }
                _ => {}
            }
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Message(to, from, told) => {
                self.servers[to].now = self.now;
                match self.servers[to].effects_of(from, &told) {
                    Some(effects) => self.carry_out(to, effects),
                    None => self.held_back += 1,
                }
            }
            Event::Wait(index, number) if self.waits[index] == number => {
                let election = &mut self.servers[index].election;
                let effects = match election.wait().unwrap().phase {
                    WaitPhase::Collecting => {
                        election.handle_renotify_timeout(Outbox::Delivered, None)
                    }
                    WaitPhase::Finalizing => election.handle_finalize_timeout(),
                };
                self.carry_out(index, effects);
            }
            Event::LooksAgain(index, number) if self.waits[index] == number => {
                self.look_again(index);
            }
            Event::Wait(..) | Event::LooksAgain(..) | Event::Attack => {}
        }
    }

    /// The next event, if it is the false voter's turn.
    fn next(&mut self) -> Event {
        let ((now, _), event) = self.queue.pop_first().expect("somebody waits");
        self.now = now;
        event
    }

    /// Whether a quorum has settled on one of the honest servers, itself among them.
    fn has_leader(&self) -> bool {
        let told = self.servers.iter().map(|it| it.election.announcement());
        let told: Vec<_> = told.collect();
        let leads = |index: &usize| told[*index].state == ServerState::Leading;
        (0..told.len()).filter(leads).any(|index| {
            let on_it = told.iter().filter(|it| {
                it.state != ServerState::Looking && it.proposal.leader == Sid(sid(index))
            });
            on_it.count() > self.servers.len().div_ceil(2)
        })
    }

    /// How long it takes until the servers have a leader while the last of the voters goes on with this.
    fn elects_under(mut self, attack: &mut Attack<'_>, pause: Range<u64>) -> Duration {
        self.schedule(Duration::ZERO, Event::Attack);
        while !self.has_leader() && self.now < NEVER {
            match self.next() {
                Event::Attack => {
                    for (to, told) in attack(&self) {
                        self.send(to, self.voters, told);
                    }
                    let pause = self.some(pause.clone());
                    self.schedule(pause, Event::Attack);
                }
                event => self.happens(event),
            }
        }
        self.now
    }

    /// The latest round that a server is in.
    fn latest(&self) -> i64 {
        let rounds = self.servers.iter().map(|it| it.election.announcement());
        rounds.map(|told| told.election_epoch.0).max().unwrap()
    }

    fn honest(&self) -> Range<usize> {
        0..self.servers.len()
    }
}

const NEVER: Duration = Duration::from_secs(600);

fn sid(index: usize) -> i64 {
    i64::try_from(index + 1).unwrap()
}

/// A vote that beats all others: for this candidate, in this round, with an epoch that grows.
fn best(leader: i64, round: i64, epoch: i64) -> Notification {
    Notification {
        state: ServerState::Looking,
        proposal: Proposal {
            peer_epoch: PeerEpoch(epoch),
            zxid: Zxid(epoch << 32),
            leader: Sid(leader),
        },
        election_epoch: ElectionEpoch(round),
    }
}

/// A way to say something each time, which is counted.
type Manner = fn(&World, i64) -> Vec<(usize, Notification)>;

fn any(world: &World, count: i64) -> i64 {
    1 + count % world.voters
}

const MANNERS: [(&str, Manner); 6] = [
    ("later rounds to all", |world, count| {
        let told = best(any(world, count), world.latest() + 1, 100 + count);
        world.honest().map(|to| (to, told)).collect()
    }),
    ("later rounds to one after the other", |world, count| {
        let told = best(any(world, count), world.latest() + 1, 100 + count);
        let to = usize::try_from(count).unwrap() % world.servers.len();
        vec![(to, told)]
    }),
    ("later rounds to the last", |world, count| {
        let told = best(any(world, count), world.latest() + 1, 100 + count);
        vec![(world.servers.len() - 1, told)]
    }),
    ("better votes to all", |world, count| {
        let told = best(any(world, count), world.latest(), 100 + count);
        world.honest().map(|to| (to, told)).collect()
    }),
    ("another candidate for each", |world, count| {
        let told = |to| best(any(world, count + sid(to)), world.latest() + 1, 100 + count);
        world.honest().map(|to| (to, told(to))).collect()
    }),
    ("itself to all", |world, count| {
        let told = best(world.voters, world.latest() + 1, 100 + count);
        world.honest().map(|to| (to, told)).collect()
    }),
];

/// Without the guard most of them have no leader in ten minutes, unless the pauses are longer than an election.
#[test]
fn one_that_disturbs_steadily_delays_the_others_for_a_while() {
    for (voters, most) in [(3, 20), (5, 60)] {
        for pause in [1, 10, 50, 100, 200, 300, 500, 1000] {
            for (name, manner) in MANNERS {
                let mut count = 0;
                let mut attack = |world: &World| {
                    count += 1;
                    manner(world, count)
                };
                let world = World::new(voters - 1, voters);
                let took = world.elects_under(&mut attack, pause..pause + 1);
                let most = Duration::from_secs(most);
                assert!(took < most, "{voters}, {name} every {pause} ms: {took:?}");
            }
        }
    }
}

/// Anything to anybody: for one candidate or any, in an earlier or a later round, with an epoch that grows or not, now and then
/// agreement.
fn whim(rng: &mut Rng, world: &World, favourite: Option<i64>, count: i64) -> Notification {
    let leader = favourite.unwrap_or_else(|| rng.i64(1..=world.voters));
    let round = world.latest() + rng.i64(-1..3);
    best(leader, round, 100 + count * rng.i64(0..2))
}

#[test]
fn one_that_disturbs_at_random_delays_the_others_for_a_while() {
    for (voters, most) in [(3, 20), (5, 30), (7, 60)] {
        for seed in 0..30 {
            let mut rng = Rng::with_seed(seed);
            let pause = rng.choice([10, 50, 100, 200, 400, 1000]).unwrap();
            let favourite = rng.bool().then(|| rng.i64(1..=voters));
            let mut count = 0;
            let mut attack = |world: &World| {
                count += 1;
                let mut said = Vec::new();
                for to in world.honest() {
                    let told = match rng.u8(0..16) {
                        0..8 => continue,
                        8 => world.servers[to].election.announcement(),
                        _ => whim(&mut rng, world, favourite, count),
                    };
                    said.push((to, told));
                }
                said
            };
            let world = World::new(voters - 1, voters);
            let took = world.elects_under(&mut attack, 1..pause);
            let most = Duration::from_secs(most);
            assert!(took < most, "{voters}, seed {seed}: {took:?}");
        }
    }
}

/// A world without a false voter in which nobody is ever established. Servers give up at once, and rest before they look again
/// as a member does, first not at all and in the end for some seconds.
fn restless(voters: i64, seed: u64, latencies: Range<u64>, time: Duration) -> World {
    let mut world = World::new(voters, voters);
    world.rng = Rng::with_seed(seed);
    world.patience = |in_vain| match in_vain {
        0..=2 => 0..1,
        _ => {
            let longest = 3200.min(50 << (in_vain - 3).min(16));
            longest / 2..longest
        }
    };
    world.latencies = latencies;
    while world.now < time {
        match world.next() {
            Event::LooksAgain(index, number) if world.waits[index] == number => world.look(index),
            event => world.happens(event),
        }
    }
    world
}

#[test]
fn honest_servers_that_never_agree_for_long_hear_everything() {
    let minute = Duration::from_secs(60);
    for (voters, seeds) in [(3, 3), (5, 3), (7, 2), (13, 1)] {
        for slowest in [3, 30, 300] {
            for seed in 0..seeds {
                let world = restless(voters, seed, 1..slowest, minute);
                assert_eq!(world.held_back, 0, "{voters}, {slowest} ms, seed {seed}");
            }
        }
    }
}

#[test]
fn a_hundred_servers_that_start_at_once_hear_everything() {
    let mut world = World::new(101, 101);
    world.latencies = 1..100;
    while !world.has_leader() {
        let event = world.next();
        world.happens(event);
    }
    assert_eq!(world.held_back, 0);
}
