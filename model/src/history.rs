//! What happened so far, as far as a property needs it and the servers do not remember it: ghost variables.
//!
//! Nothing in the algorithm reads them. They only ever grow, and they are kept this small because each of their values multiplies
//! the states.

use crate::server::{Election, Server};
use crate::steps::StepRule;
use crate::vote::Round;

/// What really happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct History<const N: usize> {
    votes: [Votes; N],
    broken: u8,
}

/// The votes that one server has cast, looking and settled: a byte for each round, a bit in it for each leader.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct Votes {
    looking: u64,
    settled: u64,
}

impl<const N: usize> History<N> {
    /// Nothing has happened.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            votes: [Votes::default(); N],
            broken: 0,
        }
    }

    /// Notes the vote that the server now announces: a looking one has just told everybody, a settled one tells whoever asks.
    pub fn note_vote(&mut self, id: usize, server: &Server<N>) {
        let votes = &mut self.votes[id];
        match &server.election {
            Election::Looking(looking) => {
                votes.looking |= bit(looking.proposal.leader(), server.round);
            }
            Election::Settled(vote) => votes.settled |= bit(vote.leader(), vote.round),
        }
    }

    /// Whether the server, looking, proposed this leader in this round.
    #[must_use]
    pub fn proposed(&self, server: usize, leader: usize, round: Round) -> bool {
        self.votes[server].looking & bit(leader, round) != 0
    }

    /// The round in which the server began to look.
    #[must_use]
    pub fn first_round(&self, server: usize) -> Round {
        let proposed_in = |round: &u8| self.votes[server].looking & bits(Round(*round)) != 0;
        let first = (0..ROUNDS).find(proposed_in);
        Round(first.expect("a server begins by proposing itself"))
    }

    /// Whether the server settled on this leader in this round.
    #[must_use]
    pub fn settled_in(&self, server: usize, leader: usize, round: Round) -> bool {
        self.votes[server].settled & bit(leader, round) != 0
    }

    /// Whether the server settled on this leader, in whatever round.
    #[must_use]
    pub fn settled(&self, server: usize, leader: usize) -> bool {
        (0..ROUNDS).any(|round| self.settled_in(server, leader, Round(round)))
    }

    /// Notes that a step broke the rule.
    pub fn note_broken(&mut self, rule: StepRule) {
        self.broken |= 1 << rule as u8;
    }

    /// Whether a step has broken the rule.
    #[must_use]
    pub fn is_broken(&self, rule: StepRule) -> bool {
        self.broken >> rule as u8 & 1 == 1
    }
}

/// How many rounds, from 0, and how many servers the history has room for.
pub(crate) const ROUNDS: u8 = 8;
const SERVERS: usize = 8;

/// The bits of a round.
fn bits(round: Round) -> u64 {
    0xff << (SERVERS * usize::from(round.0))
}

fn bit(leader: usize, round: Round) -> u64 {
    assert!(
        leader < SERVERS && round.0 < ROUNDS,
        "no room in the history for {leader}, {round:?}"
    );
    1 << (SERVERS * usize::from(round.0) + leader)
}
