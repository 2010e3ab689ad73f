//! The guard without a node: what an election of its own hears through it.

use super::*;
use crate::config::{DynamicConfig, LearnerType, Rules};
use crate::election::{Credentials, Effects, Settings, Timing};
use crate::id::ElectionEpoch;
use crate::vote::{Generation, Proposal};
use std::sync::Arc;

const SECOND: Duration = Duration::from_secs(1);
/// The epoch of the servers here.
const EPOCH: i64 = 7;

fn text(voters: i64, version: i64) -> String {
    let servers = (1..=voters).map(|sid| format!("server.{sid}=h{sid}:1:2:participant\n"));
    format!("{}version={version:x}", servers.collect::<String>())
}

fn ensemble(voters: i64) -> Arc<Ensemble> {
    let config = DynamicConfig::parse(&text(voters, EPOCH << 32), Rules::default()).unwrap();
    Arc::new(Ensemble::new(config, None, Rules::default()))
}

/// One that looks.
pub(super) struct Server {
    pub(super) guard: Guard,
    pub(super) election: Election,
    pub(super) now: Duration,
}

fn credentials() -> Credentials {
    Credentials {
        zxid: Zxid(EPOCH << 32),
        peer_epoch: PeerEpoch(EPOCH),
    }
}

/// Server 1.
fn server(voters: i64, reconfig_enabled: bool) -> Server {
    let mut server = server_of(1, voters, reconfig_enabled);
    let _ = server.look();
    server
}

/// This one of so many, before it looks.
pub(super) fn server_of(sid: i64, voters: i64, reconfig_enabled: bool) -> Server {
    let ensemble = ensemble(voters);
    let settings = Settings {
        sid: Sid(sid),
        learner_type: LearnerType::Participant,
        timing: Timing::default(),
        reconfig_enabled,
    };
    let mut guard = Guard::new(Sid(sid), reconfig_enabled, &ensemble);
    guard.begin(PeerEpoch(EPOCH));
    let election = Election::new(settings, ensemble, credentials());
    Server {
        guard,
        election,
        now: Duration::ZERO,
    }
}

/// A vote for this candidate in this round, and otherwise as all servers here have it.
fn vote(state: ServerState, leader: i64, round: i64) -> Notification {
    Notification {
        state,
        proposal: Proposal {
            peer_epoch: PeerEpoch(EPOCH),
            zxid: Zxid(EPOCH << 32),
            leader: Sid(leader),
        },
        election_epoch: ElectionEpoch(round),
    }
}

fn looking(leader: i64, round: i64) -> Notification {
    vote(ServerState::Looking, leader, round)
}

fn in_epoch(epoch: i64) -> Notification {
    let mut told = looking(2, 1);
    told.proposal.peer_epoch = PeerEpoch(epoch);
    told
}

/// What the server makes of a message.
#[derive(PartialEq, Debug)]
struct Made {
    /// What the election hears: nothing, or whether the text, too.
    heard: Option<bool>,
    refused: Option<Refusal>,
}

const HEARD: Made = Made {
    heard: Some(false),
    refused: None,
};
const HEARD_WITH_TEXT: Made = Made {
    heard: Some(true),
    refused: None,
};

impl Server {
    pub(super) fn look(&mut self) -> Effects {
        self.guard.begin(PeerEpoch(EPOCH));
        self.election.look_for_leader(credentials())
    }

    fn takes(&mut self, from: i64, received: &Received<'_>) -> (Made, Effects) {
        let (guard, now) = (&mut self.guard, self.now);
        let verdict = guard.judge(Sid(from), received, &self.election, now);
        let mut effects = Effects::default();
        if let Some(heard) = &verdict.heard {
            effects = self.election.handle_notification(Sid(from), heard, None);
        }
        let made = Made {
            heard: verdict.heard.map(|heard| heard.config.is_some()),
            refused: verdict.refused,
        };
        (made, effects)
    }

    /// What comes of a vote; `None` if the election does not hear it.
    pub(super) fn effects_of(&mut self, from: i64, told: &Notification) -> Option<Effects> {
        let received = Received {
            notification: Some(*told),
            generation: Generation::Versioned,
            config: None,
        };
        let (made, effects) = self.takes(from, &received);
        made.heard.map(|_| effects)
    }

