//! What the rules decide, and what holds for every policy: a module for each.

mod code_texts;
mod decide_access;
mod decide_erasure;
mod decide_golden;
mod decide_invitations;
mod decide_links;
mod decide_makers;
mod decide_order;
mod decide_texts;
mod decide_transfer;
mod manuals;
mod policy_document;
mod policy_errors;
mod policy_lifetimes;
mod policy_presets;
mod refusal_texts;
mod support;
