//! The products, each as its manual tells it, as far as members go. The quotations are from the manuals.
//!
//! People are added where their manual has them invited.

mod account;
mod brand;
mod organization;
mod pages;
mod studio;
mod workspace;
