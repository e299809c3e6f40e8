//! Lists: what is in them, in which order, page by page, while things change.

mod filters;
mod members;
mod pages;
mod teams;
