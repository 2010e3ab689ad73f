//! What must hold of an election, what must be seen to happen, and what sounds right and is false.
//!
//! A property of a state is judged on the state. What must hold of steps is a [`StepRule`]; the state remembers that one was broken.
//! What must come to hold, and stay so, is judged on fair runs ([`crate::liveness`]).
//!
//! Every `always` and `eventually` names the `sometimes` that shows it is not vacuous. That nobody may ever settle on an observer,
//! a server without weight, a stranger or a server without data is stated and cannot yet be broken: no scenario has such servers.

use crate::server::{Election, Server};
use crate::steps::{StepRule, counted, electors, some_election, some_receipt};
use crate::system::{State, System};
use crate::vote::Vote;
use fle::ServerState;
use serde::Serialize;
use stateright::Expectation;

/// A property and its place in the catalogue.
#[derive(Clone, Copy)]
pub struct Claim<const N: usize> {
    /// Its name, as printed.
    pub name: &'static str,
    /// What it states.
    pub statement: &'static str,
    /// How it is to be read.
    pub kind: Kind,
    /// In which scenarios it is checked.
    pub scope: Scope,
    /// The condition on a state.
    pub condition: fn(&System<N>, &State<N>) -> bool,
}

/// How a property is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Holds in every state.
    Always {
        /// The properties that show it is not vacuous.
        witnesses: &'static [&'static str],
    },
    /// In every fair run, holds from some moment on: see [`crate::liveness`].
    Eventually {
        /// The properties that show it is not vacuous.
        witnesses: &'static [&'static str],
    },
    /// Holds in some state, and so shows that another property is not vacuous.
    Witness,
    /// Holds in some state: the opposite sounds right and is false.
    Pitfall,
    /// In some fair run, fails again and again: that it holds eventually sounds right and is false.
    EndlessPitfall,
}

/// In which scenarios a property is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// In all.
    Everywhere,
    /// Where servers may start with different credentials.
    CredentialsDiffer,
    /// Where servers may start in different rounds.
    RoundsDiffer,
    /// In the timely setting.
    Timely,
    /// In the timely setting, where servers may start in different rounds.
    TimelyOutOfStep,
    /// Everywhere but in the timely setting with all in one round at the start: there everybody hears of everybody before any
    /// wait ends.
    OutOfStep,
    /// Of those, where servers may start with different credentials.
    OutOfStepCredentialsDiffer,
}

impl Kind {
    /// Whether it is a property of fair runs, which stateright cannot check.
    #[must_use]
    pub fn is_of_runs(self) -> bool {
        matches!(self, Self::Eventually { .. } | Self::EndlessPitfall)
    }

    /// The kind in stateright's terms.
    #[must_use]
    pub fn expectation(self) -> Expectation {
        match self {
            Self::Always { .. } => Expectation::Always,
            Self::Eventually { .. } => Expectation::Eventually,
            Self::Witness | Self::Pitfall | Self::EndlessPitfall => Expectation::Sometimes,
        }
    }
}

/// Every property, in the order in which they are printed.
#[must_use]
pub fn claims<const N: usize>() -> Vec<Claim<N>> {
    [
        always(),
        eventually(),
        witnesses(),
        pitfalls(),
        endless_pitfalls(),
    ]
    .concat()
}

fn always<const N: usize>() -> Vec<Claim<N>> {
    let always = |name, witnesses, statement, condition| Claim {
        name,
        statement,
        kind: Kind::Always { witnesses },
        scope: Scope::Everywhere,
        condition,
    };
    vec![
        always(
            "quorum evidence",
            &["a server is elected", "a server joins"],
            "A server that settles on a leader in a round had a quorum of voters that had voted for the leader: while they looked, in \
             that round, or settled. If it joins another server on the word of others, that one leads.",
            |_, state| !state.history.is_broken(StepRule::QuorumEvidence),
        ),
        always(
            "best credentials",
            &["a leader outranks a voter"],
            "The (epoch, zxid) of an elected leader is not below that of any voter whose vote, cast while it looked, was counted \
             in the election.",
            |_, state| !state.history.is_broken(StepRule::BestCredentials),
        ),
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
            "Nobody settles on a server that is not a voter with weight.",
            |system, state| {
                let mut leaders = (0..N).filter_map(|server| state.leader_of(server));
                leaders.all(|leader| system.election.has_weight(leader))
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
                    && !state.history.is_broken(StepRule::LookingOnlyRises)
            },
        ),
        always(
            "joiner respects the ensemble",
            &["a server joins an ensemble"],
            "A server that joins on the word of settled servers, while a quorum follows a leader, settles on that leader; and no \
             settled server changes its vote because of what it receives.",
            |_, state| !state.history.is_broken(StepRule::JoinerRespectsEnsemble),
        ),
        always(
            "replies are truthful",
            &["a settled server answers"],
            "A settled server answers a looking one with the vote that it settled on, and sends nothing else.",
            |_, state| !state.history.is_broken(StepRule::TruthfulReplies),
        ),
    ]
}

