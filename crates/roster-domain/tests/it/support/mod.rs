//! What several of the tests share.

pub(crate) mod golden_codes;
pub(crate) mod golden_links;
pub(crate) mod golden_mail;
pub(crate) mod golden_members;
pub(crate) mod golden_page;
pub(crate) mod golden_people;
pub(crate) mod golden_reach;
pub(crate) mod golden_refusals;
pub(crate) mod golden_scoped;
pub(crate) mod golden_seats;
pub(crate) mod golden_team;
pub(crate) mod golden_ways;
pub(crate) mod joining_rows;
pub(crate) mod rows;
