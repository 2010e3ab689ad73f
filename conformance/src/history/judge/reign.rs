//! Who was established as leader: an epoch has one leader, ever.
//!
//! The election does not promise that two servers never lead at the same time, only that a quorum promises each epoch to one.

use super::finding::Objection;
use crate::history::event::{Event, Fact};
use crate::history::log::Logs;
use fle::Sid;
use std::collections::BTreeMap;

/// Objects to a second leader of an epoch.
pub(super) fn judge(logs: &Logs) -> Vec<Objection> {
    let mut established: Vec<(&Event, Sid, i64, Sid)> = Vec::new();
    for (&sid, log) in &logs.servers {
        for event in &log.events {
            if let Fact::LeadershipEstablished {
                leader,
                peer_epoch: Some(epoch),
            } = event.fact
            {
                established.push((event, sid, epoch, leader.map_or(sid, Sid)));
            }
        }
    }
    established.sort_by_key(|(event, ..)| (event.time, event.at));
    let mut leaders = BTreeMap::new();
    let mut objections = Vec::new();
    for (event, sid, epoch, leader) in established {
        let first = *leaders.entry(epoch).or_insert(leader);
        if first != leader {
            objections.push(Objection {
                sid,
                at: event.at,
                why: format!(
                    "server {leader} is established in epoch {epoch}, which server {first} leads"
                ),
            });
        }
    }
    objections
}
