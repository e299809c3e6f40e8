//! Invitations by mail, over a mail server that is not ours: what arrives, what does not, and what can be seen of it.

mod arrives;
mod fails;
mod once;
mod steps;
mod words;
