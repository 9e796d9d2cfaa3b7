//! Stand-ins for the world outside, for the demo, tests and drills: real servers, no mocks.

pub mod national;
