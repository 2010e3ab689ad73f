//! The scenarios, as data: what each covers, its bounds, and the number of states that it must come to.
//!
//! A scenario's unique states are pinned. When a change of the model moves a number, the commit that moves it says why.

mod scenarios;

pub use scenarios::SCENARIOS;

use crate::ensemble::{Composition, Ensemble};
use crate::faults::Faults;
use crate::mutants::Mutant;
use crate::network::Links;
use crate::properties::{Claim, claims};
use crate::server::{Election, FastLeaderElection, Server};
use crate::system::{Setting, System};
use crate::vote::{ConfigVersion, Credentials, Round};
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
    /// When waits run out.
    pub setting: Setting,
    /// How much of a link is followed.
    pub links: Links,
    /// Each server starts with any of these on its disk.
    pub credentials: &'static [Credentials],
    /// Each server starts in any of this many rounds, from 1.
    pub rounds: u8,
    /// Whether one server, any of them, is started later than the others.
    pub late: bool,
    /// Whether leaders are established and begin new epochs.
    pub activation: bool,
    /// What may go wrong, and how often.
    pub faults: Faults,
    /// Which rule is broken: in the catalogue itself, none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutant: Option<Mutant>,
    /// How many unique states it must come to.
    pub unique_states: usize,
}

/// How long a run may take, and so when it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Minutes: at every change.
    Ci,
    /// Hours: every night.
    Nightly,
    /// Too large to be exhausted: for random walks.
    Simulation,
}

/// The scenario of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

impl Tier {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Nightly => "nightly",
            Self::Simulation => "simulation",
        }
    }
}

impl Scenario {
    /// Whether the setting is timely.
    #[must_use]
    pub fn is_timely(&self) -> bool {
        self.setting == Setting::Timely
    }

    /// Whether a server may settle before it has heard of everybody: not where all begin together, in time, and nothing goes wrong.
    #[must_use]
    pub fn is_out_of_step(&self) -> bool {
        !self.is_timely()
            || self.rounds > 1
            || self.late
            || self.faults.any()
            || self.composition == Composition::Gossip
    }

    /// Whether some server may begin to look when others have settled.
    #[must_use]
    pub fn has_latecomers(&self) -> bool {
        self.late || self.faults.crashes + self.faults.wipes + self.faults.losses > 0
    }

    /// The same with a broken rule.
    #[must_use]
    pub fn mutated(&self, mutant: Mutant) -> Self {
        Self {
            mutant: Some(mutant),
            ..*self
        }
    }

    /// The properties to check in it.
    #[must_use]
    pub fn claims<const N: usize>(&self) -> Vec<Claim<N>> {
        let claims = claims().into_iter();
        claims.filter(|claim| (claim.applies)(self)).collect()
    }

    /// The model, over the initial states whose number `chosen` accepts.
    ///
    /// # Panics
    /// If the scenario does not have `N` servers.
    #[must_use]
    pub fn system<const N: usize>(
        &self,
        chosen: impl Fn(usize) -> bool,
        claims: Vec<Claim<N>>,
    ) -> System<N> {
        assert_eq!(
            self.servers, N,
            "{} is a scenario of {} servers",
            self.name, self.servers
        );
        let mut system = System {
            election: FastLeaderElection {
                ensemble: Ensemble::new(self.composition),
                mutant: self.mutant,
            },
            setting: self.setting,
            links: self.links,
            activation: self.activation,
            starts: Vec::new(),
            claims,
        };
        let starts = self.starts().into_iter().enumerate();
        let starts = starts.filter(|&(number, _)| chosen(number));
        system.starts = starts
            .map(|(_, servers)| system.start(servers, self.faults))
            .collect();
        system
    }

    /// In how many ways its servers can start.
    #[must_use]
    pub fn initial_states(&self) -> usize {
        match self.servers {
            2 => self.starts::<2>().len(),
            3 => self.starts::<3>().len(),
            4 => self.starts::<4>().len(),
            5 => self.starts::<5>().len(),
            _ => self.starts::<7>().len(),
        }
    }

    /// How the servers can start, and whether each starts with the others.
    ///
    /// Where any two servers can change places, only those assignments are taken in which credentials rise with the sid. The
    /// election compares credentials and then sids, and asks nothing else of either. So every other assignment differs from one
    /// of these in the servers' names alone: rank its servers by credentials and sid, and name them by their ranks
    /// (`tests/reductions.rs`).
    fn starts<const N: usize>(&self) -> Vec<[(Server<N>, bool); N]> {
        let choices = self.credentials.len() * usize::from(self.rounds);
        let assignments = (0..choices.pow(u32::try_from(N).expect("few servers"))).map(|number| {
            let mut digits = number;
            std::array::from_fn(|_| {
                let digit = digits % choices;
                digits /= choices;
                self.choice(digit)
            })
        });
        let symmetric = self.composition.is_symmetric();
        let chosen = assignments.filter(|servers: &[(Credentials, Round); N]| {
            !symmetric || servers.is_sorted_by_key(|(credentials, _)| *credentials)
        });
        let variants = self.variants();
        chosen
            .flat_map(|servers| {
                variants
                    .iter()
                    .map(move |&variant| self.begin(servers, variant))
            })
            .collect()
    }

    /// What is on the server's disk, and the round that it was in before it began to look.
    fn choice(&self, digit: usize) -> (Credentials, Round) {
        let rounds = usize::from(self.rounds);
        let round = u8::try_from(digit % rounds).expect("few rounds");
        (self.credentials[digit / rounds], Round(round))
    }

    /// The one server that starts otherwise than the rest, or none of them.
    fn variants(&self) -> Vec<Option<usize>> {
        let each = (0..self.servers).map(Some);
        match self.composition {
            Composition::Oracle => each.chain([None]).collect(),
            Composition::Gossip => each.collect(),
            _ if self.late => each.collect(),
            _ => vec![None],
        }
    }

    fn begin<const N: usize>(
        &self,
        servers: [(Credentials, Round); N],
        variant: Option<usize>,
    ) -> [(Server<N>, bool); N] {
        let mut place = 0..N;
        servers.map(|(credentials, round)| {
            let is_variant = place.next() == variant;
            let grants_both = self.mutant == Some(Mutant::OracleGrantsBoth);
            let informed = self.composition == Composition::Gossip && is_variant;
            let server = Server {
                credentials,
                round,
                config: ConfigVersion(1 + u8::from(informed)),
                granted: self.composition == Composition::Oracle && (is_variant || grants_both),
                active: false,
                election: Election::Down { returns: true },
            };
            (server, !(self.late && is_variant))
        })
    }
}
