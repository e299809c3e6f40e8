//! What the products' manuals promise, sentence by sentence: each test quotes what it holds.

mod account;
mod account_seats;
mod brand;
mod brand_access;
mod brand_codes;
use crate::support::golden_refusals;
mod organization;
mod scene;
mod scene_apply;
mod scene_ways;
mod studio;
mod workspace;