fn eventually<const N: usize>() -> Vec<Claim<N>> {
    let eventually = |name, statement, witnesses, condition| Claim {
        name,
        statement,
        kind: Kind::Eventually { witnesses },
        scope: Scope::Timely,
        condition,
    };
    vec![
        eventually(
            "election terminates",
            "If the best server is in the latest round at the start: from every reachable state eventually every server has settled \
             on one leader, and stays so.",
            &["all agree"],
            |_, state| !best_starts_in_front(state) || state.agreed_leader().is_some(),
        ),
        eventually(
            "best wins",
            "If the best server, the one with the greatest (epoch, zxid, sid), is in the latest round at the start: from every \
             reachable state eventually every server has settled on it, and stays so.",
            &["all agree"],
            |_, state| !best_starts_in_front(state) || state.agreed_leader() == Some(best(state)),
        ),
        eventually(
            "somebody leads",
            "From every reachable state eventually some server leads, and stays so.",
            &["a leader is established"],
            |_, state| leaders(state).next().is_some(),
        ),
        eventually(
            "late joiner settles",
            "From every reachable state eventually no quorum follows a leader, or every server has settled; and stays so.",
            &["a server joins an ensemble"],
            |system, state| {
                state.established_leader(&system.election).is_none() || all_settled(state)
            },
        ),
    ]
}

fn witnesses<const N: usize>() -> Vec<Claim<N>> {
    let witness = |scope, name, statement, condition| Claim {
        name,
        statement,
        kind: Kind::Witness,
        scope,
        condition,
    };
    vec![
        witness(
            Scope::Everywhere,
            "a server is elected",
            "A server settles because its own count of votes came to a quorum.",
            |system, state| some_election(system, state, |_, _| true),
        ),
        witness(
            Scope::Everywhere,
            "a server joins",
            "A server settles on another on the word of settled servers.",
            |system, state| {
                some_receipt(system, state, |step| {
                    step.joined().is_some_and(|(me, vote)| vote.leader() != me)
                })
            },
        ),
        witness(
            Scope::CredentialsDiffer,
            "a leader outranks a voter",
            "A server is elected by a quorum with a looking voter of lower (epoch, zxid) in it.",
            |system, state| {
                some_election(system, state, |looking, vote| {
                    let best = vote.proposal.credentials;
                    electors(looking, vote).any(|voter| state.servers[voter].credentials < best)
                })
            },
        ),
        witness(
            Scope::Everywhere,
            "a leader is established",
            "A server leads and a quorum has settled on it.",
            |system, state| state.established_leader(&system.election).is_some(),
        ),
        witness(
            Scope::Everywhere,
            "a proposal improves",
            "A server turns to a better proposal within a round.",
            |system, state| {
                some_receipt(system, state, |step| {
                    step.looks_on().is_some_and(|(before, after, was, is)| {
                        was.proposal != is.proposal && before.round == after.round
                    })
                })
            },
        ),
        witness(
            Scope::Everywhere,
            "a server joins an ensemble",
            "A server joins on the word of settled servers while a quorum follows a leader.",
            |system, state| {
                state.established_leader(&system.election).is_some()
                    && some_receipt(system, state, |step| step.joined().is_some())
            },
        ),
        witness(
            Scope::Everywhere,
            "a settled server answers",
            "A looking server's notification reaches a settled one, which answers.",
            |system, state| {
                some_receipt(system, state, |step| step.question_to_settled().is_some())
            },
        ),
        witness(
            Scope::Everywhere,
            "all agree",
            "Every server has settled on one leader.",
            |_, state| state.agreed_leader().is_some(),
        ),
        witness(
            Scope::RoundsDiffer,
            "a round rises",
            "A looking server hears of a later round and enters it.",
            |system, state| {
                some_receipt(system, state, |step| {
                    step.looks_on()
                        .is_some_and(|(before, after, ..)| before.round < after.round)
                })
            },
        ),
        witness(
            Scope::RoundsDiffer,
            "joining lowers the round",
            "A server joins an ensemble whose round is lower than its own, and takes on that round.",
            |system, state| {
                some_receipt(system, state, |step| {
                    let lower = |(me, vote): (usize, Vote)| vote.round < state.servers[me].round;
                    step.joined().is_some_and(lower)
                })
            },
        ),
    ]
}

