//! What must be seen to happen: that shows that other properties are not vacuous, or that what
//! sounds right is false.

use super::shared::{Claim, all_settled, best, credentials_differ, everywhere, leaders};
use crate::election::faults::Faults;
use crate::election::network::Links;
use crate::election::rules::{
    counted, electors, some_election, some_giving_up, some_receipt, some_settling,
};
use crate::election::scenario::Scenario;
use crate::election::server::{Looking, Server};
use crate::frame::claim::Kind;
use crate::terms::ensemble::Composition;
use crate::terms::vote::{Proposal, Vote};

pub(super) fn witnesses<const N: usize>() -> Vec<Claim<N>> {
    let witness = |applies: fn(&Scenario) -> bool, name, statement, condition| Claim {
        name,
        statement,
        kind: Kind::Witness,
        applies,
        condition,
    };
    vec![
        witness(
            everywhere,
            "a server is elected",
            "A server settles because its own count of votes came to a quorum.",
            |system, state| some_election(system, state, |_, _| true),
        ),
        witness(
            hears_late,
            "a server joins",
            "A server settles on another on the word of settled servers.",
            |system, state| {
                some_receipt(system, state, |step| {
                    step.joined().is_some_and(|(me, vote)| vote.leader() != me)
                })
            },
        ),
        witness(
            credentials_differ,
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
            Scenario::has_better_late,
            "a better vote ends a wait",
            "A server that waits for a better proposal hears one.",
            |system, state| some_receipt(system, state, |step| step.interrupted().is_some()),
        ),
        witness(
            |scenario| scenario.faults.break_connections(),
            "a connection can lose something",
            "Something is under way on a connection that may break, or to a server that may crash.",
            |_, state| {
                let links = (0..N).flat_map(|src| (0..N).map(move |dst| (src, dst)));
                let mut links = links.filter(|(src, dst)| src != dst);
                state.faults.break_connections()
                    && links.any(|(src, dst)| state.under_way(src, dst).is_some())
            },
        ),
        witness(
            Scenario::has_causes,
            "somebody gives up",
            "A leader or a follower returns to looking by itself.",
            |system, state| some_giving_up(system, state),
        ),
        witness(
            Scenario::has_strangers,
            "a stranger is heard",
            "The notification of a server without a vote arrives at one that is up.",
            |system, state| some_receipt(system, state, |step| step.stranger().is_some()),
        ),
        witness(
            everywhere,
            "a leader is established",
            "A server leads and a quorum has settled on it.",
            |system, state| state.established_leader(&system.election).is_some(),
        ),
        witness(
            everywhere,
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
            hears_late,
            "a server joins an ensemble",
            "A server joins on the word of settled servers while a quorum follows a leader.",
            |system, state| {
                state.established_leader(&system.election).is_some()
                    && some_receipt(system, state, |step| step.joined().is_some())
            },
        ),
        witness(
            everywhere,
            "a settled server answers",
            "A looking server's notification reaches a settled one, which answers.",
            |system, state| {
                some_receipt(system, state, |step| step.question_to_settled().is_some())
            },
        ),
        witness(
            everywhere,
            "all agree",
            "Every server has settled on one leader.",
            |_, state| state.agreed_leader().is_some(),
        ),
        witness(
            |scenario| scenario.rounds > 1,
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
            |scenario| scenario.rounds > 1,
            "joining lowers the round",
            "A server joins an ensemble whose round is lower than its own, and takes on that round.",
            |system, state| {
                some_receipt(system, state, |step| {
                    let lower = |(me, vote): (usize, Vote)| vote.round < state.servers[me].round;
                    step.joined().is_some_and(lower)
                })
            },
        ),
        witness(
            |scenario| scenario.faults.stops > 0,
            "a follower outlives its leader",
            "A server follows one that is down.",
            |_, state| (0..N).any(|server| state.follows_the_dead(server)),
        ),
    ]
}

