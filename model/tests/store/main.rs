//! A search in a store beside the same in memory, killed, and given what is no store of its own.

mod counts;
mod killed;
mod packed;
mod refused;
mod support;