fn pitfalls<const N: usize>() -> Vec<Claim<N>> {
    let pitfall = |scope, name, statement, condition| Claim {
        name,
        statement,
        kind: Kind::Pitfall,
        scope,
        condition,
    };
    vec![
        pitfall(
            Scope::OutOfStep,
            "two servers lead",
            "Two servers are LEADING at once. (At most one of them has a quorum behind it.)",
            |_, state| leaders(state).count() >= 2,
        ),
        pitfall(
            Scope::OutOfStep,
            "two servers lead in one round",
            "Two servers are LEADING at once, both elected in the same round.",
            |_, state| {
                let rounds = leaders(state).map(|vote| vote.round);
                rounds
                    .enumerate()
                    .any(|(i, a)| leaders(state).skip(i + 1).any(|b| a == b.round))
            },
        ),
        pitfall(
            Scope::OutOfStepCredentialsDiffer,
            "a better server is passed over",
            "A quorum follows a leader, and a live server has better credentials than the leader.",
            |system, state| {
                state
                    .established_leader(&system.election)
                    .is_some_and(|leader| {
                        let best = state.servers[leader].credentials;
                        state.servers.iter().any(|server| server.credentials > best)
                    })
            },
        ),
        pitfall(
            Scope::OutOfStepCredentialsDiffer,
            "a counted voter outranks the leader",
            "A server is elected although a voter counted for it has a better (epoch, zxid): that one has settled on it already.",
            |system, state| {
                some_election(system, state, |looking, vote| {
                    let best = vote.proposal.credentials;
                    counted(looking, vote).any(|(v, _)| state.servers[v].credentials > best)
                })
            },
        ),
        pitfall(
            Scope::OutOfStep,
            "an election ends without agreement",
            "Every server has settled, not all on one leader, and nothing is under way that could tell them.",
            |_, state| {
                all_settled(state) && state.agreed_leader().is_none() && state.network.is_silent()
            },
        ),
        pitfall(
            Scope::OutOfStep,
            "the best does not win",
            "Every server has settled on one leader, and another has a greater (epoch, zxid, sid).",
            |_, state| {
                let leader = state.agreed_leader();
                leader.is_some_and(|leader| leader != best(state))
            },
        ),
        pitfall(
            Scope::OutOfStep,
            "an election ends beside an ensemble",
            "A quorum follows a leader, and a server whose own election was under way settles on another.",
            |system, state| {
                state
                    .established_leader(&system.election)
                    .is_some_and(|leader| {
                        some_election(system, state, |_, vote| vote.leader() != leader)
                    })
            },
        ),
    ]
}

/// The condition is what one would expect to come to hold.
fn endless_pitfalls<const N: usize>() -> Vec<Claim<N>> {
    vec![Claim {
        name: "an election never ends",
        statement: "A server looks for ever. Two others lead, of different rounds; whenever it is about to follow the one it \
                    voted for, it hears of the other, a better one that nobody follows.",
        kind: Kind::EndlessPitfall,
        scope: Scope::TimelyOutOfStep,
        condition: |_, state| all_settled(state),
    }]
}

fn all_settled<const N: usize>(state: &State<N>) -> bool {
    (0..N).all(|server| state.leader_of(server).is_some())
}

/// The votes of the servers that are LEADING.
fn leaders<const N: usize>(state: &State<N>) -> impl Iterator<Item = Vote> {
    let votes = state.servers.iter().filter_map(Server::settled);
    votes.filter(|vote| vote.state == ServerState::Leading)
}

fn is_coherent<const N: usize>(id: usize, server: &Server<N>) -> bool {
    match &server.election {
        Election::Looking(looking) => {
            let mut counted = looking.recv_set.iter().flatten();
            counted.all(|vote| vote.round == server.round)
        }
        Election::Settled(vote) => match vote.state {
            ServerState::Leading => vote.leader() == id,
            ServerState::Following => vote.leader() != id,
            ServerState::Looking | ServerState::Observing => false,
        },
    }
}

/// The server with the greatest (epoch, zxid, sid).
fn best<const N: usize>(state: &State<N>) -> usize {
    let rank = |&server: &usize| (state.servers[server].credentials, server);
    (0..N).max_by_key(rank).expect("there are servers")
}

/// Whether the best server started in a round as late as any other's.
fn best_starts_in_front<const N: usize>(state: &State<N>) -> bool {
    let first = |server| state.history.first_round(server);
    (0..N).all(|server| first(server) <= first(best(state)))
}
