//! Random traces are no good if they do not come to what there is to compare.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fle::codec;
use fle_conformance::random;
use fle_model::election::trace::format::{
    Input, LearnerType, Output, Phase, Quorum, Server, Standing, State, Step, Trace,
};
use proptest::strategy::ValueTree;

const TRACES: u64 = 600;

/// A step of a trace with what was before it; nothing is after a restart.
struct Scene<'a> {
    server: &'a Server,
    before: &'a Standing,
    input: &'a Input,
    after: Option<&'a Standing>,
}

fn scenes(trace: &Trace) -> impl Iterator<Item = Scene<'_>> {
    trace.steps.windows(2).map(|steps| Scene {
        server: &trace.server,
        before: standing(&steps[0]).expect("a trace goes on"),
        input: &steps[1].input,
        after: standing(&steps[1]),
    })
}

fn standing(step: &Step) -> Option<&Standing> {
    match &step.output {
        Output::Standing(standing) => Some(standing),
        Output::Restart { .. } => None,
    }
}

fn waits(standing: &Standing, phase: Phase) -> bool {
    standing.wait.is_some_and(|wait| wait.phase == phase)
}

impl Scene<'_> {
    fn is(&self, wanted: impl Fn(&Standing) -> bool) -> bool {
        self.after.is_some_and(wanted)
    }

    fn hears(&self) -> Option<(i64, &[u8])> {
        match self.input {
            Input::Recv { from, hex } => Some((*from, hex)),
            _ => None,
        }
    }

    fn waited(&self) -> bool {
        matches!(self.input, Input::Timeout { .. })
    }

    fn looked(&self) -> bool {
        self.before.decided.is_none()
    }

    /// Whether this step ended the election.
    fn settles(&self) -> bool {
        self.looked() && self.is(|is| is.decided.is_some())
    }

    fn finalizes(&self) -> bool {
        waits(self.before, Phase::Collecting) && self.is(|is| waits(is, Phase::Finalizing))
    }

    /// Whether it ends in this state for an ensemble of this rule.
    fn ends(&self, quorum: Quorum, state: State) -> bool {
        self.server.quorum == quorum && self.settles() && self.is(|is| is.state == state)
    }

    fn hears_bytes(&self, length: usize) -> bool {
        self.hears().is_some_and(|(_, bytes)| bytes.len() == length)
    }

    fn hears_malformed(&self) -> bool {
        self.hears()
            .is_some_and(|(_, bytes)| codec::decode(bytes).is_err())
    }

    fn hears_newer(&self) -> bool {
        let config = self
            .hears()
            .and_then(|(_, bytes)| codec::decode(bytes).ok()?.config);
        let text = config.map(|it| String::from_utf8_lossy(it).into_owned());
        text.is_some_and(|it| version(&it) > version(&self.server.config))
    }

    fn answers(&self) -> bool {
        let asker = self.hears().map(|(from, _)| from);
        self.is(|is| matches!(&is.sends[..], [answer] if Some(answer.to) == asker))
    }
}

fn version(config: &str) -> Option<i64> {
    let (_, version) = config.rsplit_once("version=")?;
    i64::from_str_radix(version, 16).ok()
}