    fn hears_with(&mut self, from: i64, told: Option<Notification>, text: Option<&str>) -> Made {
        let received = Received {
            notification: told,
            generation: Generation::Versioned,
            config: text.map(str::as_bytes),
        };
        self.takes(from, &received).0
    }

    fn hears(&mut self, from: i64, told: Notification) -> Made {
        self.hears_with(from, Some(told), None)
    }

    fn round(&self) -> i64 {
        self.election.logical_clock().0
    }

    /// How often this voter changes the ballot when it tries as often as this, at once.
    fn changes(&mut self, from: i64, times: i64) -> i64 {
        let before = self.round();
        for _ in 0..times {
            self.hears(from, looking(3, self.round() + 1));
        }
        self.round() - before
    }
}

const FOLLOWING: ServerState = ServerState::Following;

#[test]
fn a_voter_in_office_tells_the_newer_configuration() {
    for state in [FOLLOWING, ServerState::Leading] {
        let mut server = server(3, true);
        let newer = text(4, (EPOCH << 32) + 1);
        let made = server.hears_with(2, Some(vote(state, 3, 1)), Some(&newer));
        assert_eq!(made, HEARD_WITH_TEXT);
        assert_eq!(&**server.election.ensemble().text(), newer);
    }
}

#[test]
fn a_text_from_anybody_else_is_taken_off_and_told_once_in_a_while() {
    let newer = text(4, (EPOCH << 32) + 1);
    let version = Version(Some(ConfigVersion((EPOCH << 32) + 1)));
    let office = vote(FOLLOWING, 3, 1);
    let unknown = None;
    for (enabled, from, told, refusal) in [
        (true, 9, Some(office), Refusal::ConfigOfStranger { version }),
        (
            true,
            2,
            Some(looking(2, 1)),
            Refusal::ConfigOfLooking { version },
        ),
        (true, 2, unknown, Refusal::ConfigOfLooking { version }),
        (
            true,
            2,
            Some(vote(ServerState::Observing, 3, 1)),
            Refusal::ConfigOfLooking { version },
        ),
        (
            false,
            2,
            Some(office),
            Refusal::ConfigNotEnabled { version },
        ),
    ] {
        let mut server = server(3, enabled);
        let before = Arc::clone(server.election.ensemble());
        let refused = Some(refusal);
        let first = server.hears_with(from, told, Some(&newer));
        assert_eq!((first.heard, &first.refused), (Some(false), &refused));
        assert_eq!(server.hears_with(from, told, Some(&newer)), HEARD);
        server.now = SAID_AGAIN_AFTER;
        assert_eq!(server.hears_with(from, told, Some(&newer)).refused, refused);
        assert_eq!(server.election.ensemble(), &before);
        assert_eq!(server.round(), 1, "no restart");
    }
}

#[test]
fn nothing_is_said_of_texts_that_would_change_nothing() {
    let mut server = server(3, false);
    for text in [text(3, EPOCH << 32), text(4, 1), String::new()] {
        let made = server.hears_with(2, Some(looking(2, 1)), Some(&text));
        assert_eq!(made.refused, None, "{text}");
    }
}

#[test]
fn a_version_that_jumps_and_a_text_that_is_none_are_refused() {
    let farthest = EPOCH + (1 << 20);
    let told = |server: &mut Server, text: &str| {
        let made = server.hears_with(2, Some(vote(FOLLOWING, 3, 1)), Some(text));
        (made.heard, made.refused)
    };
    let mut server = server(3, true);
    for epoch in [farthest + 1, i64::from(i32::MAX)] {
        let version = ConfigVersion(epoch << 32);
        let known = EPOCH;
        server.now += SAID_AGAIN_AFTER;
        assert_eq!(
            told(&mut server, &text(4, version.0)),
            (Some(false), Some(Refusal::ConfigJumps { version, known }))
        );
    }
    let broken = text(4, (EPOCH << 32) + 1).replace("h4", "");
    let (heard, refused) = told(&mut server, &broken);
    assert_eq!(heard, Some(false));
    assert!(matches!(
        refused,
        Some(Refusal::ConfigUnreadable { mistakes: 1.. })
    ));
    assert_eq!(
        told(&mut server, &text(4, farthest << 32)),
        (Some(true), None)
    );

    let mut ahead = self::server(3, true);
    ahead.guard.begin(PeerEpoch(EPOCH + 1));
    assert_eq!(
        told(&mut ahead, &text(4, (farthest + 1) << 32)),
        (Some(true), None)
    );
}

