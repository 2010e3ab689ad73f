//! How it is written to a file what the derived packing would write at greater length, or not at
//! all.

use borsh::{BorshDeserialize, BorshSerialize};
use fle::ServerState;
use std::io;

const STATES: [ServerState; 4] = [
    ServerState::Looking,
    ServerState::Following,
    ServerState::Leading,
    ServerState::Observing,
];

/// The place of a server, or another small number, in a byte.
pub(crate) fn pack_place<W: io::Write>(place: &usize, writer: &mut W) -> io::Result<()> {
    let byte = u8::try_from(*place).map_err(io::Error::other)?;
    byte.serialize(writer)
}

pub(crate) fn unpack_place<R: io::Read>(reader: &mut R) -> io::Result<usize> {
    u8::deserialize_reader(reader).map(usize::from)
}

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
