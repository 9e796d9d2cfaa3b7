//! Stand-ins for the world outside, for the demo, tests and drills: real servers, no mocks.

mod cut;
pub mod hub;
pub mod national;
