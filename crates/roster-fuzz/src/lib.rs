//! What must hold for whatever bytes come.
//!
//! Each function here takes any bytes, hands them to what parses them in the service, and panics where one of its
//! properties does not hold. The fuzzer looks for such bytes (`cargo xtask fuzz`), and a test gives each function all that
//! the fuzzer has kept. An input says by its first bytes which part of its target it is for, so that it stays readable and
//! means the same when something is added.

mod address;
mod page_token;
mod policy;
mod request;
mod service;
mod token;

pub use address::address;
pub use page_token::page_token;
pub use policy::policy;
pub use request::request;
pub use token::token;
