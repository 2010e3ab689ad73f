//! What must hold in every state.

use super::shared::{Claim, best, everywhere};
use crate::election::rules::StepRule;
use crate::election::scenario::Scenario;
use crate::election::server::{Election, Server, Wait};
use crate::frame::claim::Kind;
use crate::terms::ensemble::Composition;
use crate::terms::vote::Round;
use fle::ServerState;

pub(super) fn claims<const N: usize>() -> Vec<Claim<N>> {
    let always = |name, witnesses, statement, condition| Claim {
        name,
        statement,
        kind: Kind::Always { witnesses },
        applies: everywhere,
        condition,
    };
    let where_candidates_stay = |claim| Claim {
        applies: |scenario| !scenario.activation && !scenario.gains_candidates(),
        ..claim
    };
    vec![
        always(
            "quorum evidence",
            &["a server is elected", "a server joins"],
            "A server that settles on a leader in a round has the votes of a quorum on record, in every configuration in force: cast in \
             that round while they looked, or by servers that have settled on the leader. If it joins another server, that one has \
             said that it leads, and if itself, it is in that round; where an oracle denies, its word alone is enough. And on record is only what arrived, under the \
             name of its sender.",
            |_, state| {
                let broken = state.past;
                !broken.contains(StepRule::QuorumEvidence)
                    && !broken.contains(StepRule::TruthfulRecords)
            },
        ),
        where_candidates_stay(always(
            "best credentials",
            &["a leader outranks a voter"],
            "The (epoch, zxid) of an elected leader is not below that of any voter whose vote, cast while it looked, was \
             counted in the election, unless that voter votes only in a configuration that is, to itself, no more than proposed.",
            |_, state| !state.past.contains(StepRule::BestCredentials),
        )),
        always(
            "one established leader",
            &["a leader is established"],
            "No two servers lead at the same time with a quorum settled on each.",
            |system, state| {
                let leads = |&server: &usize| state.is_established(&system.election, server);
                (0..N).filter(leads).count() <= 1
            },
        ),
        always(
            "eligible",
            &["a server is elected"],
            "Nobody settles on a server that is no voter of the committed configuration, as far as it knows itself, or has no weight, or \
             whose disk has always been empty.",
            |system, state| {
                let eligible = |server: &Server<N>| {
                    let ensemble = system.election.ensemble(server.known);
                    server.settled().is_none_or(|vote| {
                        ensemble.committed().voters.contains(vote.leader())
                            && ensemble.has_weight(vote.leader())
                            && vote.proposal.credentials.has_data()
                            && state.past.had[vote.leader()].has_data()
                    })
                };
                state.servers.iter().all(eligible)
            },
        ),
        always(
            "coherent state",
            &["a proposal improves"],
            "A server is LEADING if and only if it settled on itself. While it looks its round never falls, within a round its \
             proposal never worsens, and the votes that it counts are of that round.",
            |_, state| {
                let mut servers = state.servers.iter().enumerate();
                servers.all(|(id, server)| is_coherent(id, server))
                    && !state.past.contains(StepRule::LookingOnlyRises)
            },
        ),
        always(
            "joiner respects the ensemble",
            &["a server joins an ensemble"],
            "A server that joins on the word of settled servers, themselves a quorum, each of which \
             is still settled as it said, while a quorum follows a leader, settles on that leader; \
             and no settled server changes its vote because of what it receives.",
            |_, state| !state.past.contains(StepRule::JoinerRespectsEnsemble),
        ),
        always(
            "an ensemble lasts",
            &["a leader is established"],
            "A leader that a quorum follows keeps that quorum until something goes wrong: nobody \
             leaves it by itself.",
            |_, state| !state.past.contains(StepRule::EnsembleLasts),
        ),
        Claim {
            applies: Scenario::has_causes,
            ..always(
                "giving up has a cause",
                &["somebody gives up"],
                "Only a leader that no quorum follows gives up, and only a follower whose leader is \
                 down, does not lead, or has begun an epoch since.",
                |_, state| !state.past.contains(StepRule::GivesUpForCause),
            )
        },
        Claim {
            applies: Scenario::has_strangers,
            ..always(
                "strangers are answered",
                &["a stranger is heard"],
                "A server without a vote is answered once whenever it is heard: with the leader that \
                 the answering server has settled on, or had before it looked again, or with itself \
                 where it never had one.",
                |_, state| !state.past.contains(StepRule::AnswersStrangers),
            )
        },
        Claim {
            applies: Scenario::has_better_late,
            ..always(
                "the better ends the wait",
                &["a better vote ends a wait"],
                "Whoever waits for a better proposal than the one for which it has a quorum, and \
                 hears one from a voter, looking or settled, does not settle by that wait.",
                |_, state| !state.past.contains(StepRule::BetterEndsWait),
            )
        },
        always(
            "the last word counts",
            &["a settled server answers"],
            "A looking server has the last vote of each voter on record, as long as it can decide \
             anything: none is dropped before its round is over, nor kept in the place of a later \
             one.",
            |_, state| !state.past.contains(StepRule::RecordsLast),
        ),
        always(
            "epochs rise",
            &["a leader is established"],
            "A leader begins an epoch above all that its followers have seen; whoever learns it has \
             then what its leader has. Nothing else changes what is on a disk, but its loss.",
            |_, state| !state.past.contains(StepRule::EpochsRise),
        ),
        Claim {
            applies: |scenario| scenario.faults.break_connections(),
            ..always(
                "the newest comes again",
                &["a connection can lose something"],
                "When a connection breaks, or its receiver crashes and will be back, the next to \
                 arrive is the newest that was sent.",
                |_, state| !state.past.contains(StepRule::NewestComesAgain),
            )
        },
        always(
            "the best is proposed",
            &["a proposal improves"],
            "A looking server proposes the better of what it proposed and what it hears of its \
             round; where it enters a later one, of itself and what took it there.",
            |_, state| !state.past.contains(StepRule::ProposesBest),
        ),
        always(
            "proposals are announced",
            &["a proposal improves"],
            "What a looking server says is what it proposes, in its round. It says so to every \
             voter when it begins to look, turns to another proposal or round, or has waited in \
             vain; to a voter that asks in an earlier round; and never else.",
            |_, state| !state.past.contains(StepRule::TellsProposal),
        ),
        Claim {
            applies: tells_everyone_in_time,
            ..always(
                "nobody asks twice",
                &["all agree"],
                "When nothing is under way and nobody waits for a better proposal, every voter has settled: nobody had to announce \
                 its vote again.",
                |system, state| {
                    let voters = system.election.common().voters();
                    !state.is_silent(&system.election)
                        || state.any_waits(Wait::Finalizing)
                        || voters
                            .iter()
                            .all(|voter| state.servers[voter].looking().is_none())
                },
            )
        },
        always(
            "replies are truthful",
            &["a settled server answers"],
            "A settled server answers a looking one with the vote that it settled on, and sends nothing else.",
            |_, state| !state.past.contains(StepRule::TruthfulReplies),
        ),
        Claim {
            applies: |scenario| scenario.reduced,
            ..always(
                "in step",
                &["all agree"],
                "Nobody settles on any but the best server, and nobody leaves the first round: what the reduction of states relies on.",
                |system, state| {
                    let mut leaders = (0..N).filter_map(|server| state.leader_of(server));
                    leaders.all(|leader| Some(leader) == best(system, state))
                        && state.servers.iter().all(|server| server.round == Round(1))
                },
            )
        },
    ]
}

/// Where three equal servers begin together, in one round, and hear one another in time. A fourth
/// may ask when the others are about to settle, and hear nothing of it unless it asks again.
fn tells_everyone_in_time(scenario: &Scenario) -> bool {
    let three_equals = scenario.servers == 3 && scenario.composition == Composition::Majority;
    scenario.is_timely() && !scenario.is_out_of_step() && three_equals
}

fn is_coherent<const N: usize>(id: usize, server: &Server<N>) -> bool {
    match &server.election {
        Election::Looking(looking) => {
            let mut counted = looking.recv_set.iter().flatten();
            counted.all(|vote| vote.round == server.round)
        }
        Election::Down { .. } => true,
        Election::Settled(vote) => match vote.state {
            ServerState::Leading => vote.leader() == id,
            ServerState::Following => vote.leader() != id,
            ServerState::Observing => vote.leader() != id,
            ServerState::Looking => false,
        },
    }
}
