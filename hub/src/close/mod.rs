//! Daily close 日清对账: the books of a day, compared with those of the other side, signed by both.
//!
//! Everything belongs to the day on which the record was received, for good: what becomes of it later moves within the
//! books of that day, and a later close of the same day, a supplement, tells the movement.

pub mod entry;
pub mod tree;
pub mod walk;
