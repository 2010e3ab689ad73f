//! What goes wrong with the machines that servers run on: disks that are lost, restored, slow or
//! broken, names that do not resolve, and owners that change the limits.
//!
//! Disks are lost only as long as those that are whole can elect a leader: who lost one is taken in
//! again first. That is what safety rests on, and a quorum that has lost its disks could elect
//! nobody either.

use super::Faults;
use crate::disk::Loss;
use crate::log::History;
use crate::trouble::Kind;
use std::time::Duration;
use turmoil::Sim;

impl Faults {
    /// Disks and names work again when that is due.
    pub(super) fn repair_machines(&mut self, now: Duration, history: &mut History) {
        let repaired = self.disks.extract_if(.., |_, until| *until <= now);
        for (sid, _) in repaired {
            history.note(now, &format!("{sid} has a disk again"));
            self.homes[&sid].disk.trouble.set(None);
        }
        if self.names.take_if(|until| *until <= now).is_some() {
            history.note(now, "names resolve again");
            self.network.names.set(None);
        }
    }

    /// Whether the servers that know what they have promised could elect without this one.
    pub(crate) fn may_lose_disk(&self, sid: i64) -> bool {
        let whole = self
            .homes
            .iter()
            .filter(|(other, home)| **other != sid && home.disk.is_whole());
        self.ensemble
            .can_elect(&whole.map(|(sid, _)| *sid).collect())
    }

    /// The server is down, and comes back with a disk that has forgotten something.
    pub(crate) fn lose_disk(
        &mut self,
        sid: i64,
        fault: &'static str,
        now: Duration,
        sim: &mut Sim<'_>,
        history: &mut History,
    ) {
        if !self.may_lose_disk(sid) {
            return;
        }
        history.picture.seen.insert(fault);
        self.lost_disks = true;
        if !self.down.contains_key(&sid) {
            self.crash(sid, now, sim, history);
        }
        let loss = match fault {
            "a disk loses everything" => Loss::Everything,
            "a disk loses its epochs" => Loss::Epochs,
            _ => Loss::Restored,
        };
        let home = &self.homes[&sid];
        home.disk.lose(loss, &mut self.rng);
        history.note(
            now,
            &format!("{sid}: {fault}, and now {:?}", home.disk.stored()),
        );
    }

    pub(super) fn strike_machine(
        &mut self,
        sid: i64,
        fault: &'static str,
        now: Duration,
        history: &mut History,
    ) {
        let until = now + self.lasts(50, 6000);
        let kind = *self.rng.choice(&Kind::ALL).unwrap();
        let home = &self.homes[&sid];
        match fault {
            "a disk is in trouble" => {
                home.disk.set_keeps(self.rng.bool());
                home.disk.trouble.set(Some(kind));
                self.disks.insert(sid, until);
                history.note(now, &format!("{sid} has a disk that {kind:?}"));
            }
            "names do not resolve" => {
                self.network.names.set(Some(kind));
                self.names = Some(until);
                history.note(now, &format!("looking up a name {kind:?}"));
            }
            _ if self.ensemble.is_unlike() => {
                let limits = self.ensemble.limits(&mut self.rng);
                *home.limits.lock().unwrap() = limits;
                history.note(now, &format!("{sid} will start with {limits:?}"));
            }
            _ => return,
        }
        history.picture.seen.insert(fault);
    }
}
