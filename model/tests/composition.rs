//! The election as the establishment has it, where it has sense, beside the election of the first
//! model: whoever comes to lead there has the votes of a quorum here. So what always holds of an
//! establishment that is fed by votes holds of one that is fed by the election.

use fle_model::election::catalogue;
use fle_model::election::server::{Election, Server};
use fle_model::election::system::{Action, State, System};
use fle_model::establishment::learner::{Learner, Stage};
use fle_model::establishment::server::{self, Role};
use fle_model::establishment::system::{self as establishment, Faults};
use fle_model::establishment::terms::{Epoch, History, Stored};
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::system::TransitionSystem;
use fle_model::terms::set::ServerSet;
use fle_model::terms::vote::Credentials;
use stateright::{Checker, Model, Property};

/// An election, and the votes that are counted for it in the establishment's terms.
struct Beside {
    election: System<3>,
    votes: establishment::System<3>,
    starts: Vec<State<3>>,
}

/// A state of both.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Both {
    election: State<3>,
    votes: [ServerSet; 3],
    /// Whether somebody came to lead who did not have the votes of a quorum.
    is_missed: bool,
}

/// A server of the election as one of the establishment.
fn seen(server: &Server<3>) -> server::Server<3> {
    let Server { credentials, .. } = *server;
    let zxid = credentials.zxid().0;
    let history = match credentials.has_data() {
        true => (0..zxid & 0xffff_ffff).fold(History::NONE, |it, _| it.and(epoch(zxid >> 32))),
        false => History::NONE,
    };
    let disk = match credentials.has_data() {
        true => Stored {
            current: epoch(credentials.peer_epoch().0),
            ..Stored::NONE
        },
        false => Stored::BLANK,
    };
    let (leader, stage) = (0, Stage::Introduced);
    server::Server {
        role: match &server.election {
            Election::Down { .. } => Role::Down,
            Election::Looking(_) => Role::LOOKING,
            Election::Settled(_) => Role::Learning(Learner {
                leader: leader.into(),
                stage,
            }),
        },
        ..server::Server::new(disk, history)
    }
}

fn epoch(number: i64) -> Epoch {
    Epoch(number.try_into().expect("a small one"))
}

impl Beside {
    fn new(scenario: &str, disks: [Credentials; 3]) -> Self {
        let election = catalogue::find(scenario).expect("a scenario");
        let election = election.system::<3>(|_| true);
        let votes = fle_model::establishment::catalogue::find("establish-elected");
        let votes = votes.expect("a scenario").system::<3>(|_| true);
        let starts_so = |state: &&State<3>| state.servers.map(|it| it.credentials) == disks;
        let starts: Vec<_> = election.init().iter().filter(starts_so).copied().collect();
        assert!(!starts.is_empty(), "{scenario}");
        Self {
            election,
            votes,
            starts,
        }
    }

    fn seen(&self, both: &Both) -> establishment::State<3> {
        let servers = both.election.servers.each_ref().map(seen);
        establishment::State {
            votes: both.votes,
            ..establishment::State::new(servers, Faults::NONE)
        }
    }

    /// With the votes that are cast.
    fn counted(&self, both: Both) -> Both {
        let mut seen = self.seen(&both);
        self.votes.count_votes(&mut seen);
        let votes = seen.votes;
        Both { votes, ..both }
    }

    /// How many states there are of both, none of which is missed.
    fn covered(self) -> usize {
        let checker = self.checker().threads(2).spawn_dfs().join();
        checker.assert_properties();
        checker.unique_state_count()
    }
}

impl Model for Beside {
    type State = Both;
    type Action = Action;

    fn init_states(&self) -> Vec<Both> {
        let both = self.starts.iter().map(|&election| Both {
            election,
            votes: [ServerSet::NONE; 3],
            is_missed: false,
        });
        both.map(|start| self.counted(start)).collect()
    }

    fn actions(&self, both: &Both, actions: &mut Vec<Action>) {
        self.election.actions(&both.election, actions);
    }

    fn next_state(&self, both: &Both, action: Action) -> Option<Both> {
        let (election, _) = self.election.next(&both.election, action)?;
        let before = self.seen(both);
        let comes_to_lead = |&server: &usize| {
            let looked = both.election.servers[server].looking().is_some();
            looked && election.servers[server].leads()
        };
        let mut leaders = (0..3).filter(comes_to_lead);
        let is_missed = leaders.any(|leader| !self.votes.has_votes(&before, leader));
        let votes = both.votes;
        Some(self.counted(Both {
            election,
            votes,
            is_missed,
        }))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let nobody = |_: &Self, both: &Both| !both.is_missed;
        vec![Property::always("nobody leads without votes", nobody)]
    }
}

const LOW: Credentials = Credentials::new(1, 1);
const HIGH: Credentials = Credentials::new(1, 2);
const DISKS: [Credentials; 3] = [LOW, LOW, HIGH];

#[test]
fn whoever_comes_to_lead_has_the_votes_of_a_quorum() {
    let faults = ["loss", "crash", "wipe", "break"];
    for scenario in faults.into_iter().chain(["late", "activation"]) {
        let states = Beside::new(scenario, DISKS).covered();
        assert!(states > 1_000, "{scenario}: {states} states");
    }
}

/// The votes of those that are better are none.
#[test]
fn not_everybody_has_the_votes_of_a_quorum() {
    let beside = Beside::new("loss", DISKS);
    let start = beside.seen(&beside.init_states()[0]);
    let have = (0..3).filter(|&server| beside.votes.has_votes(&start, server));
    assert_eq!(have.collect::<Vec<_>>(), [1, 2]);
}
