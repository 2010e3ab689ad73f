//! All that is found in the logs of an ensemble, computed once and shown as text, JSON or a page.

use super::judge::{self, Verdict};
use super::log::Logs;
use super::oddities::{self, Oddity};
use super::outage::{self, Answer};
use super::rebuild::History;
use fle::config::DynamicConfig;

/// What was read, and what was found in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Findings {
    /// The logs.
    pub logs: Logs,
    /// Whether the algorithm allows what they tell.
    pub verdict: Verdict,
    /// The elections that they tell of.
    pub history: History,
    /// What is allowed and worth a look.
    pub oddities: Vec<Oddity>,
    /// When there was no leader, and why.
    pub answer: Answer,
}

impl Findings {
    /// Judges logs of one ensemble, whose configuration is `told` if somebody knows it.
    #[must_use]
    pub fn of(logs: Logs, told: Option<&DynamicConfig>) -> Self {
        let verdict = judge::judge(&logs, told);
        let history = History::rebuild(&logs, &verdict);
        Self {
            oddities: oddities::find(&logs, &verdict, &history),
            answer: outage::find(&logs, &verdict, &history),
            logs,
            verdict,
            history,
        }
    }
}
