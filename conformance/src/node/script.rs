//! What a node can be made to live through of a trace, and what is to be seen of it.
//!
//! The expectation is the core's: it takes the trace's inputs in the order in which a node gets
//! them, its own messages at once.

use crate::engine::{self, Engine};
use fle::config::ConfigErrors;
use fle::election::{Effect, WaitPhase};
use fle::node::guard::Guard;
use fle::transport::LONGEST_PAYLOAD;
use fle::{ElectionEpoch, Notification, PeerEpoch, Proposal, ServerState, Sid, codec};
use fle_model::election::trace::format::{
    Credentials, Decided, Input, Output, Send, Standing, Trace,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How exact a runtime's timers are.
pub const TICK: Duration = Duration::from_millis(1);
/// What passes before a message, so that it shows whether that message begins the wait anew.
const PAUSE: Duration = Duration::from_millis(10);

/// A trace as a node lives it.
#[derive(Clone, PartialEq, Debug)]
pub struct Script {
    /// What happens, in order.
    pub acts: Vec<Act>,
    /// The steps of the trace that cannot happen over sockets, or that a node's guard keeps from
    /// its election.
    pub omissions: Vec<Omission>,
    /// The voters, without the server itself.
    pub voters: BTreeSet<i64>,
}

/// An input, and what is to be seen of a node that gets it.
#[derive(Clone, PartialEq, Debug)]
pub struct Act {
    /// The trace's step that the input stands in, counted from 1.
    pub step: usize,
    /// How long nothing happens before the input; where that is a time-out, it comes one [`TICK`]
    /// later.
    pub pause: Duration,
    /// The input.
    pub input: Input,
    /// What belongs to it.
    pub then: Then,
    /// How many notifications reach the node by it, its own aside.
    pub heard: usize,
    /// What is to be seen. The sends are in the order of their recipients; among them are those of
    /// the server to itself, and the answers to questions. What it settled on bears the epoch that
    /// it announces.
    pub outcome: Standing,
}

/// What an act is besides its input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// The node does not count this message: the sender adds a [`question`], which it counts.
    Question,
}

/// A step that a node does not live through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Omission {
    /// The step, counted from 1.
    pub step: usize,
    /// Why it cannot.
    pub reason: Reason,
}

/// Why a node does not live through a step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nobody can speak in its name: a connection with its id is closed.
    #[error("a message from the server itself that it has not sent")]
    NotItsOwn,
    /// The connection ends at such a length.
    #[error("a payload that is empty or longer than a frame may be")]
    NoFrame,
    /// Nothing is read before.
    #[error("something happens before the server has looked for a leader")]
    NotStarted,
    /// The server's own messages came earlier than in the trace, or were left out.
    #[error("a wait runs out that does not run once the server's own messages come at once")]
    NoWait,
    /// Likewise.
    #[error("it is to look for a leader, and does so still with the same credentials")]
    StillLooking,
    /// There is nobody it could have been delivered to.
    #[error("something is delivered, and nobody is there")]
    Nobody,
    /// Such a server's queue is empty, since it gets answers only.
    #[error("nothing is delivered, and a server is connected that does not vote")]
    IdleObserver,
    /// The node's guard holds it back.
    #[error("a vote that a node does not believe")]
    NotBelieved,
    /// The node's guard takes the text off, and nothing restarts.
    #[error("a newer configuration that a node does not take from its sender")]
    NotTaken,
}

/// A vote for nobody in a round before all others: any server answers it, and nothing else comes of
/// it.
#[must_use]
pub fn question() -> Vec<u8> {
    let question = Notification {
        state: ServerState::Looking,
        proposal: Proposal::NONE,
        election_epoch: ElectionEpoch(i64::MIN),
    };
    codec::header(&question, b"").into()
}

impl Script {
    /// Writes the script of a trace.
    ///
    /// # Errors
    /// When a configuration in the trace's first line cannot be read.
    pub fn of(trace: &Trace) -> Result<Self, ConfigErrors> {
        let mut writer = Writer::new(trace)?;
        for (index, step) in trace.steps.iter().enumerate() {
            writer.write(index + 1, &step.input);
        }
        Ok(writer.script)
    }
}

struct Writer {
    script: Script,
    sid: i64,
    engine: Engine,
    /// As the node's. It counts what the node is sent, so it must not see what is left out.
    guard: Guard,
    members: BTreeSet<i64>,
    /// What the server has sent to itself.
    own: BTreeSet<Vec<u8>>,
    /// What it has begun to look from.
    looks: Option<Credentials>,
    /// Who has been sent something or has come.
    connected: BTreeSet<i64>,
    /// The last answers to servers that do not vote, and when: they are not repeated at once
    /// (`impl/DEVIATIONS.md`).
    answers: BTreeMap<i64, (Vec<u8>, Duration)>,
    min_notification_interval: Duration,
    /// What the clock shows.
    now: Duration,
    /// When the wait runs out.
    expires: Duration,
}

