//! What must hold of a state, and what is asked of one.

use super::{
    BETTER, CREDENTIALS, fault_free, first, holds, holds_after, in_round, recorded, settled, vote,
};
use fle::ServerState::{Following, Leading, Looking, Observing};
use fle_model::election::server::Election;
use fle_model::election::system::State;
use fle_model::terms::vote::{Credentials, Proposal, Vote};

#[test]
fn a_leader_must_have_settled_on_itself_and_nobody_else_may_lead() {
    let (system, start) = fault_free();
    let coherent = |server, vote| holds("coherent state", &system, &settled(start, server, vote));
    assert!(coherent(2, vote(2, Leading)) && coherent(1, vote(2, Following)));
    assert!(!coherent(1, vote(2, Leading)));
    assert!(!coherent(2, vote(2, Following)));
    assert!(!coherent(2, vote(2, Observing)));
    assert!(!coherent(1, vote(2, Looking)));
}

#[test]
fn a_vote_of_another_round_may_not_be_counted() {
    let (system, state) = fault_free();
    let counts = |round| {
        let state = recorded(state, 2, &[(0, in_round(round, vote(2, Looking)))]);
        holds("coherent state", &system, &state)
    };
    assert!(counts(1) && !counts(0));
}

/// The last server is a stranger, an observer, or one without weight.
#[test]
fn only_a_voter_with_weight_and_data_is_eligible() {
    let eligible = |scenario, vote| {
        let (system, start) = first::<3>(scenario);
        holds("eligible", &system, &settled(start, 0, vote))
    };
    assert!(eligible("fault-free", vote(2, Following)));
    assert!(!eligible("fault-free", vote(5, Following)));
    let no_data = Vote {
        proposal: Proposal::of(2, Credentials::NO_DATA),
        ..vote(2, Following)
    };
    assert!(!eligible("fault-free", no_data));
    for scenario in ["observer", "zero-weight"] {
        assert!(eligible(scenario, vote(1, Following)), "{scenario}");
        assert!(!eligible(scenario, vote(2, Following)), "{scenario}");
    }
}

/// The state with these on the servers' disks.
fn on_disks(mut state: State<3>, disks: [Credentials; 3]) -> State<3> {
    for (server, disk) in state.servers.iter_mut().zip(disks) {
        server.credentials = disk;
    }
    state
}

/// Whatever a vote claims: the disk is read, or what is remembered of it.
#[test]
fn a_vote_is_judged_by_what_was_on_the_disk() {
    let (system, start) = fault_free();
    let disks = [CREDENTIALS, BETTER, Credentials::NO_DATA];
    let state = |leader| {
        let mut state = settled(on_disks(start, disks), 0, vote(leader, Following));
        for down in 1..3 {
            state.servers[down].election = Election::Down { returns: true };
        }
        state
    };
    let is_right = |name, leader| holds(name, &system, &state(leader));
    assert!(is_right("eligible", 0) && is_right("claims are true", 0));
    assert!(!is_right("eligible", 2) && !is_right("claims are true", 2));
    assert!(!is_right("claims are true", 1), "it has more by now");
    let mut lost = system.begin(state(2));
    lost.past.had[2] = CREDENTIALS;
    assert!(holds_after("claims are true", &system, &lost));
    assert!(holds_after("eligible", &system, &lost));
}

/// Two of three had it, and one of them has lost it.
#[test]
fn what_a_quorum_had_may_not_be_missed() {
    let (system, start) = fault_free();
    let disks = [CREDENTIALS, BETTER, Credentials::NO_DATA];
    let name = "an elected history is not below a committed one";
    let mut state = system.begin(settled(on_disks(start, disks), 0, vote(0, Leading)));
    assert!(holds_after(name, &system, &state));
    state.past.had[2] = BETTER;
    assert!(!holds_after(name, &system, &state));
}

