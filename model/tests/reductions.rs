//! The reductions lose nothing that can be seen.
//!
//! - Walks over a network without any of them reach no state of the servers that the model does not
//!   reach. Here a link is a wire that holds three notifications and a send slot of one, every
//!   resend goes to everybody and arrives when it may, copies included, and the loop-back is a
//!   queue.
//! - Links of one come to the verdicts of links of two, but for what they are said to leave out.
//! - Assignments that are not taken as initial states come to the verdicts of those that are, and
//!   in each scenario to as many states.

use fle_model::election::catalogue::{self, SCENARIOS};
use fle_model::election::claims::Claim;
use fle_model::election::faults::Faults;
use fle_model::election::network::Links;
use fle_model::election::scenario::Scenario;
use fle_model::election::server::{FastLeaderElection, Server};
use fle_model::election::system::{State, System};
use fle_model::frame::check::{Options, check};
use fle_model::frame::claim::{Checked, Kind};
use fle_model::frame::liveness::Reachable;
use fle_model::frame::progress::Watch;
use fle_model::frame::report::{Report, Row, Verdict};
use fle_model::frame::scenario::{Scenario as _, Tier};
use fle_model::frame::shard::Shard;
use fle_model::frame::subject::StateOf;
use fle_model::frame::visit::{Observer, Order, Plan, Tally, visit};
use fle_model::terms::ensemble::Composition;
use fle_model::terms::vote::{Credentials, Notification, Round};
use proptest::prelude::*;
use proptest::sample::Index;
use stateright::Model;
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::LazyLock;

const LOW: Credentials = Credentials::new(1, 1);
const HIGH: Credentials = Credentials::new(1, 2);

const WIRE: usize = 3;

/// A link without reductions.
#[derive(Clone, Debug, Default)]
struct Link {
    wire: VecDeque<Notification>,
    slot: Option<Notification>,
}

/// What can happen on it.
#[derive(Clone, Copy, Debug)]
enum Event {
    Timeout(usize),
    Arrive(usize, usize),
    Write(usize, usize),
}

/// Three servers over such links.
struct Unreduced<'a> {
    election: &'a FastLeaderElection<3>,
    servers: [Server<3>; 3],
    links: [[Link; 3]; 3],
}

/// The asynchronous model with links of two, from one initial state, and every state that can be
/// reached.
static MODEL: LazyLock<(Checked<System<3>>, HashSet<StateOf<System<3>>>)> = LazyLock::new(|| {
    let system = unequal("fault-free");
    let reached = reachable(&system);
    (system, reached)
});

/// The same of its servers alone.
static SERVERS: LazyLock<HashSet<[Server<3>; 3]>> = LazyLock::new(|| {
    let states = MODEL.1.iter();
    states.map(|state| state.servers).collect()
});

fn scenario(name: &str) -> Scenario {
    *catalogue::find(name).expect("a scenario")
}

/// The scenario from the initial state in which 3 has more than 1 and 2, with the properties that
/// are checked over links of two.
fn unequal(name: &str) -> Checked<System<3>> {
    let claims = if scenario(name).is_timely() {
        scenario("timely").claims()
    } else {
        scenario("fault-free").claims()
    };
    let mut system = scenario(name).checked(|_| true, claims);
    let starts_so =
        |state: &State<3>| state.servers.map(|server| server.credentials) == [LOW, LOW, HIGH];
    system.starts.retain(starts_so);
    system
}

fn reachable<const N: usize>(system: &Checked<System<N>>) -> HashSet<StateOf<System<N>>> {
    let mut known: HashSet<StateOf<System<N>>> = system.init_states().into_iter().collect();
    let mut pending = system.init_states();
    while let Some(state) = pending.pop() {
        let next = system.next_steps(&state).into_iter().map(|(_, next)| next);
        pending.extend(next.filter(|next| known.insert(*next)));
    }
    known
}