impl Writer {
    fn new(trace: &Trace) -> Result<Self, ConfigErrors> {
        let engine = Engine::new(&trace.server)?;
        let ensemble = engine.election().ensemble();
        let mut voters: BTreeSet<i64> = ensemble.view().voters().map(|sid| sid.0).collect();
        voters.remove(&trace.server.sid);
        let configs = [Some(ensemble.committed()), ensemble.last_seen()].into_iter();
        let members = configs.flatten().flat_map(|config| config.servers());
        Ok(Self {
            script: Script {
                acts: Vec::new(),
                omissions: Vec::new(),
                voters,
            },
            sid: trace.server.sid,
            guard: Guard::new(Sid(trace.server.sid), false, ensemble),
            members: members.map(|server| server.sid().0).collect(),
            engine,
            own: BTreeSet::new(),
            looks: None,
            connected: BTreeSet::new(),
            answers: BTreeMap::new(),
            min_notification_interval: engine::timing(&trace.server).min_notification_interval,
            now: Duration::ZERO,
            expires: Duration::ZERO,
        })
    }

    fn write(&mut self, step: usize, input: &Input) {
        if matches!(input, Input::Recv { from, hex } if *from == self.sid && self.own.contains(hex))
        {
            return; // It has come at once.
        }
        match self.obstacle(input).or_else(|| self.refusal(input)) {
            Some(reason) => self.script.omissions.push(Omission { step, reason }),
            None => {
                let act = self.act(step, input);
                self.script.acts.push(act);
            }
        }
    }

    fn obstacle(&self, input: &Input) -> Option<Reason> {
        let waits = self.engine.election().wait().map(|wait| wait.phase);
        let collects = waits == Some(WaitPhase::Collecting);
        if self.looks.is_none() && !matches!(input, Input::Look(_)) {
            return Some(Reason::NotStarted);
        }
        match input {
            Input::Look(own) => {
                let goes_on = waits.is_some() && self.looks == Some(*own);
                goes_on.then_some(Reason::StillLooking)
            }
            Input::Recv { from, .. } if *from == self.sid => Some(Reason::NotItsOwn),
            Input::Recv { hex, .. } => {
                (!(1..=LONGEST_PAYLOAD).contains(&hex.len())).then_some(Reason::NoFrame)
            }
            Input::Timeout { .. } if !collects => Some(Reason::NoWait),
            Input::Timeout { delivered: true } => {
                self.connected.is_empty().then_some(Reason::Nobody)
            }
            Input::Timeout { delivered: false } => {
                let mut members = self.connected.intersection(&self.members);
                let idle = members.any(|sid| !self.script.voters.contains(sid));
                idle.then_some(Reason::IdleObserver)
            }
            Input::FinalizeTimeout {} => {
                (waits != Some(WaitPhase::Finalizing)).then_some(Reason::NoWait)
            }
            Input::UpdateEpoch { .. } => None,
        }
    }

    /// Why the node's guard keeps its election from hearing a message as it is, or a question that
    /// belongs to the input.
    fn refusal(&mut self, input: &Input) -> Option<Reason> {
        let now = self.now + self.pause_before(input);
        let mut guard = self.guard.clone();
        let election = self.engine.election();
        let mut hears = |from: i64, hex: &[u8]| {
            let received = codec::decode(hex).ok()?;
            let verdict = guard.judge(Sid(from), &received, election, now);
            Some(verdict.heard.map(|heard| heard == received))
        };
        let mut asked = Vec::new();
        let mut as_it_is = true;
        match input {
            Input::Recv { from, hex } => match hears(*from, hex) {
                Some(Some(is_whole)) => as_it_is = is_whole,
                Some(None) => return Some(Reason::NotBelieved),
                None => asked.push(*from),
            },
            Input::Timeout { delivered: false } => asked.extend(&self.script.voters),
            _ => {}
        }
        if asked
            .iter()
            .any(|from| hears(*from, &question()) == Some(None))
        {
            return Some(Reason::NotBelieved);
        }
        let restarts = |engine: &mut Engine| matches!(engine.step(input), Output::Restart { .. });
        if !as_it_is && restarts(&mut self.engine.clone()) {
            return Some(Reason::NotTaken);
        }
        self.guard = guard;
        None
    }

    fn act(&mut self, step: usize, input: &Input) -> Act {
        self.prepare(input);
        let holds_up = *input == (Input::Timeout { delivered: false });
        let mut sends = if holds_up {
            self.ask_twice()
        } else {
            Vec::new()
        };
        let questions = sends.len();
        let pause = self.pause(input);
        let mut outcome = self.take(input);
        sends.append(&mut outcome.sends);
        let mut then = Then::Nothing;
        let mut told = 0;
        if let Input::Recv { from, hex } = input {
            told = usize::from(codec::decode(hex).is_ok_and(|it| it.notification.is_some()));
            if told == 0 {
                then = Then::Question;
                told = 1;
                outcome = self.ask(*from);
                sends.append(&mut outcome.sends);
            }
        }
        outcome.sends = sends;
        Act {
            step,
            pause,
            input: input.clone(),
            then,
            heard: questions + told,
            outcome: self.seen(outcome),
        }
    }

