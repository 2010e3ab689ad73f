//! The reductions lose nothing that can be seen: walks over a network without any of them reach no state of the servers that the
//! model does not reach.
//!
//! Here a link is a wire that holds three notifications and a send slot of one, every resend goes to everybody and arrives when it
//! may, copies included, and the loop-back is a queue.

use fle_model::catalogue;
use fle_model::server::{FastLeaderElection, Server};
use fle_model::system::{State, System};
use fle_model::vote::Vote;
use proptest::prelude::*;
use proptest::sample::Index;
use stateright::Model;
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::sync::LazyLock;

const WIRE: usize = 3;

/// A link without reductions.
#[derive(Clone, Debug, Default)]
struct Link {
    wire: VecDeque<Vote>,
    slot: Option<Vote>,
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

/// The model from one initial state, and every state of its servers that can be reached.
static MODEL: LazyLock<(System<3>, HashSet<[Server<3>; 3]>)> = LazyLock::new(|| {
    let scenario = catalogue::find("fault-free").expect("a scenario");
    let system = scenario.system(|number| number == 0, Vec::new());
    let mut known: HashSet<State<3>> = system.starts.iter().copied().collect();
    let mut pending = system.starts.clone();
    while let Some(state) = pending.pop() {
        let next = system.next_steps(&state).into_iter().map(|(_, next)| next);
        pending.extend(next.filter(|next| known.insert(*next)));
    }
    let reached = known.into_iter().map(|state| state.servers).collect();
    (system, reached)
});

impl<'a> Unreduced<'a> {
    fn start(system: &'a System<3>) -> Self {
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
                let vote = self.links[src][me]
                    .wire
                    .pop_front()
                    .expect("it is under way");
                self.handle(me, |election, server, out| {
                    election.on_msg(Id::from(me), server, Id::from(src), vote, out);
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
            if let Command::Send(dst, vote) = command {
                let link = &mut self.links[me][usize::from(*dst)];
                if usize::from(*dst) == me {
                    link.wire.push_back(*vote);
                } else {
                    link.slot = Some(*vote);
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
        let (system, reached) = &*MODEL;
        let mut walk = Unreduced::start(system);
        for choice in choices {
            let events = walk.events();
            if events.is_empty() {
                break;
            }
            walk.happen(*choice.get(&events));
            prop_assert!(reached.contains(&walk.servers), "{:#?}", walk.servers);
        }
    }
}