impl<'a> Unreduced<'a> {
    fn start(system: &'a Checked<System<3>>) -> Self {
        let start = &system.starts[0];
        let link = |src, dst| Link {
            wire: start.network.link(src, dst).notifications().collect(),
            slot: None,
        };
        Self {
            election: &system.election,
            servers: start.servers,
            links: std::array::from_fn(|src| std::array::from_fn(|dst| link(src, dst))),
        }
    }

    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for src in 0..3 {
            if self.servers[src].looking().is_some() {
                events.push(Event::Timeout(src));
            }
            for dst in 0..3 {
                let link = &self.links[src][dst];
                if !link.wire.is_empty() {
                    events.push(Event::Arrive(src, dst));
                }
                if link.slot.is_some() && link.wire.len() < WIRE {
                    events.push(Event::Write(src, dst));
                }
            }
        }
        events
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Timeout(me) => self.handle(me, |election, server, out| {
                let wait = server.looking().expect("only a looking server waits").wait;
                election.on_timeout(Id::from(me), server, &wait, out);
            }),
            Event::Arrive(src, me) => {
                let notification = self.links[src][me]
                    .wire
                    .pop_front()
                    .expect("it is under way");
                self.handle(me, |election, server, out| {
                    election.on_msg(Id::from(me), server, Id::from(src), notification, out);
                });
            }
            Event::Write(src, dst) => {
                let link = &mut self.links[src][dst];
                link.wire.extend(link.slot.take());
            }
        }
    }

    fn handle(
        &mut self,
        me: usize,
        event: impl FnOnce(
            &FastLeaderElection<3>,
            &mut Cow<'_, Server<3>>,
            &mut Out<FastLeaderElection<3>>,
        ),
    ) {
        let before = self.servers[me];
        let (mut server, mut out) = (Cow::Borrowed(&before), Out::new());
        event(self.election, &mut server, &mut out);
        self.servers[me] = *server;
        for command in out.iter() {
            if let Command::Send(dst, notification) = command {
                let link = &mut self.links[me][usize::from(*dst)];
                if usize::from(*dst) == me {
                    link.wire.push_back(*notification);
                } else {
                    link.slot = Some(*notification);
                }
            }
        }
        if before.looking().is_some() && self.servers[me].settled().is_some() {
            self.links[me][me] = Link::default();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_unreduced_network_reaches_nothing_new(choices in prop::collection::vec(any::<Index>(), 60)) {
        let mut walk = Unreduced::start(&MODEL.0);
        for choice in choices {
            let events = walk.events();
            if events.is_empty() {
                break;
            }
            walk.happen(*choice.get(&events));
            prop_assert!(SERVERS.contains(&walk.servers), "{:#?}", walk.servers);
        }
    }
}

/// How many states can be reached, and what holds always, holds eventually, or is seen in them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdicts {
    states: usize,
    true_of: BTreeSet<&'static str>,
}

fn verdicts<const N: usize>(
    system: &Checked<System<N>>,
    states: &HashSet<StateOf<System<N>>>,
) -> Verdicts {
    let (of_runs, of_states): (Vec<_>, Vec<_>) = system
        .claims
        .iter()
        .partition(|claim| claim.kind.is_of_runs());
    let is_true = |claim: &&&Claim<N>| {
        let mut states = states.iter();
        match claim.kind {
            Kind::Always { .. } => states.all(|state| (claim.condition)(system, state)),
            _ => states.any(|state| (claim.condition)(system, state)),
        }
    };
    let mut true_of: BTreeSet<_> = of_states
        .iter()
        .filter(is_true)
        .map(|claim| claim.name)
        .collect();
    if !of_runs.is_empty() {
        let goals: Vec<_> = of_runs.iter().map(|claim| claim.condition).collect();
        let runs = Reachable::explore(system.clone(), Checked::fairness, &goals);
        let come_true = of_runs.iter().enumerate();
        let come_true = come_true.filter(|&(goal, _)| runs.violation(goal).is_none());
        true_of.extend(come_true.map(|(_, claim)| claim.name));
    }
    let states = states.len();
    Verdicts { states, true_of }
}

