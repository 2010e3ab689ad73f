//! The HTTP endpoints of a server: `/status`, `/healthz`, `/readyz`, `/metrics`. How many
//! connections there may be, and for how long, is said in [`bounds`].

mod bounds;

use crate::report::Report;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use fle::member::{Member, Note, Standing};
use fle::node::Status;
use fle::{ServerState, Sid};
use metrics_exporter_prometheus::PrometheusHandle;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the endpoints tell of.
#[derive(Clone)]
pub(crate) struct Server {
    sid: Sid,
    metrics: PrometheusHandle,
    /// Empty while the member starts, which can take as long as its ports are not to be had.
    member: Arc<OnceLock<Watched>>,
}

/// What a member shows of itself.
struct Watched {
    status: watch::Receiver<Status>,
    leadership: watch::Receiver<Standing>,
    notes: watch::Receiver<BTreeSet<Note>>,
}

impl Server {
    /// A server whose member starts.
    pub(crate) fn new(sid: Sid, metrics: PrometheusHandle) -> Self {
        Self {
            sid,
            metrics,
            member: Arc::default(),
        }
    }

    /// The member has started. There is one.
    pub(crate) fn watch(&self, member: &Member) {
        let _ = self.member.set(Watched {
            status: member.status(),
            leadership: member.leadership(),
            notes: member.notes(),
        });
    }

    /// Answers for ever.
    pub(crate) async fn answer(self, listener: TcpListener) {
        let router = Router::new()
            .route("/status", get(status))
            .route("/healthz", get(health))
            .route("/readyz", get(readiness))
            .route("/metrics", get(metrics))
            .with_state(self);
        bounds::serve(listener, router).await;
    }
}

const STARTING: &str = "starting\n";
const STOPPED: &str = "the node has stopped\n";

type Answer = (StatusCode, String);

fn yes(text: impl Into<String>) -> Answer {
    (StatusCode::OK, text.into())
}

fn no(text: impl Into<String>) -> Answer {
    (StatusCode::SERVICE_UNAVAILABLE, text.into())
}

async fn status(State(server): State<Server>) -> Response {
    match server.member.get() {
        Some(member) => {
            let standing = member.leadership.borrow().clone();
            let (status, notes) = (member.status.borrow(), member.notes.borrow());
            Json(Report::new(server.sid, &status, &standing, &notes)).into_response()
        }
        None => no(STARTING).into_response(),
    }
}

/// Whether the process works; a server that starts, or looks for a leader, does.
async fn health(State(server): State<Server>) -> Answer {
    match server.member.get() {
        None => yes(STARTING),
        Some(member) if member.status.has_changed().is_err() => no(STOPPED),
        Some(_) => yes("ok\n"),
    }
}

/// Whether the server has its part in an ensemble with an established leader.
async fn readiness(State(server): State<Server>) -> Answer {
    let Some(member) = server.member.get() else {
        return no(STARTING);
    };
    if member.status.has_changed().is_err() {
        return no(STOPPED);
    }
    let standing = member.leadership.borrow().clone();
    match standing {
        Standing::Following { leader, epoch } => {
            yes(format!("follows {leader} in epoch {epoch}\n"))
        }
        Standing::Observing { leader, epoch } => {
            yes(format!("observes {leader} in epoch {epoch}\n"))
        }
        Standing::Leading { epoch, lease } if lease.is_valid() => {
            yes(format!("leads in epoch {epoch}\n"))
        }
        // Where an oracle stands in for a quorum there is none.
        Standing::Leading { epoch, lease } if lease.expires_at().is_none() => {
            yes(format!("leads in epoch {epoch}, without a lease\n"))
        }
        Standing::Leading { .. } => no("leads, and its lease is over: a quorum is silent\n"),
        Standing::Looking if member.notes.borrow().contains(&Note::PastUnknown) => {
            no(format!("{}\n", Note::PastUnknown))
        }
        Standing::Looking => no(without_a_leader(&member.status.borrow())),
    }
}

fn without_a_leader(status: &Status) -> String {
    let told = &status.announcement;
    match told.state {
        ServerState::Looking => "looks for a leader\n".to_owned(),
        _ => format!(
            "has elected server {}, which is not established\n",
            told.proposal.leader
        ),
    }
}

async fn metrics(State(server): State<Server>) -> String {
    server.metrics.render()
}
