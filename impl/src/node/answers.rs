//! The last answers to servers that do not vote.
//!
//! Two looking servers of which one does not vote answer each other's answers without end
//! (ZOOKEEPER-1807), so the same answer is given once in a while only; whoever missed it asks again
//! later. Of strangers only so many are remembered as may be connected: of more, the oldest answer
//! is forgotten.

use crate::ensemble::Ensemble;
use crate::id::Sid;
use crate::notification::Notification;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How many servers are remembered that no configuration names.
const STRANGERS: usize = 32;

pub(super) struct Answers {
    interval: Duration,
    to_members: BTreeMap<Sid, (Notification, Instant)>,
    to_strangers: BTreeMap<Sid, (Notification, Instant)>,
}

impl Answers {
    pub(super) fn every(interval: Duration) -> Self {
        Self {
            interval,
            to_members: BTreeMap::new(),
            to_strangers: BTreeMap::new(),
        }
    }

    pub(super) fn forget(&mut self) {
        self.to_members.clear();
        self.to_strangers.clear();
    }

    /// Whether a server without a vote has just been given this answer; else it is remembered.
    pub(super) fn repeats(&mut self, to: Sid, answer: &Notification, ensemble: &Ensemble) -> bool {
        if ensemble.view().slot(to).is_some() {
            return false;
        }
        let now = Instant::now();
        let (last, most) = if ensemble.names(to) {
            (&mut self.to_members, usize::MAX)
        } else {
            (&mut self.to_strangers, STRANGERS)
        };
        last.retain(|_, (_, at)| now < *at + self.interval);
        if last.get(&to).is_some_and(|(last, _)| last == answer) {
            return true;
        }
        last.insert(to, (*answer, now));
        if last.len() > most {
            let oldest = last.iter().min_by_key(|(_, (_, at))| *at);
            let oldest = oldest.map(|(sid, _)| *sid);
            oldest.and_then(|sid| last.remove(&sid));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DynamicConfig, Rules};
    use crate::election::{Credentials, Election, Settings, Timing};
    use crate::id::{PeerEpoch, Zxid};

    fn ensemble() -> Ensemble {
        let text = "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2:observer";
        let config = DynamicConfig::parse(text, Rules::default()).unwrap();
        Ensemble::new(config, None, Rules::default())
    }

    fn answer() -> Notification {
        let settings = Settings {
            sid: Sid(1),
            learner_type: crate::config::LearnerType::Participant,
            timing: Timing::default(),
            reconfig_enabled: false,
        };
        let credentials = Credentials {
            zxid: Zxid(0),
            peer_epoch: PeerEpoch(0),
        };
        Election::new(settings, ensemble().into(), credentials).announcement()
    }

    #[test]
    fn of_strangers_only_so_many_are_remembered_and_of_members_all() {
        let (ensemble, answer) = (ensemble(), answer());
        let mut answers = Answers::every(Duration::from_secs(3600));
        let mut repeats = |to| answers.repeats(Sid(to), &answer, &ensemble);
        assert!(!repeats(1) && !repeats(1), "a voter is always answered");
        assert!(!repeats(3) && repeats(3));
        for stranger in 1000..2000 {
            assert!(!repeats(stranger) && repeats(stranger));
        }
        assert!(repeats(1999 - 30) && !repeats(1000));
        assert!(repeats(3));
        assert_eq!(answers.to_strangers.len(), STRANGERS);
    }
}
