//! What a node tells others.

use super::Driver;
use crate::id::Sid;
use crate::node::log;
use crate::notification::Notification;
use crate::transport::{Frame, Network};
use std::sync::Arc;
use tracing::Level;

impl<N: Network> Driver<N> {
    fn frame(&self, notification: &Notification) -> Option<Frame> {
        let frame = Frame::new(notification, self.election.ensemble().text());
        if frame.is_none() {
            tracing::error!(target: "fle", "the configuration is too long to be sent; shorten it");
        }
        frame
    }

    pub(super) fn broadcast(&mut self, notification: &Notification) {
        log::sent(self.sid, None, notification, Level::INFO);
        if let Some(frame) = self.frame(notification) {
            let ensemble = Arc::clone(self.election.ensemble());
            for voter in ensemble.view().voters() {
                self.transport.send(voter, &frame);
            }
        }
    }

    pub(super) fn answer(&mut self, to: Sid, notification: &Notification) {
        log::sent(self.sid, Some(to), notification, self.level(to));
        let ensemble = self.election.ensemble();
        if self.answers.repeats(to, notification, ensemble) {
            return;
        }
        if let Some(frame) = self.frame(notification) {
            self.transport.send(to, &frame);
        }
    }
}