#[test]
fn asynchronous_links_of_one_leave_out_a_single_witness() {
    let (two, states_of_two) = &*MODEL;
    let two = verdicts(two, states_of_two);
    let one = unequal("fault-free-slots");
    let one = verdicts(&one, &reachable(&one));
    let lost: Vec<_> = two.true_of.difference(&one.true_of).copied().collect();
    assert_eq!(lost, ["a counted voter outranks the leader"]);
    assert!(one.true_of.is_subset(&two.true_of));
    let checked = scenario("fault-free").claims::<3>();
    assert_eq!(two.true_of.len(), checked.len());
}

/// Everything that must hold does. What is seen differs: over links of one nobody is late enough to
/// join.
#[test]
fn timely_links_of_one_lose_no_verdict_of_what_must_hold() {
    let mut systems = ["timely", "timely-slots"].map(unequal);
    for system in &mut systems {
        let must_hold =
            |claim: &Claim<3>| matches!(claim.kind, Kind::Always { .. } | Kind::Eventually { .. });
        system.claims.retain(must_hold);
        let verdicts = verdicts(system, &reachable(system));
        assert_eq!(verdicts.true_of.len(), system.claims.len(), "{verdicts:?}");
    }
}

/// Each way in which the scenario's servers could start: what is on their disks, and the rounds
/// before they look.
fn assignments<const N: usize>(scenario: &Scenario) -> Vec<[(Credentials, Round); N]> {
    let rounds = (0..scenario.rounds).map(Round);
    let disks = scenario.credentials.iter();
    let choices: Vec<_> = disks
        .flat_map(|disk| rounds.clone().map(move |round| (*disk, round)))
        .collect();
    let count = choices.len().pow(u32::try_from(N).expect("few servers"));
    let numbers = 0..count;
    let digit = |number: usize, server: usize| {
        let place = u32::try_from(server).expect("few servers");
        number / choices.len().pow(place) % choices.len()
    };
    numbers
        .map(|number| std::array::from_fn(|server| choices[digit(number, server)]))
        .collect()
}

/// Servers are ranked by what is on their disks and then by sid, and named by their ranks.
fn assert_renaming_changes_nothing<const N: usize>(scenario: &Scenario) {
    let system = scenario.checked::<N>(|_| true, scenario.claims());
    let of_start = |start: State<N>| {
        let system = Checked {
            starts: vec![start],
            ..system.clone()
        };
        verdicts(&system, &reachable(&system))
    };
    let starts = system.starts.iter();
    let chosen: HashMap<_, _> = starts.map(|&start| (start, of_start(start))).collect();
    let begin = |servers| {
        let [servers] = scenario.starts_with(servers)[..] else {
            panic!("there is one way to start")
        };
        system.start(servers, Faults::NONE)
    };
    let mut renamed_to = HashSet::new();
    for servers in assignments(scenario) {
        let start = begin(servers);
        let mut ranked = servers;
        ranked.sort_by_key(|(credentials, _)| *credentials);
        let renamed = begin(ranked);
        assert_eq!(chosen.get(&renamed), Some(&of_start(start)), "{servers:?}");
        renamed_to.insert(renamed);
    }
    assert_eq!(renamed_to.len(), chosen.len());
}

#[test]
fn every_assignment_of_two_servers_comes_to_what_its_renaming_comes_to() {
    assert_renaming_changes_nothing::<2>(&Scenario {
        servers: 2,
        credentials: &[LOW, HIGH],
        rounds: 2,
        ..scenario("fault-free")
    });
}

#[test]
fn every_assignment_of_three_timely_servers_comes_to_what_its_renaming_comes_to() {
    assert_renaming_changes_nothing::<3>(&Scenario {
        credentials: &[LOW, HIGH],
        ..scenario("timely-slots")
    });
}

/// Counts states, and sees nothing.
struct Counter;

impl<M: Model> Observer<M, ()> for Counter {
    fn visit(&mut self, (): (), _: &M::State) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn step(&mut self, _: &M::State, _: &M::Action, _: &M::State, _: Option<()>) {}
}

