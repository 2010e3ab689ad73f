//! What can happen next in a state.

use super::{Action, State, System};
use crate::election::faults::Crash;
use crate::election::mutants::Mutant;
use crate::election::server::{Election, Wait};
use crate::terms::set::ServerSet;
use crate::terms::setting::Setting;

impl<const N: usize> System<N> {
    /// Whether the server may return to looking because of its leader or followers.
    fn may_give_up(&self, state: &State<N>, server: usize, waited: bool) -> bool {
        let is_time = waited && state.patience.is_turn_of(server);
        let asynchronous = self.setting == Setting::Asynchronous;
        (is_time || asynchronous) && self.has_cause(state, server)
    }

    /// Whether it has a reason to.
    pub(super) fn has_cause(&self, state: &State<N>, server: usize) -> bool {
        let Some(leader) = state.leader_of(server) else {
            return false;
        };
        match self.setting {
            Setting::Asynchronous => !state.servers[leader].is_up(),
            Setting::Timely if leader == server => {
                let misses_some = state.followers(server) != ServerSet::first(N);
                let wants_all = misses_some && self.election.is(Mutant::LeaderWantsAll);
                (!state.is_established(&self.election, server) || wants_all)
                    && !self.election.is(Mutant::LeaderNeverGivesUp)
            }
            Setting::Timely => {
                let wants_quorum = self.election.is(Mutant::LeavesUnsupportedLeader)
                    && !state.is_established(&self.election, leader);
                !self.election.is(Mutant::FollowerNeverGivesUp)
                    && (!state.servers[leader].leads()
                        || state.outlives_leadership(server, leader)
                        || wants_quorum)
            }
        }
    }

    /// Whether the server is a leader that is established, or follows one that is, and has yet to
    /// learn the new epoch.
    pub(super) fn may_activate(&self, state: &State<N>, server: usize) -> bool {
        let settled_on = state.leader_of(server);
        self.activation
            && !state.servers[server].active
            && settled_on.is_some_and(|leader| {
                let leader_has = state.servers[leader].active
                    || self.election.is(Mutant::FollowerActivatesFirst);
                state.is_established(&self.election, leader) && (leader == server || leader_has)
            })
    }

    /// What can happen to the server by itself.
    pub(super) fn actions_of(
        &self,
        state: &State<N>,
        server: usize,
        waited: bool,
        actions: &mut Vec<Action>,
    ) {
        match &state.servers[server].election {
            Election::Down { returns: true } => actions.push(Action::Start { server }),
            Election::Down { returns: false } => {}
            Election::Looking(looking) => match looking.wait {
                Wait::Finalizing
                    if self.may_settle(state, server)
                        || self.election.is(Mutant::FinalizesInNoTime) =>
                {
                    actions.push(Action::FinalizeTimeout { server });
                }
                Wait::Collecting if self.announces_to_all(state, server) => {
                    actions.push(Action::CollectTimeout { server });
                }
                _ => {}
            },
            Election::Settled(_) => {
                if self.may_give_up(state, server, waited) {
                    actions.push(Action::GiveUp { server });
                }
                if self.may_activate(state, server) {
                    actions.push(Action::Activate { server });
                }
            }
        }
    }

    /// Whether a server that collects votes may announce its own again, in one step for all.
    pub(super) fn announces_to_all(&self, state: &State<N>, server: usize) -> bool {
        if self.election.is(Mutant::DeadPeerSilences) && state.live() != ServerSet::first(N) {
            return false;
        }
        match self.setting {
            Setting::Asynchronous => !self.announces_to_each(),
            Setting::Timely => {
                !state.repeated.contains(server)
                    && state.is_silent(&self.election)
                    && !state.any_waits(Wait::Finalizing)
            }
        }
    }

    /// Whether a vote that is announced again arrives at one server at a time, at once:
    /// asynchronous, unless a server may settle when it has waited in vain.
    fn announces_to_each(&self) -> bool {
        self.setting == Setting::Asynchronous
            && !self.election.common().has_oracle()
            && !self.election.is(Mutant::SettlesUnsupported)
    }

    /// What can happen on the links from a server.
    pub(super) fn actions_on_links(&self, state: &State<N>, src: usize, actions: &mut Vec<Action>) {
        let looking = state.servers[src].looking();
        let announces = self.announces_to_each()
            && looking.is_some_and(|looking| looking.wait == Wait::Collecting);
        for dst in (0..N).filter(|&dst| state.servers[dst].is_up()) {
            let arrives = state.network.next(src, dst).is_some();
            if arrives {
                actions.push(Action::Deliver { src, dst });
                if state.network.link(src, dst).is_full() {
                    actions.push(Action::Supersede { src, dst });
                }
                if !state.servers[src].is_up() {
                    actions.push(Action::Lose { src, dst });
                }
            } else if announces {
                actions.push(Action::Resend { src, dst });
            }
        }
    }

    /// What can go wrong.
    pub(super) fn actions_of_faults(state: &State<N>, actions: &mut Vec<Action>) {
        let mut faults = state.faults;
        if !faults.any() {
            return;
        }
        for server in state.live().iter() {
            for crash in Crash::ALL {
                if *faults.crashes_left(crash) > 0 {
                    actions.push(Action::Crash { server, crash });
                }
            }
            if faults.losses > 0 && state.servers[server].settled().is_some() {
                actions.push(Action::LoseLeader { server });
            }
            if faults.breaks > 0 {
                let peers = state.live().iter().filter(|&peer| peer > server);
                let stand = peers.filter(|&peer| !state.network.is_broken(server, peer));
                actions.extend(stand.map(|b| Action::Break { a: server, b }));
            }
        }
    }
}
