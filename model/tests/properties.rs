//! The properties can fail: each is shown a state or a step, made by hand, that breaks it.

use fle::ServerState::{Following, Leading, Looking};
use fle_model::catalogue;
use fle_model::properties::{Kind, claims};
use fle_model::server::{Election, Wait};
use fle_model::steps::{Step, StepRule};
use fle_model::system::{Action, State, System};
use fle_model::vote::{Credentials, Proposal, Round, Vote};
use stateright::Model;
use stateright::actor::{Id, Out};

const CREDENTIALS: Credentials = Credentials::new(1, 1);
const BETTER: Credentials = Credentials::new(1, 2);

/// Three servers with the same credentials, before anything is received.
fn fault_free() -> (System<3>, State<3>) {
    let scenario = catalogue::find("fault-free").expect("a scenario");
    let system = scenario.system(|number| number == 0, claims());
    let start = system.starts[0];
    (system, start)
}

fn holds(name: &str, system: &System<3>, state: &State<3>) -> bool {
    let claim = system.claims.iter().find(|claim| claim.name == name);
    (claim.expect("a property").condition)(system, state)
}

/// A vote for the server in this place, in round 1.
fn vote(leader: usize, state: fle::ServerState) -> Vote {
    Vote {
        state,
        ..Vote::looking(Proposal::of(leader, CREDENTIALS), Round(1))
    }
}

/// The state with this server settled.
fn settled(mut state: State<3>, server: usize, vote: Vote) -> State<3> {
    state.servers[server].election = Election::Settled(vote);
    state
}

/// The step between two states in which this happened and these answers were sent.
fn keeps(
    rule: StepRule,
    (before, action, after): (State<3>, Action, State<3>),
    sent: &[(usize, Vote)],
) -> bool {
    let (system, _) = fault_free();
    let mut effects = Out::new();
    for &(dst, vote) in sent {
        effects.send(Id::from(dst), vote);
    }
    rule.holds(&Step {
        election: &system.election,
        before: &before,
        action,
        after: &after,
        effects: &effects,
    })
}

#[test]
fn a_leader_must_have_settled_on_itself_and_nobody_else_may_lead() {
    let (system, start) = fault_free();
    let coherent = |server, vote| holds("coherent state", &system, &settled(start, server, vote));
    assert!(coherent(2, vote(2, Leading)) && coherent(1, vote(2, Following)));
    assert!(!coherent(1, vote(2, Leading)));
    assert!(!coherent(2, vote(2, Following)));
}

#[test]
fn a_vote_of_another_round_may_not_be_counted() {
    let (system, mut state) = fault_free();
    let mut counts = |round| {
        if let Election::Looking(looking) = &mut state.servers[2].election {
            let round = Round(round);
            looking.recv_set[0] = Some(Vote {
                round,
                ..vote(2, Looking)
            });
        }
        holds("coherent state", &system, &state)
    };
    assert!(counts(1) && !counts(0));
}

#[test]
fn a_stranger_is_not_eligible() {
    let (system, start) = fault_free();
    assert!(holds(
        "eligible",
        &system,
        &settled(start, 0, vote(2, Following))
    ));
    assert!(!holds(
        "eligible",
        &system,
        &settled(start, 0, vote(5, Following))
    ));
}

#[test]
fn settling_takes_a_quorum_of_votes() {
    let (_, mut before) = fault_free();
    let after = settled(before, 2, vote(2, Leading));
    let step = |before| (before, Action::FinalizeTimeout { server: 2 }, after);
    assert!(
        !keeps(StepRule::QuorumEvidence, step(before), &[]),
        "only its own vote"
    );
    before
        .history
        .note_vote(0, &settled(before, 0, vote(2, Following)).servers[0]);
    assert!(keeps(StepRule::QuorumEvidence, step(before), &[]));
}

#[test]
fn joining_takes_a_leader_that_leads() {
    let (_, mut before) = fault_free();
    for follower in [0, 1] {
        let follows = settled(before, follower, vote(2, Following));
        before
            .history
            .note_vote(follower, &follows.servers[follower]);
    }
    let joined = settled(before, 0, vote(2, Following));
    let step = |before| (before, Action::Deliver { src: 1, dst: 0 }, joined);
    assert!(!keeps(StepRule::QuorumEvidence, step(before), &[]));
    before
        .history
        .note_vote(2, &settled(before, 2, vote(2, Leading)).servers[2]);
    assert!(keeps(StepRule::QuorumEvidence, step(before), &[]));
}