#[test]
fn a_vote_in_an_absurd_epoch_is_held_back_unless_its_sender_has_settled() {
    let mut server = server(3, false);
    let farthest = EPOCH + (1 << 20);
    for epoch in [farthest + 1, i64::from(i32::MAX), i64::MAX] {
        server.now += SAID_AGAIN_AFTER;
        let refusal = Refusal::EpochJumps {
            leader: Sid(2),
            epoch: PeerEpoch(epoch),
            own: PeerEpoch(EPOCH),
        };
        let made = server.hears(2, in_epoch(epoch));
        assert_eq!((made.heard, made.refused), (None, Some(refusal)));
        let again = server.hears(2, in_epoch(epoch));
        assert_eq!((again.heard, again.refused), (None, None));
        let settled = Notification {
            state: FOLLOWING,
            ..in_epoch(epoch)
        };
        assert_eq!(server.hears(3, settled), HEARD);
    }
    assert_eq!(server.hears(2, in_epoch(farthest)), HEARD);
    assert_eq!(server.election.proposal().peer_epoch, PeerEpoch(farthest));
}

/// Observers count from the smallest number there is.
#[test]
fn a_server_without_an_epoch_believes_as_one_in_the_first() {
    let mut server = server(3, false);
    server.guard.begin(PeerEpoch::NONE);
    assert_eq!(server.hears(2, in_epoch(1 << 20)), HEARD);
    assert_eq!(server.hears(2, in_epoch((1 << 20) + 1)).heard, None);
}

#[test]
fn a_candidate_is_shunned_for_a_while_by_who_looks() {
    let mut server = server(3, false);
    server.guard.shun(Sid(3), SECOND);
    let made = server.hears(2, looking(3, 1));
    assert_eq!(
        (made.heard, made.refused),
        (None, Some(Refusal::Shunned(Sid(3))))
    );
    assert_eq!(
        server.hears(3, looking(2, 1)),
        HEARD,
        "the candidate itself is heard"
    );
    assert_eq!(server.hears(2, vote(FOLLOWING, 3, 1)), HEARD);
    server.now = SECOND;
    assert_eq!(server.hears(2, looking(3, 1)), HEARD);
}

#[test]
fn its_own_votes_always_pass_and_a_settled_server_hears_everything() {
    let mut server = server(3, false);
    server.guard.shun(Sid(3), SECOND);
    assert_eq!(server.hears(1, looking(3, 1)), HEARD);
    assert_eq!(server.hears(1, in_epoch(i64::MAX)), HEARD);
    server.hears(3, vote(ServerState::Leading, 3, 1));
    server.hears(2, vote(FOLLOWING, 3, 1));
    assert_eq!(server.election.state(), FOLLOWING);
    assert_eq!(server.hears(2, looking(3, 1)), HEARD);
    let made = server.hears_with(2, Some(in_epoch(i64::MAX)), Some(&text(4, i64::MAX)));
    assert_eq!(made, HEARD_WITH_TEXT);
}

#[test]
fn a_voter_may_change_the_ballot_for_as_long_as_its_budget_lasts() {
    let mut server = server(3, false);
    let most = i64::from(ROUNDS) + 3;
    assert_eq!(server.changes(2, 100), most);
    assert_eq!(server.changes(3, 100), most, "another has its own");
    server.now += 3 * COST;
    assert_eq!(server.changes(2, 100), 2, "what it tried in vain was one");
    server.guard.establish(PeerEpoch(EPOCH));
    server.guard.begin(PeerEpoch(EPOCH));
    assert_eq!(server.changes(2, 100), most);
}

#[test]
fn of_one_that_has_spent_its_budget_nothing_is_heard_until_it_has_earned_something() {
    let mut server = server(3, false);
    server.changes(2, 100);
    let own = server.election.announcement();
    assert_eq!(server.hears(2, own).heard, None, "also where it agrees");
    assert_eq!(server.hears(2, vote(ServerState::Observing, 3, 1)), HEARD);
    server.now += 2 * COST;
    assert_eq!(server.hears(2, own), HEARD);
}

