//! A scenario of the establishment: its bounds, what follows from them, and the system that they
//! make.

use super::mutants::Mutant;
use super::protocol::Protocol;
use super::server::Server;
use super::system::{Action, Faults, State, System};
use super::terms::{Elections, Epoch, History, Stored};
use crate::frame::scenario::Tier;
use crate::terms::ensemble::{Composition, Ensemble};
use crate::terms::setting::Setting;
use serde::Serialize;

/// A named model with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it covers.
    pub covers: &'static str,
    /// When it is run.
    pub tier: Tier,
    /// How many servers.
    pub servers: usize,
    /// Who they are to one another.
    pub composition: Composition,
    /// When what takes time happens.
    pub setting: Setting,
    /// Who may be elected.
    pub elections: Elections,
    /// The length of each server's history.
    pub histories: &'static [u8],
    /// Each server starts with any of these on its disk, as far as it can have come about: a
    /// current epoch is one that a quorum has accepted.
    pub disks: &'static [Stored],
    /// What happens first.
    #[serde(skip)]
    pub prelude: &'static [&'static [Action]],
    /// How many of the servers, from the first on, can be elected.
    pub leaders: usize,
    /// The last epoch that there is.
    pub last: u8,
    /// What may go wrong, and how often.
    pub faults: Faults,
    /// Which rule is broken: in the catalogue itself, none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutant: Option<Mutant>,
    /// How many unique states it must come to.
    pub unique_states: usize,
}

impl Scenario {
    /// Whether a server that does not remember can be let in again: not where all others are needed
    /// to confirm that, and one of them leads no quorum without it.
    pub(super) fn forgetful_are_let_in(&self) -> bool {
        let forget = self.faults.losses > 0 || self.faults.rollbacks > 0;
        let is_dispensable = self.servers > 2;
        forget && is_dispensable
    }

    /// Whether there are transactions, so that histories grow.
    #[must_use]
    pub fn replicates(&self) -> bool {
        self.faults.appends > 0
    }

    /// Whether leaders can be established one after the other.
    pub(super) fn lasts(&self) -> bool {
        self.last > 1 && (self.setting == Setting::Asynchronous || self.faults != Faults::NONE)
    }

    /// Whether a voter that has accepted a later epoch can come to an established leader.
    pub(super) fn some_come_ahead(&self) -> bool {
        let is_dispensable = self.servers > 2 && self.composition == Composition::Majority;
        let differ = self.disks.len() > 1 && self.setting == Setting::Timely;
        let resets = self.faults.resets.is_some_and(|resets| resets > 1);
        let ends = self.faults.resets != Some(0) && !self.prelude.is_empty();
        is_dispensable && (differ || resets || self.faults.rollbacks > 0 && ends)
    }

    /// The system, over the initial states whose number `chosen` accepts.
    pub(super) fn make<const N: usize>(&self, chosen: impl Fn(usize) -> bool) -> System<N> {
        assert_eq!(self.histories.len(), N, "{} servers", self.name);
        let ensemble = Ensemble::new(self.composition);
        let starts = self.starts(&ensemble).into_iter().enumerate();
        let starts = starts.filter(|&(number, _)| chosen(number));
        let leaders = 0..N.min(self.leaders);
        let leaders = leaders.filter(|&server| ensemble.voters().contains(server));
        let mut system = System {
            setting: self.setting,
            elections: self.elections,
            leaders: leaders.collect(),
            prelude: self.prelude.concat().into(),
            protocol: Protocol {
                ensemble,
                replicates: self.replicates(),
                last: match self.setting {
                    Setting::Asynchronous => Epoch(self.last),
                    Setting::Timely => Epoch(self.last + 1),
                },
                mutant: self.mutant,
            },
            starts: Vec::new(),
        };
        let starts = starts.map(|(_, mut start)| {
            system.count_votes(&mut start);
            start
        });
        system.starts = starts.collect();
        system
    }

    /// How the servers can start. A current epoch is one that a quorum has accepted, in every
    /// configuration in force. A server that was in one may be bound by a promise that it has
    /// forgotten.
    pub(super) fn starts<const N: usize>(&self, ensemble: &Ensemble<N>) -> Vec<State<N>> {
        let choices = self.disks.len();
        let assignments = (0..choices.pow(u32::try_from(N).expect("few servers"))).map(|number| {
            let mut digits = number;
            std::array::from_fn(|server| {
                let disk = self.disks[digits % choices];
                digits /= choices;
                Server::new(disk, History::of(self.histories[server]))
            })
        });
        let can_be = |servers: &[Server<N>; N]| {
            let current = servers.iter().map(|it| it.disk.current).max();
            let accepted = |&server: &usize| Some(servers[server].disk.accepted) >= current;
            current == Some(Epoch(0))
                || ensemble.is_quorum((0..N).filter(accepted).collect(), false)
        };
        let assignments = assignments.filter(can_be);
        let starts = assignments.map(|servers| State::new(servers, self.faults));
        starts.collect()
    }
}
