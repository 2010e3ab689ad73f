//! The scenarios, as data: what each covers, its bounds, and the number of states that it must come to.
//!
//! A scenario's unique states are pinned. When a change of the model moves a number, the commit that moves it says why.

use crate::progress::Expanded;
use crate::properties::{Claim, Scope, claims};
use crate::server::FastLeaderElection;
use crate::system::{Setting, State, System};
use crate::vote::{Credentials, Round};
use serde::Serialize;

/// A named model with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it covers.
    pub covers: &'static str,
    /// How many servers, all of them voters.
    pub servers: usize,
    /// When waits run out.
    pub setting: Setting,
    /// Each server starts with any of this many peer epochs, from 1.
    pub epochs: u8,
    /// Each server starts with any of this many zxids, from 1.
    pub zxids: u8,
    /// Each server starts in any of this many rounds, from 1.
    pub rounds: u8,
    /// When it is run.
    pub tier: Tier,
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
}

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "fault-free",
        covers: "three servers, asynchronous, no faults, all credentials from two epochs and two zxids",
        servers: 3,
        setting: Setting::Asynchronous,
        epochs: 2,
        zxids: 2,
        rounds: 1,
        tier: Tier::Ci,
        unique_states: 18_850_496,
    },
    Scenario {
        name: "fault-free-rounds",
        covers: "three servers, asynchronous, no faults, each in its first or second round: some have looked once more than others",
        servers: 3,
        setting: Setting::Asynchronous,
        epochs: 1,
        zxids: 1,
        rounds: 2,
        tier: Tier::Ci,
        unique_states: 4_745_380,
    },
    Scenario {
        name: "timely",
        covers: "three servers, timely, no faults, all credentials from two epochs and two zxids",
        servers: 3,
        setting: Setting::Timely,
        epochs: 2,
        zxids: 2,
        rounds: 1,
        tier: Tier::Ci,
        unique_states: 4_708_544,
    },
    Scenario {
        name: "timely-rounds",
        covers: "three servers, timely, no faults, each in its first or second round: some have looked once more than others",
        servers: 3,
        setting: Setting::Timely,
        epochs: 1,
        zxids: 1,
        rounds: 2,
        tier: Tier::Ci,
        unique_states: 1_331_118,
    },
];

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
        }
    }
}

impl Scenario {
    /// In how many ways its servers can start.
    #[must_use]
    pub fn initial_states(&self) -> usize {
        (0..self.servers).fold(1, |states, _| states * self.starts_of_a_server())
    }

    /// The properties to check in it.
    #[must_use]
    pub fn claims<const N: usize>(&self) -> Vec<Claim<N>> {
        let credentials_differ = self.epochs > 1 || self.zxids > 1;
        let timely = self.setting == Setting::Timely;
        let in_step = timely && self.rounds == 1;
        let applies = |claim: &Claim<N>| match claim.scope {
            Scope::Everywhere => true,
            Scope::CredentialsDiffer => credentials_differ,
            Scope::RoundsDiffer => self.rounds > 1,
            Scope::Timely => timely,
            Scope::TimelyOutOfStep => timely && !in_step,
            Scope::OutOfStep => !in_step,
            Scope::OutOfStepCredentialsDiffer => !in_step && credentials_differ,
        };
        claims().into_iter().filter(applies).collect()
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
        let election = FastLeaderElection::majority();
        let numbers = (0..self.initial_states()).filter(|&number| chosen(number));
        System {
            starts: numbers
                .map(|number| self.start(&election, number))
                .collect(),
            election,
            setting: self.setting,
            claims,
            expanded: Expanded::default(),
        }
    }

    /// The initial state of this number: its digits, one for each server, say how that server starts.
    fn start<const N: usize>(&self, election: &FastLeaderElection<N>, number: usize) -> State<N> {
        let mut digits = number;
        State::start(
            election,
            std::array::from_fn(|_| {
                let digit = digits % self.starts_of_a_server();
                digits /= self.starts_of_a_server();
                self.start_of_a_server(digit)
            }),
        )
    }

    fn starts_of_a_server(&self) -> usize {
        usize::from(self.epochs) * usize::from(self.zxids) * usize::from(self.rounds)
    }

    /// What is on the server's disk, and the round that it was in before it began to look.
    fn start_of_a_server(&self, digit: usize) -> (Credentials, Round) {
        let choices = (0..self.rounds).flat_map(|last_round| {
            (1..=self.epochs).flat_map(move |epoch| {
                (1..=self.zxids).map(move |zxid| (Credentials::new(epoch, zxid), Round(last_round)))
            })
        });
        let mut choices = choices.skip(digit);
        choices
            .next()
            .expect("a digit is below the number of choices")
    }
}
