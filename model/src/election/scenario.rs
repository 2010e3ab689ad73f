//! A scenario of the election: its bounds, what follows from them, and the system that they make.

use crate::election::faults::Faults;
use crate::election::finalizing::{Early, Finalizing, Length};
use crate::election::mutants::Mutant;
use crate::election::network::Links;
use crate::election::server::{Election, FastLeaderElection, Server};
use crate::election::system::System;
use crate::frame::scenario::Tier;
use crate::terms::ensemble::{Composition, Ensemble, Known};
use crate::terms::setting::Setting;
use crate::terms::vote::{Credentials, Round};
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
    /// Whether one server, any of them, knows the second configuration to be committed. The last
    /// may then not even know that it is proposed.
    pub ahead: bool,
    /// When waits run out.
    pub setting: Setting,
    /// Timely: how long a server waits for a better proposal.
    pub finalizing: Finalizing,
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
    /// Whether what is outdated is left out of states
    /// ([`reduction`](crate::election::system::reduction)).
    pub reduced: bool,
    /// Which rule is broken: in the catalogue itself, none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutant: Option<Mutant>,
    /// How many unique states it must come to.
    pub unique_states: usize,
    /// How many seconds it took on two cores, fair runs included, rounded up; 0 for one that is too
    /// large to be exhausted.
    pub seconds: u32,
}

impl Scenario {
    /// Whether the setting is timely.
    #[must_use]
    pub fn is_timely(&self) -> bool {
        self.setting == Setting::Timely
    }

    /// Whether a server may settle before it has heard of everybody: not where all begin together,
    /// in time, and nothing goes wrong.
    #[must_use]
    pub fn is_out_of_step(&self) -> bool {
        !self.is_timely() || self.rounds > 1 || self.late || self.faults.any() || self.ahead
    }

    /// Whether a server that has a quorum waits until it has heard of everybody who could be
    /// better, or nobody is.
    ///
    /// One message delay is enough where all begin together in one round, a round trip where they
    /// begin together, and only a wait that is longer than they begin apart where they do not.
    #[must_use]
    pub fn waits_for_the_best(&self) -> bool {
        let Finalizing { length, early } = self.finalizing;
        let begin_apart = self.late || self.faults.any() || self.ahead;
        let misses_unstarted = early == Early::AllHeardOrUnreachable && self.late;
        let is_long_enough = match length {
            Length::Delays(0) => false,
            Length::Delays(1) | Length::ForArrivals => !begin_apart && self.rounds == 1,
            Length::Delays(_) => !begin_apart,
            Length::ForStarts => self.late || !begin_apart,
        };
        self.is_timely() && is_long_enough && !misses_unstarted
    }

    /// Whether some server may begin to look when others have settled.
    #[must_use]
    pub fn has_latecomers(&self) -> bool {
        self.late || self.faults.crashes + self.faults.wipes + self.faults.losses > 0
    }

    /// Whether a server may come to propose itself when its vote for another has been counted: what
    /// it can do is told by the newer configuration, of which it may learn at any time. In time, and
    /// if nothing goes wrong, all learn of it first.
    #[must_use]
    pub fn gains_candidates(&self) -> bool {
        let is_late = !self.is_timely() || self.faults.any();
        is_late && self.composition == Composition::Growing && self.ahead
    }

    /// Whether somebody may have a cause to give up.
    #[must_use]
    pub fn has_causes(&self) -> bool {
        let Faults {
            crashes,
            stops,
            wipes,
            breaks: _,
            losses,
        } = self.faults;
        crashes + stops + wipes > 0 || self.is_timely() && losses > 0
    }

    /// Whether a quorum may be there before the best has been heard. Of two servers without which
    /// there is none one is the best.
    #[must_use]
    pub fn has_better_late(&self) -> bool {
        self.composition == Composition::Majority
    }

    /// Whether some server may have no vote in what another knows.
    #[must_use]
    pub fn has_strangers(&self) -> bool {
        let is_removed = self.composition == Composition::Joint && self.ahead;
        self.composition == Composition::Observer || is_removed
    }

    /// Whether no state can be reached from two initial states, so that the states of shards add up
    /// to those of the whole. What sets initial states apart must then never change, or be
    /// remembered: it is what is on the disks, or what the oracle says.
    #[must_use]
    pub fn is_disjoint(&self) -> bool {
        self.rounds == 1 && !self.late && !self.activation && !self.ahead
    }

    /// Whether two assignments of credentials have the same runs under other names, if servers that
    /// are ranked by credentials and sid get their ranks for names.
    ///
    /// The election compares credentials, and sids where they are equal, and asks nothing else of
    /// either. So the order of the servers must stay what it was at the start. Lost data takes a
    /// server below all others, and what it proposes is not compared; a new epoch makes credentials
    /// equal that were not, and then the sids decide otherwise.
    #[must_use]
    pub fn is_symmetric(&self) -> bool {
        self.composition.is_symmetric() && !self.activation
    }

