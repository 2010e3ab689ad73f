//! The ensemble as one server knows it: its committed configuration, and the one proposed to follow
//! it.
//!
//! Source: `QuorumPeer`'s `quorumVerifier` and `lastSeenQuorumVerifier`, and what `WorkerReceiver`
//! does with the configuration in a notification. Invariant: a last-seen configuration is kept only
//! while it is newer than the committed one.

use crate::config::{ConfigErrors, DynamicConfig, Rules};
use crate::id::Sid;
use crate::quorum::QuorumView;
use std::sync::Arc;

/// The configurations in force at one server, with the quorum view they make and the text that its
/// notifications carry.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Ensemble {
    committed: DynamicConfig,
    last_seen: Option<DynamicConfig>,
    rules: Rules,
    view: QuorumView,
    text: Arc<str>,
    /// Where the last line of `text` begins, with the line break before it.
    last_line: usize,
}

impl Ensemble {
    /// The ensemble of a committed configuration and, if there is one, the configuration seen
    /// proposed last, which is in force too while it is newer. `rules` are for configurations that
    /// peers send.
    #[must_use]
    pub fn new(committed: DynamicConfig, last_seen: Option<DynamicConfig>, rules: Rules) -> Self {
        let last_seen = last_seen.filter(|seen| seen.version() > committed.version());
        let view = match &last_seen {
            None => QuorumView::new(committed.verifier().clone()),
            Some(seen) => QuorumView::joint(committed.verifier().clone(), seen.verifier().clone()),
        };
        let text = committed.to_string();
        Self {
            last_line: text.rfind('\n').unwrap_or_default(),
            text: text.into(),
            committed,
            last_seen,
            rules,
            view,
        }
    }

    /// The committed configuration.
    #[must_use]
    pub fn committed(&self) -> &DynamicConfig {
        &self.committed
    }

    /// The configuration proposed to follow the committed one.
    #[must_use]
    pub fn last_seen(&self) -> Option<&DynamicConfig> {
        self.last_seen.as_ref()
    }

    /// The quorum rules in force.
    #[must_use]
    pub fn view(&self) -> &QuorumView {
        &self.view
    }

    /// The committed configuration's text, as notifications carry it.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The ensemble after `newer` was committed.
    #[must_use]
    pub fn adopt(&self, newer: DynamicConfig) -> Self {
        Self::new(newer, self.last_seen.clone(), self.rules)
    }

    /// A configuration that a peer sent, if it is newer than the committed one. A text that cannot
    /// be read is no configuration.
    ///
    /// Nearly always it is the committed one, which its last line tells: recognising it costs the
    /// same in an ensemble of any size.
    #[must_use]
    pub fn newer(&self, text: &[u8]) -> Option<DynamicConfig> {
        if self.is_committed(text) {
            return None;
        }
        let config = self.read(text).ok()?;
        (config.version() > self.committed.version()).then_some(config)
    }

    /// A configuration that a peer sent, by the rules for those.
    pub(crate) fn read(&self, text: &[u8]) -> Result<DynamicConfig, ConfigErrors> {
        DynamicConfig::parse(&String::from_utf8_lossy(text), self.rules)
    }

    /// Whether one of the configurations in force names this server, with or without a vote.
    #[must_use]
    pub fn names(&self, sid: Sid) -> bool {
        let configs = [Some(&self.committed), self.last_seen.as_ref()];
        let mut configs = configs.into_iter().flatten();
        self.view.slot(sid).is_some() || configs.any(|config| config.server(sid).is_some())
    }

    /// Whether the last line is the committed configuration's, its version. The last entry of a
    /// name wins, so nothing before it can say otherwise, unless the line before goes on in it.
    pub(crate) fn is_committed(&self, text: &[u8]) -> bool {
        text.strip_suffix(&self.text.as_bytes()[self.last_line..])
            .is_some_and(|before| !before.ends_with(b"\\") && !before.ends_with(b"\r"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigVersion;

    const TEXT: &str = "server.1=h:1:2:participant\nversion=a0";

    fn ensemble() -> Ensemble {
        let config = DynamicConfig::parse(TEXT, Rules::default()).unwrap();
        Ensemble::new(config, None, Rules::default())
    }

    #[test]
    fn only_a_later_version_is_newer() {
        let with = |version: &str| ensemble().newer(TEXT.replace("a0", version).as_bytes());
        assert_eq!(with("9f"), None);
        assert_eq!(with("a0"), None);
        let reordered = b"version=a0\nserver.2=h:1:2:participant";
        assert_eq!(ensemble().newer(reordered), None);
        assert_eq!(
            with("a1").map(|config| config.version()),
            Some(ConfigVersion(0xa1))
        );
    }

    #[test]
    fn a_text_that_cannot_be_read_is_no_configuration() {
        for text in [
            "version=a1",
            "server.1=nonsense\nversion=a1",
            "\u{fffd}",
            "",
        ] {
            assert_eq!(ensemble().newer(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(
            ensemble().newer(b"server.1=h:1:2:participant\nversion=a1\xff"),
            None
        );
    }

    #[test]
    fn the_last_line_tells_unless_it_continues_another() {
        let recognised = |text: &str| ensemble().is_committed(text.as_bytes());
        assert!(recognised(TEXT));
        assert!(recognised("server.9=other:1:2\nversion=a0"));
        assert!(!recognised("x\\\nversion=a0"));
        assert!(!recognised("x\\\r\nversion=a0"));
        assert!(!recognised("version=a0"));
        assert!(!recognised("x\nversion=a00"));
        assert!(!recognised(""));
    }

    #[test]
    fn an_older_proposal_is_not_in_force() {
        let config = |text: &str| DynamicConfig::parse(text, Rules::default()).unwrap();
        let (old, new) = (config(TEXT), config(&TEXT.replace("a0", "a1")));
        let joint = Ensemble::new(old.clone(), Some(new.clone()), Rules::default());
        assert_eq!(joint.last_seen(), Some(&new));
        assert_eq!(joint.adopt(new).last_seen(), None);
        assert_eq!(
            Ensemble::new(old.clone(), Some(old), Rules::default()).last_seen(),
            None
        );
    }
}
