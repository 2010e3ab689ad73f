//! What is claimed of what is on the disks, or was before it was lost.
//!
//! Where leaders begin new epochs histories change hands, and a vote may be of an earlier one:
//! there it is for the [establishment](crate::establishment) to see that nothing committed is lost.
//! An old peer takes the epoch from every proposal that it makes or hears.

use super::shared::{Claim, credentials_differ};
use crate::election::faults::Faults;
use crate::election::rules::{some_receipt, some_settling};
use crate::election::scenario::Scenario;
use crate::election::server::Server;
use crate::frame::claim::Kind;
use crate::terms::ensemble::Composition;
use crate::terms::vote::{Credentials, Proposal, Vote};
use fle::ServerState;

pub(super) fn always<const N: usize>() -> Vec<Claim<N>> {
    let always = |applies: fn(&Scenario) -> bool, name, witnesses, statement, condition| Claim {
        name,
        statement,
        kind: Kind::Always { witnesses },
        applies,
        condition,
    };
    vec![
        always(
            claims_stay_true,
            "claims are true",
            &["a proposal improves"],
            "What a server proposes or has settled on tells of the candidate what its disk says, or said before it was lost.",
            |_, state| {
                let mut proposals = state.servers.iter().filter_map(proposal);
                proposals.all(|it| {
                    let (candidate, claimed) = (it.leader(), it.credentials);
                    claimed == state.past.had[candidate]
                        || claimed == state.servers[candidate].credentials
                })
            },
        ),
        always(
            some_lack_data,
            "without data no vote",
            &["a server without data hears a vote"],
            "A server whose disk is empty proposes nobody but itself while it looks, has no votes of looking servers on record, and \
             is on nobody's; but for one that votes in a proposed configuration only.",
            |system, state| {
                let mut servers = state.servers.iter().enumerate();
                servers.all(|(me, server)| {
                    let committed = system.election.ensemble(server.known).committed();
                    !committed.voters.contains(me) || keeps_out(me, server)
                })
            },
        ),
        always(
            |scenario| claims_stay_true(scenario) && credentials_differ(scenario),
            "an elected history is not below a committed one",
            &["a leader outranks a voter"],
            "The (epoch, zxid) with which a server was settled on is not below that of any history that a quorum has, or had before \
             it was lost.",
            |system, state| {
                let mut votes = state.servers.iter().filter_map(Server::settled);
                let committed = state.past.committed(system.election.common());
                votes.all(|vote| vote.proposal.credentials >= committed)
            },
        ),
    ]
}

pub(super) fn sometimes<const N: usize>() -> Vec<Claim<N>> {
    let sometimes = |applies: fn(&Scenario) -> bool, name, kind, statement, condition| Claim {
        name,
        statement,
        kind,
        applies,
        condition,
    };
    vec![
        sometimes(
            some_lack_data,
            "a server without data hears a vote",
            Kind::Witness,
            "The vote of a looking server reaches one that looks and has an empty disk.",
            |system, state| {
                some_receipt(system, state, |step| {
                    step.received().is_some_and(|(src, dst, notification)| {
                        let server = &state.servers[dst];
                        src != dst
                            && notification.vote.state == ServerState::Looking
                            && server.looking().is_some()
                            && !server.credentials.has_data()
                    })
                })
            },
        ),
        sometimes(
            |scenario| scenario.faults.wipes > 0 && scenario.composition != Composition::Growing,
            "a leader has lost its data",
            Kind::Pitfall,
            "A quorum follows a leader whose disk is empty: it was elected again by the word of those that had not noticed.",
            |system, state| {
                let leader = state.established_leader(&system.election);
                leader.is_some_and(|leader| !state.servers[leader].credentials.has_data())
            },
        ),
        sometimes(
            |scenario| scenario.faults.wipes > 0 && scenario.faults.losses > 0,
            "the word of a server without data counts",
            Kind::Pitfall,
            "A server settles on the votes of a quorum that is none without those whose disk is empty: they had joined the leader.",
            |system, state| {
                some_settling(system, state, |step| {
                    let has_data = |&voter: &usize| state.servers[voter].credentials.has_data();
                    step.supporters().is_some_and(|supporters| {
                        let with_data = supporters.iter().filter(has_data).collect();
                        !system.election.common().has_quorum(with_data, false)
                    })
                })
            },
        ),
    ]
}

fn claims_stay_true(scenario: &Scenario) -> bool {
    !scenario.activation && !scenario.ahead && scenario.composition != Composition::OldPeer
}

fn some_lack_data(scenario: &Scenario) -> bool {
    let Faults { wipes, .. } = scenario.faults;
    wipes > 0 || scenario.credentials.contains(&Credentials::NO_DATA)
}

/// What the server proposes, or settled on; `None` for one that is down, or proposes nobody.
fn proposal<const N: usize>(server: &Server<N>) -> Option<Proposal> {
    let looks = server.looking().map(|looking| looking.proposal);
    let settled = server.settled().map(|vote| vote.proposal);
    looks.or(settled).filter(|&it| it != Proposal::NOBODY)
}

/// Whether a voter neither votes without data nor counts the vote of one that does.
fn keeps_out<const N: usize>(voter: usize, server: &Server<N>) -> bool {
    let Some(looking) = server.looking() else {
        return true;
    };
    let votes = looking.recv_set.iter().flatten();
    let mut cast = votes.filter(|vote: &&Vote| vote.state == ServerState::Looking);
    if server.credentials.has_data() {
        cast.all(|vote| !vote.proposal.has_no_data())
    } else {
        looking.proposal == Proposal::of(voter, server.credentials) && cast.next().is_none()
    }
}
