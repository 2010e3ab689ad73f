//! The wires between servers: what is under way on them, when it arrives, how they end.

use super::World;
use fle::Sid;
use fle::leadership::packet::Packet;
use fle::leadership::{Effect, End};
use std::collections::VecDeque;

impl World {
    /// There is a new connection between the two, of which nothing has been said yet.
    pub(crate) fn connect_anew(&mut self, sid: i64, leader: i64) {
        self.wires.insert((Sid(sid), Sid(leader)), VecDeque::new());
        self.wires.insert((Sid(leader), Sid(sid)), VecDeque::new());
    }

    /// What is under way to one server from another.
    pub(crate) fn sent_to(&self, to: i64, from: i64) -> Vec<Packet> {
        let wire = self.wires.get(&(Sid(from), Sid(to)));
        wire.into_iter().flatten().copied().collect()
    }

    /// All connections of the server end, after what it sent on them.
    pub(super) fn say_last_words(&mut self, sid: Sid) {
        let last_words = self.close_wires(sid);
        self.hear_last_words(sid, last_words);
    }

    pub(super) fn close_wires(&mut self, sid: Sid) -> Vec<(Sid, VecDeque<Packet>)> {
        let peers = self.peers(sid);
        let sent = peers
            .iter()
            .filter_map(|&peer| Some((peer, self.wires.remove(&(sid, peer))?)));
        let sent = sent.collect();
        for peer in peers {
            self.wires.remove(&(peer, sid));
        }
        sent
    }

    /// What the server sent last arrives, and then the end of the connection, unless there is a new
    /// one.
    pub(super) fn hear_last_words(&mut self, sid: Sid, last_words: Vec<(Sid, VecDeque<Packet>)>) {
        for (peer, packets) in last_words {
            for packet in packets {
                self.step(peer, |it, now| it.handle_packet(sid, &packet, now, None));
            }
            if !self.wires.contains_key(&(sid, peer)) {
                self.step(peer, |it, now| it.handle_end(sid, End::Closed, now));
            }
        }
    }

    pub(super) fn peers(&self, sid: Sid) -> Vec<Sid> {
        let wires = self.wires.keys().filter(|(from, _)| *from == sid);
        wires.map(|(_, to)| *to).collect()
    }

    /// `peer` sees the connection with `sid` end.
    pub(crate) fn part(&mut self, sid: Sid, peer: Sid, end: End) {
        self.wires.remove(&(sid, peer));
        self.wires.remove(&(peer, sid));
        self.step(peer, |it, now| it.handle_end(sid, end, now));
    }

    /// Everything that is under way arrives.
    pub(crate) fn deliver(&mut self) {
        while self.deliver_one() {}
    }

    /// The first packet that is under way arrives; false when none is.
    pub(crate) fn deliver_one(&mut self) -> bool {
        self.deliver_one_to(|_| true)
    }

    /// The same, but what is under way to this server waits.
    pub(crate) fn deliver_one_but_to(&mut self, sid: i64) -> bool {
        self.deliver_one_to(|to| to != Sid(sid))
    }

    /// What `from` is told next it answers with this packet, and the connection breaks before that
    /// arrives.
    pub(crate) fn lose_answer(&mut self, from: i64, to: i64, answer: &Packet) {
        let (from, to) = (Sid(from), Sid(to));
        let asked = self.wires.get_mut(&(to, from));
        let asked = asked.and_then(VecDeque::pop_front).expect("it is asked");
        let now = self.now;
        let server = self.running.get_mut(&from).expect("it runs");
        let effects = server.handle_packet(to, &asked, now, None);
        let packet = *answer;
        assert!(
            effects.contains(&Effect::Send { to, packet }),
            "{effects:?}"
        );
        self.part(from, to, End::Lost);
        for effect in effects {
            self.carry_out(from, effect);
        }
    }

    pub(super) fn deliver_one_to(&mut self, is_awake: impl Fn(Sid) -> bool) -> bool {
        let mut wires = self.wires.iter_mut().filter(|((_, to), _)| is_awake(*to));
        let next = wires.find_map(|(&wire, packets)| Some((wire, packets.pop_front()?)));
        let Some(((from, to), packet)) = next else {
            return false;
        };
        self.step(to, |it, now| it.handle_packet(from, &packet, now, None));
        true
    }
}
