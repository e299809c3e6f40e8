//! Every name that traces carry, in one place: those of OpenTelemetry's semantic conventions 1.42 where it has one.
//! RPC conventions were renamed not long ago; whoever follows them again changes this file only.
//!
//! No attribute holds an id, an address or anything else of a person or a team.

/// Which RPC system: always [`GRPC`].
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// The value of [`RPC_SYSTEM_NAME`].
pub const GRPC: &str = "grpc";
/// The method's full name, or [`OTHER`].
pub const RPC_METHOD: &str = "rpc.method";
/// Stands for a method that the service does not know, so that nobody can fill a backend with invented names.
pub const OTHER: &str = "_OTHER";
/// The gRPC code as a word, such as `NOT_FOUND`.
pub const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
/// What kind of error ended the operation: the gRPC code where the service is at fault.
pub const ERROR_TYPE: &str = "error.type";
/// The version of the program.
pub const SERVICE_VERSION: &str = "service.version";
/// The id under which logs know the call. This name and the next are our own.
pub const REQUEST_ID: &str = "roster.request_id";
/// How often a mail has been tried, this time included.
pub const MAIL_ATTEMPT: &str = "roster.mail.attempt";
