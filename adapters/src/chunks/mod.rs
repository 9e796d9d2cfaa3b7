//! stub
/// s
pub struct Chunk;
/// s
pub struct Chunks;
