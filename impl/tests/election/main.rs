//! The election seen from outside: events in, effects out, nothing else.

mod designated;
mod eager;
mod events;
mod gossip;
mod oracle;
mod support;
mod zookeeper;
