//! The HTTP endpoints of a server: `/status`, `/healthz`, `/metrics`.

use crate::report::Report;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use fle::Sid;
use fle::member::Standing;
use fle::node::Status;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the endpoints tell of.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) sid: Sid,
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) leadership: watch::Receiver<Standing>,
    pub(crate) metrics: PrometheusHandle,
}

/// Serves until dropped.
pub(crate) async fn serve(listener: TcpListener, server: Server) -> std::io::Result<()> {
    let router = Router::new()
        .route("/status", get(status))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .with_state(server);
    axum::serve(listener, router).await
}

async fn status(State(server): State<Server>) -> Json<Report> {
    let standing = server.leadership.borrow().clone();
    Json(Report::new(server.sid, &server.status.borrow(), &standing))
}

/// Whether the node runs; one that looks for a leader is healthy.
async fn health(State(server): State<Server>) -> (StatusCode, &'static str) {
    if server.status.has_changed().is_ok() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the node has stopped\n")
    }
}

async fn metrics(State(server): State<Server>) -> String {
    server.metrics.render()
}
