//! What every way in ends in: decode → normalize → judge → commit → receipt.

pub mod writer;