#[test]
fn one_that_does_not_stop_trying_earns_nothing_and_some_time_after_it_has_stopped_it_does() {
    let mut server = server(3, false);
    let most = server.changes(2, 100);
    let mut round = server.round();
    for _ in 0..1000 {
        server.now += COST / 2;
        round += 1;
        assert_eq!(server.hears(2, looking(3, round)).heard, None);
    }
    server.now += 2 * u32::try_from(most).unwrap() * COST;
    assert_eq!(server.changes(2, 100), most);
}

/// Who leads in vain, by the word of a false voter, would forget what that one does meanwhile.
#[test]
fn one_that_tries_while_nobody_is_established_pays() {
    let mut server = server(3, false);
    server.hears(3, vote(ServerState::Leading, 3, 1));
    server.hears(2, vote(FOLLOWING, 3, 1));
    assert_eq!(server.election.state(), FOLLOWING);
    for round in 2..100 {
        assert_eq!(server.hears(2, looking(3, round)), HEARD, "it is answered");
    }
    let _ = server.look();
    assert_eq!(server.hears(2, looking(3, 100)).heard, None);
    server.guard.establish(PeerEpoch(EPOCH));
    for round in 100..200 {
        server.hears(2, looking(3, round));
    }
    let _ = server.look();
    assert_eq!(server.hears(2, looking(3, 200)), HEARD);
}

#[test]
fn votes_that_change_nothing_cost_nothing() {
    let mut server = server(3, false);
    for _ in 0..1000 {
        assert_eq!(server.hears(2, looking(2, 1)), HEARD);
    }
    assert_eq!(server.changes(2, 1), 1);
}

/// Better votes in the same round keep servers from agreeing no less than later rounds.
#[test]
fn better_votes_cost_as_much_as_later_rounds() {
    let mut server = server(3, false);
    let better = |zxid: i64| {
        let mut told = looking(2, 1);
        told.proposal.zxid.0 += zxid;
        told
    };
    let heard = (1..100).filter(|zxid| server.hears(2, better(*zxid)).heard.is_some());
    assert_eq!(heard.count(), ROUNDS as usize + 3);
}

#[test]
fn who_disturbs_much_is_named() {
    let mut server = server(3, false);
    server.changes(2, i64::from(ROUNDS) + 3 + 9);
    assert_eq!(
        server.guard.disturbers().count(),
        0,
        "that happens to who passes it on"
    );
    let withheld = 10;
    let refused = server.hears(2, looking(3, server.round() + 1)).refused;
    assert_eq!(refused, Some(Refusal::Disturbs { withheld }));
    assert_eq!(
        server.guard.disturbers().collect::<Vec<_>>(),
        [(Sid(2), 10)]
    );
    server.guard.begin(PeerEpoch(EPOCH));
    assert_eq!(server.guard.disturbers().count(), 0, "another election");
}

/// The worst that an honest voter can do: it learns of the candidates one by one, from the worst to
/// the best, and is always the first to tell this server. And all that in no time, in so many
/// elections that establish nobody.
#[test]
fn an_honest_voter_that_is_always_first_with_the_news_is_heard() {
    for (voters, elections) in [(3, 9), (5, 5), (7, 3), (101, 1)] {
        let mut server = server(voters, false);
        for round in 2..2 + elections {
            for candidate in 2..=voters {
                let made = server.hears(2, looking(candidate, round));
                assert_eq!(made, HEARD, "{voters}, {round}");
            }
        }
        assert_eq!(server.election.proposal().leader, Sid(voters));
    }
}

#[test]
fn strangers_leave_nothing_behind_and_neither_do_voters_that_leave() {
    let mut server = server(3, true);
    for stranger in 1000..2000 {
        let newer = text(4, (EPOCH << 32) + 1);
        server.hears_with(stranger, Some(looking(3, 5)), Some(&newer));
        let error = crate::codec::decode(&[]).unwrap_err();
        let ensemble = Arc::clone(server.election.ensemble());
        let said = server
            .guard
            .unreadable(Sid(stranger), error, &ensemble, server.now);
        assert_eq!(said.is_some(), stranger == 1000);
    }
    assert_eq!(server.guard.said.len(), 2);
    assert_eq!(server.guard.budgets.len(), 0);
    server.guard.shun(Sid(3), SECOND);
    server.changes(3, 100);
    server.hears(3, in_epoch(i64::MAX));
    server.guard.reconfigure(&ensemble(2));
    assert_eq!(server.guard.budgets.len(), 0);
    assert_eq!(server.guard.shunned.len(), 0);
    assert_eq!(server.guard.said.len(), 2);
}
