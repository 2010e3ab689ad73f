//! Leaving out what can no longer matter, where all begin together and in time: what makes five
//! servers small enough.
//!
//! For scenarios without faults, in the timely setting, in which all voters weigh the same and
//! start in one round. There the best server wins, and so long as it does, much of what a state
//! says decides nothing:
//!
//! 1. A vote on record that was cast, while looking, for less than the server now proposes. The
//!    server's own count wants votes for its proposal, which only rises; votes of settled servers
//!    name the best, so that no count of theirs wants it either.
//! 2. What a notification from a looking server says, if it is less than the receiver proposes, or
//!    the receiver has settled. Delivered, it is no better, whatever it says, and is recorded, to
//!    be left out by the first rule, or it is answered, whatever it says. It is made to propose the
//!    least of all.
//! 3. A notification from a settled server to a settled one. It is ignored, and until then only
//!    keeps others waiting.
//! 4. A notification to a server that finalizes with the best proposal, and what that server knows
//!    of settled ones. Nothing is better, so it discards everything until it settles, and it does
//!    not settle before everything has arrived.
//!
//! **Why that loses nothing.** Suppose first that nobody ever settles on any but the best, and
//! nobody leaves the first round. Then each rule takes a state to one with the same future as far
//! as properties can see: 1 and 2 change nothing that a handler asks, and 3 and 4 deliver at once
//! what will change nothing whenever it is delivered, be it replaced by a newer one or not; early
//! delivery only allows more, for under way it keeps waits from ending. And should somebody settle
//! on another server, or leave the round, then consider a shortest way to that: until its last step
//! the supposition holds, so the reduced model has a way to the same step. There it is a violation
//! of the property `in step`, which is checked wherever the rules are used.
//!
//! `tests/reductions.rs` holds both forms against each other at three servers.

use super::State;
use super::awaited::Awaited;
use crate::election::mutants::Mutant;
use crate::election::network::Network;
use crate::election::server::{Election, Server, Wait};
use crate::terms::set::ServerSet;
use crate::terms::vote::Proposal;
use fle::ServerState;

/// What would be a mistake to leave out, as some mutants do: what is as good as forgotten, too, if
/// it had no part in a state's fingerprint.
pub(super) fn leave_out_too_much<const N: usize>(mutant: Mutant, state: &mut State<N>) {
    match mutant {
        Mutant::LastMessageForgotten => state.network.forget_last(),
        Mutant::AskedForgotten => state.patience.asked = ServerSet::NONE,
        Mutant::OverdueForgotten => state.patience.overdue = ServerSet::NONE,
        Mutant::RepeatedForgotten => state.repeated = ServerSet::NONE,
        Mutant::AwaitedForgotten => state.awaited = [Awaited::NOTHING; N],
        Mutant::LatestForgotten => {
            let links = (0..N).flat_map(|src| (0..N).map(move |dst| (src, dst)));
            links.for_each(|(src, dst)| state.network.link_mut(src, dst).drop_newest());
        }
        _ => {}
    }
    for server in &mut state.servers {
        match (mutant, &mut server.election) {
            (Mutant::HeardForgotten, Election::Looking(looking)) => {
                looking.heard = ServerSet::NONE;
            }
            (Mutant::VoteSetForgotten, Election::Looking(looking)) => looking.vote_set = None,
            (Mutant::SettledBeforeForgotten, Election::Looking(looking)) => {
                looking.settled_before = None;
            }
            _ => {}
        }
    }
}

/// Applies the rules to a state.
pub(crate) fn leave_out_what_is_outdated<const N: usize>(state: &mut State<N>) {
    let own = |server: usize| Proposal::of(server, state.servers[server].credentials);
    let proposals = || (0..N).map(own);
    let (Some(least), Some(best)) = (
        proposals().min_by_key(|proposal| proposal.unpack()),
        proposals().max_by_key(|proposal| proposal.unpack()),
    ) else {
        return;
    };
    for dst in 0..N {
        let server = &mut state.servers[dst];
        leave_out_lesser_votes(server);
        if surely_settles(server, best) {
            if let Election::Looking(looking) = &mut server.election {
                looking.out_of_election = [None; N];
            }
            (0..N).for_each(|src| state.network.link_mut(src, dst).clear());
        } else {
            leave_out_on_links(server, dst, least, &mut state.network);
        }
    }
}

/// Rule 1.
fn leave_out_lesser_votes<const N: usize>(server: &mut Server<N>) {
    let Election::Looking(looking) = &mut server.election else {
        return;
    };
    let proposal = looking.proposal.unpack();
    for record in &mut looking.recv_set {
        *record = record.filter(|vote| {
            vote.state != ServerState::Looking || vote.proposal.unpack() >= proposal
        });
    }
}

/// Rule 4 applies.
fn surely_settles<const N: usize>(server: &Server<N>, best: Proposal) -> bool {
    server
        .looking()
        .is_some_and(|looking| looking.wait == Wait::Finalizing && looking.proposal == best)
}

/// Rules 2 and 3.
fn leave_out_on_links<const N: usize>(
    server: &Server<N>,
    dst: usize,
    least: Proposal,
    network: &mut Network<N>,
) {
    for src in 0..N {
        let link = network.link_mut(src, dst);
        let Some(notification) = link.head() else {
            continue;
        };
        let looks = notification.vote.state == ServerState::Looking;
        let lesser =
            |proposal: Proposal| looks && notification.vote.proposal.unpack() < proposal.unpack();
        match &server.election {
            Election::Settled(_) if !looks => link.clear(),
            Election::Settled(_) => link.propose_instead(least),
            Election::Looking(looking) if lesser(looking.proposal) => link.propose_instead(least),
            Election::Looking(_) | Election::Down { .. } => {}
        }
    }
}
