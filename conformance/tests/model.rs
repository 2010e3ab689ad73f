//! The implementation against the model: random walks through every scenario of tier `ci`, replayed
//! server by server.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fle_conformance::describe;
use fle_conformance::replay::replay;
use fle_model::election::catalogue::{self, SCENARIOS};
use fle_model::election::faults::Faults;
use fle_model::election::scenario::Scenario;
use fle_model::election::trace::format::{
    Input, LearnerType, Output, Phase, Quorum, Server, Standing, State, Step, Trace,
};
use fle_model::election::trace::{Recording, record_walk};
use fle_model::frame::scenario::Tier;
use fle_model::terms::ensemble::Composition;
use tempfile::TempDir;

const WALKS: u64 = 50;

fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    let scenarios = SCENARIOS.iter();
    scenarios.filter(|scenario| scenario.tier == Tier::Ci)
}

/// Every trace of the scenario's walks, by its file's name.
fn recordings(scenario: &Scenario) -> impl Iterator<Item = (String, Recording)> {
    (0..WALKS).flat_map(move |seed| {
        let recordings = record_walk(scenario, seed).into_iter();
        recordings.map(move |it| (it.file_name(&format!("{}-{seed}", scenario.name)), it))
    })
}

fn replays_all(scenario: &Scenario) {
    for (name, Recording { trace, .. }) in recordings(scenario) {
        if let Some(difference) = replay(&trace).unwrap() {
            let text = describe::difference(&difference);
            panic!("{name} at step {}:\n{text}", difference.step);
        }
    }
}

#[test]
fn the_implementation_does_what_the_model_says() {
    scenarios().for_each(replays_all);
}

/// Some rules show only when servers of every role look again in a new epoch: an old peer's settled
/// vote then disagrees with a new one's, and a voter that looks tells an observer what it settled
/// on before.
#[test]
fn it_does_so_when_any_of_them_looks_again_in_a_new_epoch() {
    let faults = Faults {
        losses: 1,
        ..Faults::NONE
    };
    let of_roles = scenarios().filter(|it| it.composition != Composition::Majority);
    for scenario in of_roles {
        replays_all(&Scenario {
            activation: true,
            faults,
            ..*scenario
        });
    }
}

#[test]
fn its_files_are_read_as_they_were_meant() {
    let folder = TempDir::new().unwrap();
    for (name, Recording { trace, .. }) in scenarios().flat_map(recordings).step_by(20) {
        let file = folder.path().join(name);
        trace.write(&file).unwrap();
        assert_eq!(Trace::read(&file).unwrap(), trace, "{}", file.display());
    }
}

/// A step of a trace with what was before it.
struct Scene<'a> {
    life: u8,
    server: &'a Server,
    before: Option<&'a Standing>,
    input: &'a Input,
    after: Option<&'a Standing>,
}

impl<'a> Scene<'a> {
    fn all(recording: &'a Recording) -> impl Iterator<Item = Self> {
        let Recording { life, trace, .. } = recording;
        let before = trace.steps.iter().map(standing);
        let before = [None].into_iter().chain(before);
        before.zip(&trace.steps).map(|(before, step)| Self {
            life: *life,
            server: &trace.server,
            before,
            input: &step.input,
            after: standing(step),
        })
    }

    fn was(&self, wanted: impl Fn(&Standing) -> bool) -> bool {
        self.before.is_some_and(wanted)
    }

    fn is(&self, wanted: impl Fn(&Standing) -> bool) -> bool {
        self.after.is_some_and(wanted)
    }

    fn looks(&self) -> bool {
        matches!(self.input, Input::Look(_))
    }

    /// The length of what it hears.
    fn hears(&self) -> Option<usize> {
        match self.input {
            Input::Recv { hex, .. } => Some(hex.len()),
            _ => None,
        }
    }

    fn hears_itself(&self) -> bool {
        matches!(self.input, Input::Recv { from, .. } if *from == self.server.sid)
    }

    fn waited(&self) -> bool {
        matches!(self.input, Input::Timeout { .. })
    }
}

fn standing(step: &Step) -> Option<&Standing> {
    match &step.output {
        Output::Standing(standing) => Some(standing),
        Output::Restart { .. } => None,
    }
}

fn finalizes(standing: &Standing) -> bool {
    standing
        .wait
        .is_some_and(|wait| wait.phase == Phase::Finalizing)
}

