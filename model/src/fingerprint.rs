//! How a state is hashed: in a few words, since every transition has one hashed.
//!
//! On random walks through `crash-loss` the derived hash of a state took 118 writes of 526 bytes on average, this one takes 27 of
//! 219. States that are equal have equal words; different ones differ in some word, because each field has bits of its own.

use crate::network::Link;
use crate::server::{Election, Server, Wait};
use crate::system::State;
use crate::vote::{Notification, Vote};
use std::hash::{Hash, Hasher};

impl<const N: usize> Hash for State<N> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        for server in &self.servers {
            hash_server(server, hasher);
        }
        for src in 0..N {
            for dst in 0..N {
                hash_link(self.network.link(src, dst), hasher);
            }
        }
        let broken = (0..N).fold(0, |word, server| {
            word << 8 | u64::from(self.network.broken(server).bits())
        });
        hasher.write_u64(broken);
        for awaited in &self.awaited {
            awaited.words().for_each(|word| hasher.write_u64(word));
        }
        hasher.write_u64(u64::from_be_bytes([
            self.faults.crashes,
            self.faults.stops,
            self.faults.wipes,
            self.faults.breaks,
            self.faults.losses,
            self.repeated.bits(),
            self.broken.bits(),
            0,
        ]));
    }
}

fn hash_server<const N: usize, H: Hasher>(server: &Server<N>, hasher: &mut H) {
    let knows = [
        server.credentials.bits(),
        server.round.0,
        server.config.0,
        u8::from(server.granted) << 1 | u8::from(server.active),
    ];
    let knows = u64::from(u32::from_be_bytes(knows)) << 32;
    match &server.election {
        Election::Down { returns } => hasher.write_u64(knows | u64::from(*returns)),
        // The state of a vote is never zero, so that neither is its word.
        Election::Settled(vote) => hasher.write_u64(knows | u64::from(vote.bits())),
        Election::Looking(looking) => {
            let waits = match looking.wait {
                Wait::Collecting => 2_u8,
                Wait::Finalizing => 3,
            };
            hasher.write_u64(knows | u64::from(waits));
            let support = looking
                .vote_set
                .map_or(0, |set| 1 << 8 | u16::from(set.bits()));
            let before = looking
                .settled_before
                .map_or(0, |before| 1 << 16 | u32::from(before.bits()));
            hasher.write_u64(
                u64::from(looking.heard.bits()) << 56
                    | u64::from(before) << 32
                    | u64::from(support) << 16
                    | u64::from(looking.proposal.bits()),
            );
            for (vote, settled) in looking.recv_set.iter().zip(&looking.out_of_election) {
                hasher.write_u64(pair(*vote, *settled));
            }
        }
    }
}

fn hash_link<H: Hasher>(link: &Link, hasher: &mut H) {
    let [head, newest, last] = link.all();
    let vote = |notification: Option<Notification>| notification.map(|n| n.vote);
    let config = |notification: Option<Notification>| notification.map_or(0, |n| n.config.0);
    hasher.write_u64(pair(vote(head), vote(newest)));
    let configs = [config(head), config(newest), config(last), 0];
    hasher.write_u64(pair(vote(last), None) | u64::from(u32::from_be_bytes(configs)));
}

fn pair(a: Option<Vote>, b: Option<Vote>) -> u64 {
    let word = |vote: Option<Vote>| u64::from(vote.map_or(0, Vote::bits));
    word(a) << 32 | word(b)
}
