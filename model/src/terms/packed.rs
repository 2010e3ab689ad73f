//! How the state of a server is packed, which is the production crate's, and not of this one to
//! derive anything for.

use borsh::{BorshDeserialize, BorshSerialize};
use fle::ServerState;
use std::io;

const STATES: [ServerState; 4] = [
    ServerState::Looking,
    ServerState::Following,
    ServerState::Leading,
    ServerState::Observing,
];

/// Never zero.
pub(super) fn state_bits(state: ServerState) -> u8 {
    match state {
        ServerState::Looking => 0x10,
        ServerState::Following => 0x20,
        ServerState::Leading => 0x30,
        ServerState::Observing => 0x40,
    }
}

pub(super) fn pack_state<W: io::Write>(state: &ServerState, writer: &mut W) -> io::Result<()> {
    state_bits(*state).serialize(writer)
}

pub(super) fn unpack_state<R: io::Read>(reader: &mut R) -> io::Result<ServerState> {
    let bits = u8::deserialize_reader(reader)?;
    let mut states = STATES.into_iter();
    let state = states.find(|&state| state_bits(state) == bits);
    state.ok_or_else(|| io::Error::other(format!("{bits:#x} stands for no state")))
}
