//! Ways in besides HTTP. Each ends in [`crate::pipeline`], with the same promises and limits.

pub mod folder;