    /// The system, over the initial states whose number `chosen` accepts.
    pub(crate) fn make<const N: usize>(&self, chosen: impl Fn(usize) -> bool) -> System<N> {
        assert_eq!(
            self.servers, N,
            "{} is a scenario of {} servers",
            self.name, self.servers
        );
        assert!(
            !self.reduced || self.finalizing == Finalizing::FIXED,
            "{}: what is outdated matters to other waits",
            self.name
        );
        let mut system = System {
            election: FastLeaderElection {
                early: self.finalizing.early != Early::Never,
                ensembles: Known::ALL.map(|known| Ensemble::known(self.composition, known)),
                mutant: self.mutant,
            },
            setting: self.setting,
            finalizing: self.finalizing,
            links: self.links,
            activation: self.activation,
            reduced: self.reduced,
            starts: Vec::new(),
        };
        let starts = self.starts().into_iter().enumerate();
        let starts = starts.filter(|&(number, _)| chosen(number));
        system.starts = starts
            .map(|(_, servers)| system.start(servers, self.faults))
            .collect();
        system
    }

    /// How the servers can start, and whether each starts with the others.
    ///
    /// Where the scenario [is symmetric](Self::is_symmetric), only those assignments are taken in
    /// which credentials rise with the sid: every other one differs from one of these in the
    /// servers' names alone.
    pub(crate) fn starts<const N: usize>(&self) -> Vec<[(Server<N>, bool); N]> {
        let choices = self.credentials.len() * usize::from(self.rounds);
        let assignments = (0..choices.pow(u32::try_from(N).expect("few servers"))).map(|number| {
            let mut digits = number;
            std::array::from_fn(|_| {
                let digit = digits % choices;
                digits /= choices;
                self.choice(digit)
            })
        });
        let chosen = assignments.filter(|servers: &[(Credentials, Round); N]| {
            !self.is_symmetric() || servers.is_sorted_by_key(|(credentials, _)| *credentials)
        });
        chosen
            .flat_map(|servers| self.starts_with(servers))
            .collect()
    }

    /// How they can start with this on their disks and in these rounds, and whether each starts
    /// with the others.
    #[must_use]
    pub fn starts_with<const N: usize>(
        &self,
        servers: [(Credentials, Round); N],
    ) -> Vec<[(Server<N>, bool); N]> {
        let variants = self.variants().into_iter();
        variants
            .map(|variant| self.begin(servers, variant))
            .collect()
    }

    /// What is on the server's disk, and the round that it was in before it began to look.
    fn choice(&self, digit: usize) -> (Credentials, Round) {
        let rounds = usize::from(self.rounds);
        let round = u8::try_from(digit % rounds).expect("few rounds");
        (self.credentials[digit / rounds], Round(round))
    }

    /// What may be different about single servers at the start.
    fn variants(&self) -> Vec<Variant> {
        let any_or = |applies: bool, none: bool| -> Vec<Option<usize>> {
            let each = (0..self.servers).map(Some).filter(move |_| applies);
            each.chain((none || !applies).then_some(None)).collect()
        };
        let mut variants = Vec::new();
        for late in any_or(self.late, false) {
            for informed in any_or(self.ahead, false) {
                for granted in any_or(self.composition == Composition::Oracle, true) {
                    for unaware in self.unaware(informed) {
                        variants.push(Variant {
                            late,
                            informed,
                            unaware,
                            granted,
                        });
                    }
                }
            }
        }
        variants
    }

    /// Who may not know of the configuration that is proposed, beside a server that knows it to be
    /// committed: nobody, or the last. Its acknowledgement was not needed for either.
    fn unaware(&self, informed: Option<usize>) -> Vec<Option<usize>> {
        let last = self.servers - 1;
        let may_be = self.composition.is_joint() && informed.is_some_and(|it| it != last);
        [None, Some(last)][..1 + usize::from(may_be)].to_vec()
    }

    fn begin<const N: usize>(
        &self,
        servers: [(Credentials, Round); N],
        variant: Variant,
    ) -> [(Server<N>, bool); N] {
        let grants_both = self.composition == Composition::Oracle
            && self.mutant == Some(Mutant::OracleGrantsBoth);
        let mut place = 0..N;
        servers.map(|(credentials, round)| {
            let me = place.next();
            let server = Server {
                credentials,
                round,
                known: match me {
                    _ if variant.informed == me => Known::Second,
                    _ if variant.unaware == me => Known::First,
                    _ => self.composition.begins(),
                },
                granted: variant.granted == me || grants_both,
                active: false,
                election: Election::Down { returns: true },
            };
            (server, variant.late != me)
        })
    }
}

/// What is different about single servers at the start.
#[derive(Clone, Copy)]
struct Variant {
    /// Is started later than the others.
    late: Option<usize>,
    /// Knows that the second configuration is committed.
    informed: Option<usize>,
    /// Knows the first one only, though the second is proposed.
    unaware: Option<usize>,
    /// Has the oracle's grant.
    granted: Option<usize>,
}
