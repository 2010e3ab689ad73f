//! How a state is hashed: in a few words, since every transition has one hashed.
//!
//! States that are equal have equal words; different ones differ in some word, because each field
//! has bits of its own, and the words around what is left out tell that it is. Every
//! structure is taken apart by all its fields, so that one that is added is not forgotten here.

use super::State;
use super::awaited::Awaited;
use crate::election::faults::Faults;
use crate::election::network::Network;
use crate::election::server::{Election, Looking, Server, Wait};
use crate::terms::vote::Vote;
use std::hash::{Hash, Hasher};

impl<const N: usize> Hash for State<N> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self {
            servers,
            network,
            faults,
            repeated,
            patience,
            awaited,
        } = self;
        for server in servers {
            hash_server(server, hasher);
        }
        hash_network(network, hasher);
        for word in awaited.iter().map(Awaited::word).filter(|&word| word != 0) {
            hasher.write_u64(word);
        }
        let Faults {
            crashes,
            stops,
            wipes,
            breaks,
            losses,
        } = *faults;
        let rest = [
            crashes,
            stops,
            wipes,
            breaks,
            losses,
            repeated.bits(),
            patience.asked.bits(),
            patience.overdue.bits(),
        ];
        hasher.write_u64(u64::from_le_bytes(rest));
    }
}

fn hash_server<const N: usize, H: Hasher>(server: &Server<N>, hasher: &mut H) {
    let Server {
        credentials,
        round,
        known,
        granted,
        active,
        election,
    } = server;
    let flags = u8::from(*granted) << 1 | u8::from(*active);
    let knows = [credentials.bits(), round.0, *known as u8, flags];
    let knows = u64::from(u32::from_le_bytes(knows)) << 32;
    match election {
        Election::Down { returns } => hasher.write_u64(knows | u64::from(*returns)),
        // The state of a vote is never zero, so that neither is its word.
        Election::Settled(vote) => hasher.write_u64(knows | u64::from(vote.bits())),
        Election::Looking(looking) => hash_looking(knows, looking, hasher),
    }
}

fn hash_looking<const N: usize, H: Hasher>(knows: u64, looking: &Looking<N>, hasher: &mut H) {
    let Looking {
        proposal,
        wait,
        recv_set,
        out_of_election,
        vote_set,
        heard,
        settled_before,
    } = looking;
    let waits = match wait {
        Wait::Collecting => 2_u8,
        Wait::Finalizing => 3,
    };
    let support = vote_set.map_or(0, |set| 1 << 8 | u16::from(set.bits()));
    let before = settled_before.map_or(0, |before| 1 << 16 | u32::from(before.bits()));
    let counts = u64::from(heard.bits()) << 56
        | u64::from(before) << 32
        | u64::from(support) << 16
        | u64::from(proposal.bits());
    hasher.write_u64(knows | u64::from(waits));
    hasher.write_u64(counts);
    for (&vote, &settled) in recv_set.iter().zip(out_of_election) {
        hasher.write_u64(u64::from(word(vote)) << 32 | u64::from(word(settled)));
    }
}

fn word(vote: Option<Vote>) -> u32 {
    vote.map_or(0, Vote::bits)
}

/// The place of no link.
const NO_PLACE: u8 = u8::MAX;