type Sight = (&'static str, fn(&Scene) -> bool);

const SIGHTS: &[Sight] = &[
    ("a majority's leader", |it| {
        it.ends(Quorum::Majority, State::Leading)
    }),
    ("a majority's follower", |it| {
        it.ends(Quorum::Majority, State::Following)
    }),
    ("a majority's observer", |it| {
        it.ends(Quorum::Majority, State::Observing)
    }),
    ("groups' leader", |it| {
        it.ends(Quorum::Hierarchical, State::Leading)
    }),
    ("groups' follower", |it| {
        it.ends(Quorum::Hierarchical, State::Following)
    }),
    ("groups' observer", |it| {
        it.ends(Quorum::Hierarchical, State::Observing)
    }),
    ("an oracle's leader", |it| {
        it.ends(Quorum::Oracle, State::Leading)
    }),
    ("an oracle's follower", |it| {
        it.ends(Quorum::Oracle, State::Following)
    }),
    ("finalizing", |it| it.finalizes()),
    ("finalizing under two configurations", |it| {
        it.server.last_seen_config.is_some() && it.finalizes()
    }),
    ("a better vote ends finalizing", |it| {
        waits(it.before, Phase::Finalizing) && it.is(|is| waits(is, Phase::Collecting))
    }),
    ("a settled leader is joined", |it| {
        it.hears().is_some() && it.settles()
    }),
    ("a settled leader of another round is joined", |it| {
        it.hears().is_some()
            && it.settles()
            && it.is(|is| is.logical_clock != it.before.logical_clock)
    }),
    (
        "a settled leader is joined under two configurations",
        |it| it.server.last_seen_config.is_some() && it.hears().is_some() && it.settles(),
    ),
    ("a later round is taken over", |it| {
        it.is(|is| is.decided.is_none() && is.logical_clock > it.before.logical_clock)
            && it.hears().is_some()
    }),
    ("the oracle grants when time runs out", |it| {
        it.waited() && it.settles()
    }),
    ("the oracle denies, and a lone leader is followed", |it| {
        it.server.oracle == Some(false)
            && it.settles()
            && it.is(|is| is.decided.unwrap().election_epoch != is.logical_clock)
    }),
    ("new connections are asked for", |it| {
        it.is(|is| is.connect_all)
    }),
    ("the longest wait", |it| {
        it.waited() && it.is(|is| is.decided.is_none() && is.wait == it.before.wait)
    }),
    ("an answer while looking", |it| it.looked() && it.answers()),
    ("an answer while settled", |it| !it.looked() && it.answers()),
    ("28 bytes", |it| it.looked() && it.hears_bytes(28)),
    ("40 bytes", |it| it.looked() && it.hears_bytes(40)),
    ("44 bytes", |it| it.looked() && it.hears_bytes(44)),
    ("malformed bytes", |it| it.looked() && it.hears_malformed()),
    ("a newer configuration with the same members", |it| {
        it.looked() && it.hears_newer() && it.after.is_some()
    }),
    ("a newer configuration while settled", |it| {
        !it.looked() && it.hears_newer()
    }),
    ("a restart", |it| it.after.is_none()),
    ("another election", |it| {
        matches!(it.input, Input::Look(_)) && !it.looked()
    }),
    ("an interrupted election", |it| {
        matches!(it.input, Input::Look(_)) && it.looked()
    }),
    ("a new epoch", |it| {
        matches!(it.input, Input::UpdateEpoch { .. }) && !it.looked()
    }),
    ("a server without data settles", |it| {
        it.server.init.zxid == -1 && it.settles()
    }),
    ("a server that no configuration knows settles", |it| {
        it.server.sid == 77 && it.settles()
    }),
    ("an observer that takes itself for a participant", |it| {
        let observes = format!("server.{}=", it.server.sid);
        let mut lines = it.server.config.lines();
        let observes = lines.any(|it| it.starts_with(&observes) && it.contains("observer"));
        observes && it.server.learner_type == LearnerType::Participant && it.settles()
    }),
];

#[test]
fn random_traces_come_to_everything_that_there_is_to_compare() {
    let traces: Vec<_> = (0..TRACES)
        .map(|seed| random::trace(seed).current())
        .collect();
    for (what, wanted) in SIGHTS {
        let seen = traces.iter().flat_map(scenes).filter(wanted).count();
        println!("{seen:6} {what}");
        assert!(seen >= 3, "{what}: {seen} times in {TRACES} traces");
    }
}

#[test]
fn a_seed_gives_one_trace() {
    assert_eq!(random::trace(7).current(), random::trace(7).current());
    assert_ne!(random::trace(7).current(), random::trace(8).current());
}
