//! What must hold of leaders' terms: who is established in which epoch, who hands over to whom, who
//! has a lease.

use super::{Checked, Input, Picture, Standing, check};

impl Picture {
    /// No epoch is led twice, and whoever follows in an epoch follows the one that leads in it. Its
    /// vote has that epoch from then on.
    pub(super) fn is_established(&mut self, sid: i64, leader: i64, epoch: i64) -> Checked {
        let Standing::Settled(state, mut vote) = self.servers[&sid].standing else {
            return Err("it has an established leader and has not settled".to_owned());
        };
        check(vote.leader == leader, || {
            format!(
                "{leader} is established, and it has settled on {}",
                vote.leader
            )
        })?;
        if sid == leader {
            let before = self.established.insert(epoch, sid);
            check(before.is_none(), || format!("epoch {epoch} is led twice"))?;
            check(self.remembers(sid), || {
                "it leads, and does not know what it has promised".to_owned()
            })?;
            self.seen.insert("a leader is established");
            if self.ensemble.is_new {
                self.seen
                    .insert("all disks are blank, and a leader is established");
            }
            if let Some(Input::HandedOver(_)) = self.servers[&sid].input {
                self.seen.insert("an heir is established");
            }
        } else {
            let established = self.established.get(&epoch);
            check(established == Some(&leader), || {
                format!("it follows {leader} in epoch {epoch}, which is led by {established:?}")
            })?;
        }
        vote.peer_epoch = epoch;
        self.server_mut(sid).standing = Standing::Settled(state, vote);
        Ok(())
    }

    /// Who has settled may be given another leader, and is one of those that the heir has left, or
    /// the heir.
    pub(super) fn is_handed_over(&mut self, sid: i64, heir: i64) -> Checked {
        let standing = self.servers[&sid].standing;
        check(matches!(standing, Standing::Settled(..)), || {
            "it is handed over and has no leader".to_owned()
        })?;
        let takes_over = sid == heir || self.heirs.contains(&heir);
        check(takes_over, || {
            format!("it is handed over to {heir}, which has not taken over")
        })?;
        self.heirs.insert(heir);
        self.server_mut(sid).input = Some(Input::HandedOver(heir));
        Ok(())
    }

    /// While a lease lasts nobody else has one, and no leader with a lease has a lower epoch than
    /// one before it.
    pub(crate) fn lease(&mut self, leases: &[(i64, i64)]) {
        for &(sid, epoch) in leases {
            if epoch < self.leased {
                let leased = self.leased;
                self.object(
                    sid,
                    &format!("it leads in epoch {epoch} after epoch {leased}"),
                );
            }
            self.leased = self.leased.max(epoch);
        }
        if let [(one, _), (other, _), ..] = leases {
            self.object(*one, &format!("it has a lease, and so has {other}"));
        }
    }
}