/// How many states can be reached where three servers start with this on their disks, one after
/// another.
fn states_with(scenario: &Scenario, disks: [Credentials; 3]) -> usize {
    let mut system = scenario.checked::<3>(|_| false, Vec::new());
    let starts = scenario.starts_with(disks.map(|disk| (disk, Round(0))));
    let starts = starts.into_iter();
    system.starts = starts
        .map(|servers| system.start(servers, scenario.faults))
        .collect();
    let plan = Plan {
        threads: NonZeroUsize::MIN,
        order: Order::DepthFirst,
        give_up_after: None,
    };
    let (tally, _) =
        visit::<_, (), _>(&system, plan, || Counter, &mut Watch(None), Tally::searched);
    tally.unique
}

/// Whether three servers come to as many states wherever the one stands that has more than the
/// others.
fn is_the_same_for_everyone(scenario: &Scenario) -> bool {
    let first = states_with(scenario, [HIGH, LOW, LOW]);
    first == states_with(scenario, [LOW, LOW, HIGH])
}

/// Whether servers can change places in every scenario of three that takes them to be the same, of
/// those that are chosen.
fn assert_servers_can_change_places(chosen: impl Fn(&Scenario) -> bool) {
    let of_three = SCENARIOS.iter().filter(|scenario| scenario.servers == 3);
    let reduced = of_three
        .filter(|scenario| scenario.is_symmetric() && scenario.credentials.len() > 1)
        .filter(|scenario| chosen(scenario));
    let mut compared = 0;
    for scenario in reduced {
        assert!(is_the_same_for_everyone(scenario), "{}", scenario.name);
        compared += 1;
    }
    assert!(compared > 10, "only {compared} scenarios");
}

fn is_small(scenario: &Scenario) -> bool {
    scenario.tier == Tier::Ci && scenario.unique_states < 250_000
}

#[test]
fn servers_can_change_places_in_small_scenarios_that_take_them_to_be_the_same() {
    assert_servers_can_change_places(is_small);
}

/// `cargo test --release -p fle-model --test reductions -- --ignored`
#[test]
#[ignore = "optimized it takes a minute, and else far more"]
fn servers_can_change_places_in_large_scenarios_that_take_them_to_be_the_same() {
    assert_servers_can_change_places(|scenario| !is_small(scenario));
}

/// A new epoch makes credentials equal that were not.
#[test]
fn servers_that_learn_epochs_cannot_change_places() {
    for name in ["activation", "timely-activation"] {
        assert!(!scenario(name).is_symmetric());
        assert!(!is_the_same_for_everyone(&scenario(name)));
    }
}

/// What is outdated is left out of five servers' states; of three both forms are small enough.
#[test]
fn leaving_out_what_is_outdated_changes_no_verdict() {
    let whole = Scenario {
        unique_states: 0,
        ..scenario("timely-slots")
    };
    let reduced = Scenario {
        reduced: true,
        ..whole
    };
    let options = Options {
        threads: NonZeroUsize::MIN,
        shard: Shard::WHOLE,
    };
    let [whole, reduced] = [whole, reduced].map(|scenario| check(&scenario, options, None));
    assert!(reduced.unique_states < whole.unique_states / 10);
    let verdicts = |report: &Report| -> Vec<_> {
        let rows = report.properties.iter();
        let rows = rows.filter(|row| row.name != "in step" && row.name != "nobody asks twice");
        rows.map(|row| (row.name.clone(), row.verdict)).collect()
    };
    assert_eq!(verdicts(&reduced), verdicts(&whole));
    let in_step = |row: &&Row| row.name == "in step";
    let in_step = reduced.properties.iter().find(in_step);
    assert_eq!(in_step.expect("it is checked").verdict, Verdict::Holds);
}

/// The reduction's argument is about such scenarios only.
#[test]
fn nothing_is_left_out_where_servers_may_be_out_of_step() {
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.reduced) {
        assert!(scenario.is_timely() && !scenario.is_out_of_step());
        assert_eq!(scenario.composition, Composition::Majority);
        assert_eq!(scenario.links, Links::Slot);
    }
}