#[test]
fn a_server_without_data_may_neither_vote_nor_be_voted_for() {
    let (system, start) = first::<3>("wipe");
    let none = |server| Vote {
        proposal: Proposal::of(server, Credentials::NO_DATA),
        ..vote(server, Looking)
    };
    let name = "without data no vote";
    let keeps_out = |records: &[(usize, Vote)]| holds(name, &system, &recorded(start, 0, records));
    assert!(keeps_out(&[(1, vote(1, Looking))]) && !keeps_out(&[(1, none(1))]));
    let lost = on_disks(start, [Credentials::NO_DATA, CREDENTIALS, CREDENTIALS]);
    let looks = |proposal, records: &[(usize, Vote)]| {
        let mut state = recorded(lost, 0, records);
        if let Election::Looking(looking) = &mut state.servers[0].election {
            looking.proposal = proposal;
        }
        holds(name, &system, &state)
    };
    let own = none(0).proposal;
    assert!(looks(own, &[]) && looks(own, &[(1, vote(1, Following))]));
    assert!(!looks(own, &[(1, vote(1, Looking))]) && !looks(vote(1, Looking).proposal, &[]));
}

/// Two quorums share a server, which settles on one. So two established leaders take an oracle that
/// grants both.
#[test]
fn two_established_leaders_may_not_be() {
    let (system, start) = first::<2>("oracle");
    let both = settled(settled(start, 0, vote(0, Leading)), 1, vote(1, Leading));
    let grants = |granted: [bool; 2]| {
        let mut state = both;
        for (server, granted) in state.servers.iter_mut().zip(granted) {
            server.granted = granted;
        }
        holds("one established leader", &system, &state)
    };
    assert!(grants([true, false]) && grants([false, false]));
    assert!(!grants([true, true]));
}

#[test]
fn agreement_takes_every_live_server_and_a_leader_that_leads() {
    let (_, start) = fault_free();
    let two = settled(settled(start, 2, vote(2, Leading)), 0, vote(2, Following));
    assert_eq!(two.agreed_leader(), None, "1 still looks");
    let all = settled(two, 1, vote(2, Following));
    assert_eq!(all.agreed_leader(), Some(2));
    assert_eq!(settled(all, 1, vote(0, Following)).agreed_leader(), None);
    assert_eq!(
        settled(all, 2, vote(0, Following)).agreed_leader(),
        None,
        "nobody leads"
    );
    let down = |mut state: State<3>, server: usize| {
        state.servers[server].election = Election::Down { returns: true };
        state
    };
    assert_eq!(down(two, 1).agreed_leader(), Some(2), "1 is down");
    assert_eq!(down(all, 2).agreed_leader(), None);
    assert!(down(all, 2).follows_the_dead(0) && !all.follows_the_dead(0));
}

#[test]
fn a_live_quorum_is_up_and_has_data_or_the_grant_of_the_oracle() {
    let (system, mut state) = fault_free();
    let live = |state: &State<3>| state.has_live_quorum(&system.election);
    state.servers[0].election = Election::Down { returns: true };
    assert!(live(&state));
    state.servers[1].credentials = Credentials::NO_DATA;
    assert!(!live(&state));
    let (system, mut state) = first::<2>("oracle");
    state.servers[1].election = Election::Down { returns: true };
    let mut granted = |granted| {
        state.servers[0].granted = granted;
        state.has_live_quorum(&system.election)
    };
    assert!(granted(true) && !granted(false));
}

/// 0 learned epoch 2 from 2.
#[test]
fn who_learned_another_epoch_than_the_leaders_does_not_follow_it() {
    let (system, start) = fault_free();
    let mut state = settled(settled(start, 2, vote(2, Leading)), 0, vote(2, Following));
    let mut activate = |server: usize, epoch| {
        let server = &mut state.servers[server];
        server.credentials = server.credentials.in_epoch(epoch);
        server.active = true;
        (
            state.followers(2).contains(0),
            state.is_established(&system.election, 2),
        )
    };
    assert_eq!(
        activate(2, 2),
        (true, true),
        "it has yet to learn the epoch"
    );
    assert_eq!(activate(0, 2), (true, true));
    assert_eq!(activate(2, 3), (false, false));
    state.servers[2].active = false;
    assert!(
        !state.followers(2).contains(0),
        "the leader has yet to begin an epoch"
    );
}
