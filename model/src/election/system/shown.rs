//! A state as it is shown: field by field, servers by their sids instead of their places, what is
//! there instead of what is not.

use super::awaited::Awaited;
use super::patience::Patience;
use super::state::State;
use crate::election::network::Network;
use crate::election::server::{Election, Looking, Server};
use crate::terms::ensemble::Known;
use crate::terms::set::ServerSet;
use crate::terms::vote::{Vote, sid, state_name};
use fle::ServerState;
use std::fmt;

impl<const N: usize> fmt::Debug for State<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            servers,
            network,
            faults,
            repeated,
            patience,
            awaited,
        } = self;
        let mut fields = f.debug_struct("State");
        for (place, server) in servers.iter().enumerate() {
            fields.field(&format!("server {}", sid(place)), &Shown(server));
        }
        fields.field("under way", &Shown(network));
        if faults.any() {
            fields.field("may still go wrong", faults);
        }
        if repeated.iter().next().is_some() {
            fields.field("announced again", repeated);
        }
        if *patience != Patience::NONE {
            fields.field("patience", patience);
        }
        if awaited.iter().any(|awaited| *awaited != Awaited::NOTHING) {
            fields.field("awaited", awaited);
        }
        fields.finish()
    }
}

/// A part of a state, as it is shown.
struct Shown<'a, T>(&'a T);

impl<const N: usize> fmt::Debug for Shown<'_, Server<N>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Server {
            credentials,
            round,
            known,
            granted,
            active,
            election,
        } = self.0;
        let mut fields = f.debug_struct(match election {
            Election::Down { returns: true } => "DOWN",
            Election::Down { returns: false } => "DOWN for good",
            Election::Looking(_) => state_name(ServerState::Looking),
            Election::Settled(vote) => state_name(vote.state),
        });
        fields.field("credentials", credentials);
        fields.field("round", &round.0);
        if *known != Known::First {
            fields.field("second configuration", &known.told());
        }
        if *granted {
            fields.field("granted by the oracle", granted);
        }
        if *active {
            fields.field("synchronized", active);
        }
        match election {
            Election::Down { .. } => {}
            Election::Looking(looking) => show_looking(looking, &mut fields),
            Election::Settled(vote) => {
                fields.field("vote", vote);
            }
        }
        fields.finish()
    }
}

fn show_looking<const N: usize>(looking: &Looking<N>, fields: &mut fmt::DebugStruct<'_, '_>) {
    let Looking {
        proposal,
        wait,
        recv_set,
        out_of_election,
        vote_set,
        heard,
        settled_before,
    } = looking;
    fields
        .field("proposal", proposal)
        .field("wait", wait)
        .field("recv_set", &Shown(recv_set))
        .field("out_of_election", &Shown(out_of_election));
    if let Some(vote_set) = vote_set {
        fields.field("vote_set", vote_set);
    }
    if *heard != ServerSet::NONE {
        fields.field("heard", heard);
    }
    if let Some(proposal) = settled_before {
        fields.field("settled before on", proposal);
    }
}

impl<const N: usize> fmt::Debug for Shown<'_, [Option<Vote>; N]> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let votes = self.0.iter().enumerate();
        let votes = votes.filter_map(|(place, vote)| Some((sid(place).0, (*vote)?)));
        f.debug_map().entries(votes).finish()
    }
}

impl<const N: usize> fmt::Debug for Shown<'_, Network<N>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let links = (0..N).flat_map(|src| (0..N).map(move |dst| (src, dst)));
        let links = links.flat_map(|(src, dst)| {
            let link = self.0.link(src, dst).notifications();
            let broken = self.0.is_broken(src, dst);
            let how = if broken { ", once connected" } else { "" };
            link.map(move |notification| {
                (format!("{} to {}{how}", sid(src), sid(dst)), notification)
            })
        });
        let mut map = f.debug_map();
        for (link, vote) in links {
            map.entry(&format_args!("{link}"), &vote);
        }
        map.finish()
    }
}