    /// Every voter asks two questions; the answers.
    fn ask_twice(&mut self) -> Vec<Send> {
        let voters: Vec<i64> = self.script.voters.iter().copied().collect();
        let questions = voters.into_iter().flat_map(|voter| [voter, voter]);
        questions.flat_map(|from| self.ask(from).sends).collect()
    }

    /// Who is connected, and which answers are withheld, when the input comes.
    fn prepare(&mut self, input: &Input) {
        match input {
            Input::Look(own) => {
                self.looks = Some(*own);
                self.guard.begin(PeerEpoch(own.peer_epoch));
                self.connected.extend(&self.script.voters);
                self.answers.clear();
            }
            Input::Recv { from, .. } => {
                self.connected.insert(*from);
            }
            Input::Timeout { delivered: false } => {
                self.connected.retain(|sid| self.members.contains(sid));
            }
            Input::UpdateEpoch { peer_epoch } => self.guard.establish(PeerEpoch(*peer_epoch)),
            Input::Timeout { .. } | Input::FinalizeTimeout {} => {}
        }
    }

    /// How long nothing must happen before an input, for a time-out just as long as it takes.
    fn pause_before(&self, input: &Input) -> Duration {
        let left = self.expires.saturating_sub(self.now);
        let waits = self.engine.election().wait().is_some();
        if runs_out(input) {
            left.saturating_sub(TICK)
        } else if waits && left <= 2 * PAUSE {
            Duration::ZERO
        } else {
            PAUSE
        }
    }

    /// Lets that time pass.
    fn pause(&mut self, input: &Input) -> Duration {
        let pause = self.pause_before(input);
        self.now += pause;
        if runs_out(input) {
            self.now += 2 * TICK;
        }
        pause
    }

    fn ask(&mut self, from: i64) -> Standing {
        let hex = question();
        self.take(&Input::Recv { from, hex })
    }

    /// Takes the engine through an input and through what it sends to itself by that.
    fn take(&mut self, input: &Input) -> Standing {
        let mut standing = self.step(input);
        let mut next = 0;
        while let Some(send) = standing.sends.get(next) {
            next += 1;
            if send.to != self.sid {
                continue;
            }
            let (from, hex) = (self.sid, send.hex.clone());
            self.own.insert(hex.clone());
            let later = self.step(&Input::Recv { from, hex });
            standing.sends.extend(later.sends);
            standing = Standing {
                sends: standing.sends,
                connect_all: standing.connect_all || later.connect_all,
                ..later
            };
        }
        standing.sends.retain(|send| !self.withholds(send));
        standing
    }

    fn step(&mut self, input: &Input) -> Standing {
        let effects = self.engine.handle(input);
        for effect in effects.iter() {
            if let Effect::Arm(wait) = effect {
                self.expires = self.now + wait.duration;
            }
        }
        match self.engine.carry_out(effects) {
            Output::Standing(standing) => standing,
            Output::Restart { .. } => unreachable!("what restarts it was left out"),
        }
    }

    /// Whether this is an answer that a server without a vote has been given just now.
    fn withholds(&mut self, send: &Send) -> bool {
        if self
            .engine
            .election()
            .ensemble()
            .view()
            .slot(Sid(send.to))
            .is_some()
        {
            return false;
        }
        let (now, interval) = (self.now, self.min_notification_interval);
        self.answers.retain(|_, (_, at)| now < *at + interval);
        let given = self
            .answers
            .get(&send.to)
            .is_some_and(|(hex, _)| *hex == send.hex);
        if !given {
            self.answers.insert(send.to, (send.hex.clone(), now));
        }
        given
    }

    fn seen(&self, mut standing: Standing) -> Standing {
        standing.sends.sort_by_key(|send| send.to);
        let announced = self.engine.election().announcement();
        standing.decided = standing
            .decided
            .map(|_| Decided::new(announced.proposal, announced.election_epoch));
        standing
    }
}

fn runs_out(input: &Input) -> bool {
    matches!(input, Input::Timeout { .. } | Input::FinalizeTimeout {})
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Wherever a voter may ask: else what is expected would not be the trace's.
    #[test]
    fn a_question_changes_nothing() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces");
        let mut asked = 0;
        for file in Trace::files(&kept).unwrap() {
            let trace = Trace::read(&file).unwrap();
            let mut engine = Engine::new(&trace.server).unwrap();
            for step in &trace.steps {
                let Output::Standing(before) = engine.step(&step.input) else {
                    break;
                };
                let voters: Vec<Sid> = engine.election().ensemble().view().voters().collect();
                for voter in voters {
                    let mut other = engine.clone();
                    let (from, hex) = (voter.0, question());
                    let Output::Standing(after) = other.step(&Input::Recv { from, hex }) else {
                        panic!("it restarts");
                    };
                    assert_eq!(other, engine);
                    assert_eq!(after.sends.len(), 1, "one answer");
                    let sends = before.sends.clone();
                    let connect_all = before.connect_all;
                    assert_eq!(
                        before,
                        Standing {
                            sends,
                            connect_all,
                            ..after
                        }
                    );
                    asked += 1;
                }
            }
        }
        assert!(asked > 100, "{asked}");
    }
}