/// What is in use of each link, with the link's place above it. What ends that has a byte there
/// that no place has.
fn hash_network<const N: usize, H: Hasher>(network: &Network<N>, hasher: &mut H) {
    let (links, broken) = network.all();
    for (place, link) in (0..u64::from(NO_PLACE)).zip(links.as_flattened()) {
        let [head, newest, last] = link.words();
        if head | newest | last != 0 {
            hasher.write_u64(place << 56 | u64::from(head));
            hasher.write_u64(u64::from(newest) << 32 | u64::from(last));
        }
    }
    let broken = broken.iter();
    let broken = broken.fold(0, |word, servers| word << 8 | u64::from(servers.bits()));
    hasher.write_u64(u64::from(NO_PLACE) << 56 | broken);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::election::catalogue::find;
    use crate::election::network::Links;
    use crate::frame::scenario::Scenario;
    use crate::frame::system::{Change, assert_fingerprints_differ};
    use crate::terms::ensemble::Known;
    use crate::terms::set::ServerSet;
    use crate::terms::vote::{ConfigVersion, Credentials, Notification, Proposal, Round};
    use fle::ServerState;

    const PROPOSAL: Proposal = Proposal::NOBODY;

    fn vote(state: ServerState) -> Vote {
        Vote {
            state,
            ..Vote::looking(PROPOSAL, Round(7))
        }
    }

    fn looking(state: &mut State<3>) -> &mut Looking<3> {
        match &mut state.servers[0].election {
            Election::Looking(looking) => looking,
            Election::Down { .. } | Election::Settled(_) => panic!("it looks"),
        }
    }

    fn sends(state: &mut State<3>, vote: Vote, config: u8, links: Links) {
        let config = ConfigVersion(config);
        state
            .network
            .send(0, 1, Notification { vote, config }, links);
    }

    const SERVERS: &[Change<State<3>>] = &[
        ("nothing", |_| {}),
        ("credentials", |it| {
            it.servers[0].credentials = Credentials::new(2, 1);
        }),
        ("its zxid", |it| {
            it.servers[0].credentials = Credentials::new(1, 2);
        }),
        ("round", |it| it.servers[0].round = Round(7)),
        ("known", |it| it.servers[0].known = Known::Second),
        ("granted", |it| it.servers[0].granted = true),
        ("active", |it| it.servers[0].active = true),
        ("of another", |it| it.servers[1].active = true),
        ("down", |it| {
            it.servers[0].election = Election::Down { returns: true };
        }),
        ("down for good", |it| {
            it.servers[0].election = Election::Down { returns: false };
        }),
        ("follows", |it| {
            it.servers[0].election = Election::Settled(vote(ServerState::Following));
        }),
        ("leads", |it| {
            it.servers[0].election = Election::Settled(vote(ServerState::Leading));
        }),
        ("observes", |it| {
            it.servers[0].election = Election::Settled(vote(ServerState::Observing));
        }),
        ("of a round", |it| {
            let vote = vote(ServerState::Following);
            it.servers[0].election = Election::Settled(Vote {
                round: Round(6),
                ..vote
            });
        }),
        ("of a leader", |it| {
            let proposal = Proposal::of(2, Credentials::NO_DATA);
            let vote = vote(ServerState::Following);
            it.servers[0].election = Election::Settled(Vote { proposal, ..vote });
        }),
        ("proposal", |it| looking(it).proposal = PROPOSAL),
        ("wait", |it| looking(it).wait = Wait::Finalizing),
        ("recv_set", |it| {
            looking(it).recv_set[1] = Some(vote(ServerState::Looking));
        }),
        ("its next", |it| {
            looking(it).recv_set[2] = Some(vote(ServerState::Looking));
        }),
        ("out_of_election", |it| {
            looking(it).out_of_election[1] = Some(vote(ServerState::Looking));
        }),
        ("no vote_set", |it| {
            looking(it).vote_set = Some(ServerSet::NONE);
        }),
        ("vote_set", |it| {
            looking(it).vote_set = Some(ServerSet::first(1));
        }),
        ("heard", |it| looking(it).heard = ServerSet::first(1)),
        ("settled_before", |it| {
            looking(it).settled_before = Some(PROPOSAL);
        }),
        ("on one without data", |it| {
            looking(it).settled_before = Some(Proposal::of(0, Credentials::NO_DATA));
        }),
    ];

    const AROUND: &[Change<State<3>>] = &[
        ("nothing", |_| {}),
        ("no head", |it| it.network.link_mut(0, 1).clear()),
        ("on the way back", |it| it.network.link_mut(1, 0).clear()),
        ("head", |it| {
            sends(it, vote(ServerState::Looking), 1, Links::Slot);
        }),
        ("its configuration", |it| {
            sends(it, vote(ServerState::Looking), 7, Links::Slot);
        }),
        ("newest", |it| {
            sends(it, vote(ServerState::Looking), 1, Links::WireAndSlot);
        }),
        ("the newest's configuration", |it| {
            sends(it, vote(ServerState::Looking), 7, Links::WireAndSlot);
        }),
        ("last", |it| {
            sends(it, vote(ServerState::Looking), 1, Links::Slot);
            it.network.link_mut(0, 1).clear();
        }),
        ("the last's configuration", |it| {
            sends(it, vote(ServerState::Looking), 7, Links::Slot);
            it.network.link_mut(0, 1).clear();
        }),
        ("broken", |it| it.network.break_connection(0, 2)),
        ("between others", |it| it.network.break_connection(1, 2)),
        ("crashes", |it| it.faults.crashes += 1),
        ("stops", |it| it.faults.stops += 1),
        ("wipes", |it| it.faults.wipes += 1),
        ("breaks", |it| it.faults.breaks += 1),
        ("losses", |it| it.faults.losses += 1),
        ("repeated", |it| it.repeated = ServerSet::first(1)),
        ("asked", |it| it.patience.asked = ServerSet::first(1)),
        ("overdue", |it| it.patience.overdue = ServerSet::first(1)),
    ];

    /// Of a wait, which only a server has that finalizes.
    const WAITS: &[Change<State<3>>] = &[
        ("nothing", |_| {}),
        ("delays", |it| it.awaited[0].delays += 1),
        ("senders", |it| {
            it.awaited[0].senders[1] = ServerSet::first(1);
        }),
        ("to another", |it| {
            it.awaited[0].senders[2] = ServerSet::first(1);
        }),
    ];

    #[test]
    fn each_field_of_a_state_has_a_part_in_its_fingerprint() {
        let scenario = find("fault-free").expect("a scenario");
        let start = scenario.system::<3>(|number| number == 0).starts[0];
        assert_fingerprints_differ(start, SERVERS);
        assert_fingerprints_differ(start, AROUND);
        let mut waits = start;
        waits.awaited[0] = Awaited {
            delays: 1,
            senders: [ServerSet::NONE; 3],
        };
        assert_fingerprints_differ(waits, WAITS);
    }
}
