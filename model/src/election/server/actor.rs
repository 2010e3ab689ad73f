//! The server as stateright knows actors: what it does when it starts, when something arrives and
//! when a wait runs out, as commands.

use crate::election::server::{Election, FastLeaderElection, Sends, Server, Wait};
use crate::terms::vote::{Credentials, Notification, Round};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

impl<const N: usize> Actor for FastLeaderElection<N> {
    type Msg = Notification;
    type Timer = Wait;
    type State = Server<N>;
    type Storage = Credentials;
    type Random = ();

    fn on_start(&self, id: Id, disk: &Option<Credentials>, out: &mut Out<Self>) -> Server<N> {
        let mut server = Server {
            credentials: disk.unwrap_or(Credentials::NO_DATA),
            round: Round(0),
            known: self.common().composition().begins(),
            granted: false,
            active: false,
            election: Election::Down { returns: true },
        };
        commanded(out, |sends| {
            server = self.look_for_leader(id.into(), server, sends);
        });
        server
    }

    fn on_msg(
        &self,
        id: Id,
        server: &mut Cow<'_, Server<N>>,
        src: Id,
        n: Notification,
        out: &mut Out<Self>,
    ) {
        changed(server, |server| {
            commanded(out, |sends| {
                self.hear(id.into(), server, src.into(), n, sends);
            });
        });
    }

    fn on_timeout(
        &self,
        id: Id,
        server: &mut Cow<'_, Server<N>>,
        ran_out: &Wait,
        out: &mut Out<Self>,
    ) {
        changed(server, |server| {
            commanded(out, |sends| {
                self.time_out(id.into(), server, *ran_out, sends);
            });
        });
    }
}

/// What is sent, as commands.
fn commanded<const N: usize>(out: &mut Out<FastLeaderElection<N>>, event: impl FnOnce(&mut Sends)) {
    let mut sends = Sends::new();
    event(&mut sends);
    for (dst, notification) in sends {
        out.send(dst.into(), notification);
    }
}

/// A server that is as it was is not said to be another.
fn changed<const N: usize>(server: &mut Cow<'_, Server<N>>, event: impl FnOnce(&mut Server<N>)) {
    let mut after = **server;
    event(&mut after);
    if after != **server {
        *server = Cow::Owned(after);
    }
}
