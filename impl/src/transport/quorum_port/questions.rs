//! What servers have accepted, asked and answered: each question on a connection of its own.

use super::super::dialling::{Dialler, Targets};
use super::super::listening::HALF_OPEN;
use super::super::network::Network;
use super::super::packets;
use super::super::settings::Settings;
use crate::id::Sid;
use crate::leadership::packet::Past;
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub(super) struct Questions<N> {
    dialler: Dialler<N>,
    own: Sid,
    /// How long an answer, or taking it in, may take.
    wait: Duration,
    /// What this server answers; `None` as long as it does not know.
    past: Option<Past>,
    /// Whom it is asking.
    asked: BTreeSet<Sid>,
    asking: JoinSet<(Sid, io::Result<Past>)>,
    answering: JoinSet<()>,
}

impl<N: Network> Questions<N> {
    pub(super) fn new(dialler: Dialler<N>, settings: &Settings) -> Self {
        Self {
            dialler,
            own: settings.sid,
            wait: settings.handshake_timeout,
            past: None,
            asked: BTreeSet::new(),
            asking: JoinSet::new(),
            answering: JoinSet::new(),
        }
    }

    /// The next answer. Waits for ever while nobody is asked.
    pub(super) async fn next(&mut self) -> Option<(Sid, Past)> {
        while let Some(asked) = self.asking.join_next().await {
            // None of them panics, and they are aborted only with all.
            let Ok((sid, answer)) = asked else { continue };
            self.asked.remove(&sid);
            match answer {
                Ok(past) => return Some((sid, past)),
                Err(error) => {
                    tracing::debug!(
                        target: "fle", peer = %sid, %error,
                        "a question is not answered"
                    );
                }
            }
        }
        None
    }

    pub(super) fn ask(&mut self, sid: Sid, targets: Targets) {
        if !self.asked.insert(sid) {
            return;
        }
        let (dialler, own, wait) = (self.dialler.clone(), self.own, self.wait);
        self.asking.spawn(async move {
            let answer = async {
                let (stream, _) = dialler.connect(targets).await?;
                let answer = timeout(wait, packets::ask(stream, own)).await;
                answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            };
            (sid, answer.await)
        });
    }

    /// What is answered from now on.
    pub(super) fn set_past(&mut self, past: Past) {
        self.past = Some(past);
    }

    /// Answers on this connection, unless too many wait for one that does not arrive.
    pub(super) fn answer(&mut self, stream: N::Stream) {
        while self.answering.try_join_next().is_some() {}
        let Some(past) = self.past.filter(|_| self.answering.len() < HALF_OPEN) else {
            return;
        };
        let wait = self.wait;
        self.answering.spawn(async move {
            // Who does not take the answer in asks again.
            let _ = timeout(wait, packets::answer(stream, past)).await;
        });
    }

    pub(super) async fn shutdown(&mut self) {
        self.asking.shutdown().await;
        self.answering.shutdown().await;
    }
}
