//! What the tests and the demonstration are fed with. Never part of the product.

pub mod generate;
pub mod rules;
