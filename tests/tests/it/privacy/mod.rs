//! What is held about a person is shown, and erased.

mod blocked;
mod callers;
mod erase;
mod export;
mod fields;
mod nothing_left;
mod replays;
mod served;
