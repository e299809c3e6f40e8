//! The contract of Roster as generated code, and its descriptors.
//!
//! Everything here comes from `proto/roster/v1`; its comments are the manual. No hand-written logic belongs in this
//! crate.

/// The messages, clients and servers of `roster.v1`.
#[expect(
    clippy::all,
    clippy::allow_attributes,
    clippy::pedantic,
    reason = "generated code follows its generator's style; the documentation is the contract's"
)]
pub mod v1 {
    tonic::include_proto!("roster.v1");
}

/// The encoded `FileDescriptorSet` of `roster.v1`, its imports and `google/rpc/error_details.proto`, with comments.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/roster_descriptor.bin"));