#[test]
fn a_voter_with_better_credentials_may_not_have_been_counted() {
    let (_, mut before) = fault_free();
    before.servers[0].credentials = BETTER;
    let counts = |mut before: State<3>, vote| {
        if let Election::Looking(looking) = &mut before.servers[2].election {
            looking.recv_set[0] = Some(vote);
        }
        let after = settled(before, 2, self::vote(2, Leading));
        (before, Action::FinalizeTimeout { server: 2 }, after)
    };
    assert!(!keeps(
        StepRule::BestCredentials,
        counts(before, vote(2, Looking)),
        &[]
    ));
    assert!(keeps(
        StepRule::BestCredentials,
        counts(before, vote(2, Following)),
        &[]
    ));
}

#[test]
fn neither_round_nor_proposal_may_fall() {
    let (_, low) = fault_free();
    let changed = |round, proposal| {
        let mut state = low;
        state.servers[1].round = Round(round);
        if let Election::Looking(looking) = &mut state.servers[1].election {
            looking.proposal = Proposal::of(1, proposal);
        }
        state
    };
    let keeps = |before, after| {
        let step = (before, Action::Deliver { src: 0, dst: 1 }, after);
        keeps(StepRule::LookingOnlyRises, step, &[])
    };
    assert!(keeps(low, changed(1, BETTER)) && !keeps(changed(1, BETTER), low));
    assert!(keeps(changed(1, BETTER), changed(2, CREDENTIALS)));
    assert!(!keeps(changed(2, CREDENTIALS), changed(1, BETTER)));
}

#[test]
fn a_joiner_may_not_pass_the_ensemble_by_nor_move_it() {
    let (_, start) = fault_free();
    let ensemble = settled(settled(start, 1, vote(1, Leading)), 0, vote(1, Following));
    let joins = |leader, state| {
        (
            ensemble,
            Action::Deliver { src: 0, dst: 2 },
            settled(ensemble, 2, vote(leader, state)),
        )
    };
    assert!(keeps(
        StepRule::JoinerRespectsEnsemble,
        joins(1, Following),
        &[]
    ));
    assert!(!keeps(
        StepRule::JoinerRespectsEnsemble,
        joins(2, Leading),
        &[]
    ));
    let moved = (
        ensemble,
        Action::Deliver { src: 2, dst: 0 },
        settled(ensemble, 0, vote(2, Following)),
    );
    assert!(!keeps(StepRule::JoinerRespectsEnsemble, moved, &[]));
}

#[test]
fn a_settled_server_may_answer_with_its_vote_only() {
    let (_, start) = fault_free();
    let before = settled(start, 1, vote(2, Following));
    let asked = (before, Action::Deliver { src: 0, dst: 1 }, before);
    let answers = |sent: &[(usize, Vote)]| keeps(StepRule::TruthfulReplies, asked, sent);
    assert!(answers(&[(0, vote(2, Following))]));
    assert!(!answers(&[]));
    assert!(!answers(&[(0, vote(1, Following))]));
    assert!(!answers(&[(2, vote(2, Following))]));
    assert!(!answers(&[(
        0,
        Vote {
            round: Round(2),
            ..vote(2, Following)
        }
    )]));
}

/// What a step broke is seen in the state that it leads to, and in every later one.
#[test]
fn a_broken_rule_is_not_forgotten() {
    let (system, mut state) = fault_free();
    let names = [
        (StepRule::QuorumEvidence, "quorum evidence"),
        (StepRule::BestCredentials, "best credentials"),
        (StepRule::LookingOnlyRises, "coherent state"),
        (
            StepRule::JoinerRespectsEnsemble,
            "joiner respects the ensemble",
        ),
        (StepRule::TruthfulReplies, "replies are truthful"),
    ];
    for (rule, name) in names {
        assert!(holds(name, &system, &state));
        state.history.note_broken(rule);
        let (_, next) = system.next_steps(&state).swap_remove(0);
        assert!(
            !holds(name, &system, &state) && !holds(name, &system, &next),
            "{name}"
        );
    }
}

/// Settling without votes is what the checker itself must notice, not only the rule.
#[test]
fn a_step_that_breaks_a_rule_marks_the_state() {
    let (system, mut state) = fault_free();
    if let Election::Looking(looking) = &mut state.servers[2].election {
        looking.wait = Wait::Finalizing;
    }
    let settles = Action::FinalizeTimeout { server: 2 };
    let after = system.next_state(&state, settles).expect("it settles");
    assert!(!holds("quorum evidence", &system, &after));
}

#[test]
fn everything_that_must_hold_is_shown_not_to_be_vacuous_in_some_scenario() {
    let checked = |name: &str| {
        let scenarios = catalogue::SCENARIOS.iter();
        let mut claims = scenarios.flat_map(catalogue::Scenario::claims::<3>);
        claims.any(|claim| claim.name == name)
    };
    for claim in claims::<3>() {
        if let Kind::Always { witnesses } | Kind::Eventually { witnesses } = claim.kind {
            assert!(!witnesses.is_empty(), "{}", claim.name);
            assert!(
                witnesses.iter().all(|witness| checked(witness)),
                "{}",
                claim.name
            );
        }
    }
}