pub(super) fn pitfalls<const N: usize>() -> Vec<Claim<N>> {
    let pitfall = |applies: fn(&Scenario) -> bool, name, statement, condition| Claim {
        name,
        statement,
        kind: Kind::Pitfall,
        applies,
        condition,
    };
    vec![
        pitfall(
            hasty_majority,
            "two servers lead",
            "Two servers are LEADING at once. (At most one of them has a quorum behind it.)",
            |_, state| leaders(state).count() >= 2,
        ),
        pitfall(
            hasty_majority,
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
            |scenario| hasty_majority(scenario) && credentials_differ(scenario),
            "a better server is passed over",
            "A quorum follows a leader, and a live server has better credentials than the leader.",
            |system, state| {
                state
                    .established_leader(&system.election)
                    .is_some_and(|leader| {
                        let best = state.servers[leader].credentials;
                        let better =
                            |server: &Server<N>| server.is_up() && server.credentials > best;
                        state.servers.iter().any(better)
                    })
            },
        ),
        pitfall(
            |scenario| {
                asynchronous_majority(scenario)
                    && credentials_differ(scenario)
                    && scenario.links == Links::WireAndSlot
            },
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
            hasty_majority,
            "an election ends without agreement",
            "Every server has settled, not all on one leader, and nothing is under way that could tell them.",
            |system, state| {
                all_settled(state)
                    && state.agreed_leader().is_none()
                    && state.is_silent(&system.election)
            },
        ),
        pitfall(
            hasty_majority,
            "the best does not win",
            "Every server has settled on one leader, and another has a greater (epoch, zxid, sid).",
            |system, state| {
                let leader = state.agreed_leader();
                leader.is_some() && leader != best(system, state)
            },
        ),
        pitfall(
            hasty_majority,
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
        pitfall(
            |scenario| asynchronous_majority(scenario) && scenario.faults.crashes > 0,
            "a server decides twice in one round",
            "A server settles in a round in which it had settled on another leader before, as somebody remembers: it crashed and \
             forgot its round.",
            |system, state| {
                some_settling(system, state, |step| {
                    let Some((me, _, vote)) = step.settles() else {
                        return false;
                    };
                    let looking = state.servers.iter().filter_map(Server::looking);
                    let mut remembered = looking.filter_map(|peer| peer.out_of_election[me]);
                    remembered.any(|old| old.round == vote.round && old.leader() != vote.leader())
                })
            },
        ),
        pitfall(
            |scenario| {
                asynchronous_majority(scenario)
                    && scenario.links == Links::WireAndSlot
                    && scenario.faults.crashes > 0
            },
            "a joiner passes an ensemble by",
            "A quorum follows a leader, and a server joins another, on votes that were true once: a \
             voter counted for it has crashed since.",
            |system, state| some_receipt(system, state, |step| step.passes_ensemble_by()),
        ),
        pitfall(
            |scenario| asynchronous_majority(scenario) && scenario.faults.losses > 0,
            "two elections make a quorum",
            "A server joins a leader on votes of settled servers of which no quorum agrees in round, epoch and zxid: they are counted \
             together because they name one leader.",
            |system, state| some_receipt(system, state, |step| step.joins_by_two_elections()),
        ),
        pitfall(
            |scenario| scenario.composition == Composition::Growing,
            "a voter to be outranks the leader",
            "A server is elected although a voter counted for it, which votes in the proposed configuration only, has a better \
             (epoch, zxid): it cannot propose itself before that is committed, and may learn too late that it is.",
            |system, state| {
                some_election(system, state, |looking, vote| {
                    let best = vote.proposal.credentials;
                    electors(looking, vote).any(|voter| state.servers[voter].credentials > best)
                })
            },
        ),
        pitfall(
            |scenario| scenario.composition == Composition::Growing && scenario.faults.wipes > 0,
            "a voter to be votes without data",
            "A server that lost its disk, and votes in the proposed configuration only, proposes another while it looks: it says \
             that it votes for nobody, not that it has no data.",
            |_, state| {
                let mut servers = state.servers.iter().enumerate();
                servers.any(|(me, server)| {
                    let others = |it: &Looking<N>| {
                        it.proposal != Proposal::NOBODY && it.proposal.leader() != me
                    };
                    !server.credentials.has_data() && server.looking().is_some_and(others)
                })
            },
        ),
        pitfall(
            |scenario| asynchronous_majority(scenario) && scenario.activation,
            "an outdated vote elects",
            "A server is elected by the vote of one that has since entered a later epoch than the leader's.",
            |system, state| {
                some_election(system, state, |looking, vote| {
                    let epoch = |server: usize| state.servers[server].credentials.epoch();
                    electors(looking, vote).any(|voter| epoch(voter) > epoch(vote.leader()))
                })
            },
        ),
    ]
}

/// Where pitfalls are shown: there nothing but the election itself keeps servers from what seems
/// wrong.
fn asynchronous_majority(scenario: &Scenario) -> bool {
    !scenario.is_timely() && scenario.composition == Composition::Majority
}

/// Besides, in time, where the wait for a better proposal is too short for what sets the servers
/// apart.
fn hasty_majority(scenario: &Scenario) -> bool {
    let too_short = !scenario.waits_for_the_best() && !scenario.faults.any();
    scenario.composition == Composition::Majority && (asynchronous_majority(scenario) || too_short)
}

/// Whether a server may hear of others only after they have settled. Not in time, if all begin
/// together, and nothing comes between them and what they are told.
fn hears_late(scenario: &Scenario) -> bool {
    let of_equals = [Composition::Majority, Composition::GroupsOfOne];
    scenario.links != Links::Slot
        || !of_equals.contains(&scenario.composition)
        || scenario.is_out_of_step()
            && scenario.faults
                != Faults {
                    stops: 1,
                    ..Faults::NONE
                }
}