fn settled(standing: &Standing) -> bool {
    standing.decided.is_some()
}

/// What to see, in the walks of which scenario.
type Sight = (&'static str, &'static str, fn(&Scene) -> bool);

/// The walks are no good if they do not come to what there is to compare.
const SIGHTS: &[Sight] = &[
    ("rounds", "a look in vain", |it| {
        it.looks() && it.was(|was| !settled(was))
    }),
    ("fault-free", "its own vote comes back", |it| {
        it.hears_itself()
    }),
    ("fault-free-slots", "its own vote comes back", |it| {
        it.hears_itself()
    }),
    ("break", "a wait as long as the last: the longest", |it| {
        it.waited() && it.was(|was| it.is(|is| was.wait == is.wait))
    }),
    ("fault-free", "a better proposal while finalizing", |it| {
        it.hears().is_some() && it.was(finalizes) && it.is(|is| !finalizes(is) && !settled(is))
    }),
    ("fault-free", "a leader elected", |it| {
        matches!(it.input, Input::FinalizeTimeout {}) && it.is(|is| is.state == State::Leading)
    }),
    ("rounds", "a leader joined from another round", |it| {
        let joins = it.hears().is_some() && it.was(|was| !settled(was)) && it.is(settled);
        joins && it.was(|was| it.is(|is| was.logical_clock != is.logical_clock))
    }),
    ("fault-free", "a settled server's answer", |it| {
        it.was(settled) && it.is(|is| is.sends.len() == 1)
    }),
    ("rounds", "an answer to a server that lags behind", |it| {
        it.is(|is| !settled(is) && is.sends.len() == 1)
    }),
    ("crash", "a life after the first", |it| {
        it.life > 0 && it.is(settled)
    }),
    ("wipe", "a server that lost its data", |it| {
        it.server.init.zxid == -1 && it.is(settled)
    }),
    ("loss", "a settled server looks again", |it| {
        it.looks() && it.was(settled)
    }),
    ("timely-stop", "a settled server gives up", |it| {
        it.looks() && it.was(settled)
    }),
    ("activation", "a follower learns of a new epoch", |it| {
        matches!(it.input, Input::UpdateEpoch { .. }) && it.is(|is| is.state == State::Following)
    }),
    (
        "activation",
        "a look in a new epoch",
        |it| matches!(it.input, Input::Look(own) if own.peer_epoch > it.server.init.peer_epoch),
    ),
    ("observer", "an observer without a vote", |it| {
        let observes = it.server.learner_type == LearnerType::Observer;
        observes && it.looks() && it.is(|is| is.proposal.leader == i64::MIN)
    }),
    ("observer", "an observer of a leader", |it| {
        it.is(|is| is.state == State::Observing)
    }),
    ("observer", "a voter's answer to the observer", |it| {
        let asked = matches!(it.input, Input::Recv { from: 3, .. });
        asked && it.is(|is| matches!(&is.sends[..], [answer] if answer.to == 3))
    }),
    ("zero-weight", "a server without weight settles", |it| {
        let weights = it.server.quorum == Quorum::Hierarchical;
        weights && it.server.config.contains("weight.3=0\n") && it.server.sid == 3 && it.is(settled)
    }),
    (
        "oracle",
        "a server that was granted needs nobody else",
        |it| {
            let granted = it.server.oracle == Some(true);
            granted && it.hears_itself() && it.was(|was| !finalizes(was)) && it.is(finalizes)
        },
    ),
    (
        "joint",
        "a server settles while a configuration is proposed",
        |it| it.server.last_seen_config.is_some() && it.is(settled),
    ),
    ("old-peer", "a notification of an old peer", |it| {
        it.hears() == Some(28) && it.is(settled)
    }),
    ("gossip", "an election torn down", |it| it.after.is_none()),
    ("gossip", "another in the newer configuration", |it| {
        it.life > 0 && it.server.config.ends_with("version=2") && it.is(settled)
    }),
];

#[test]
fn the_walks_come_to_everything_that_the_model_has() {
    for (scenario, what, wanted) in SIGHTS {
        let scenario = catalogue::find(scenario).unwrap();
        let found = recordings(scenario).any(|(_, it)| Scene::all(&it).any(|scene| wanted(&scene)));
        assert!(found, "{what} in {}", scenario.name);
    }
}
