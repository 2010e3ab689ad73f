//! The election seen from outside: events in, effects out, nothing else.

mod events;
mod gossip;
mod oracle;
mod support;
mod zookeeper;
