//! What is published, made from the same data that judges.
