//! Why the records of a day could not be gone through: the store, or the working file beside it.

use std::io;

use crate::store::StoreError;

/// The records of a day could not be gone through.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store failed.
    #[error("数据库出错 / the store failed")]
    Store(#[from] StoreError),
    /// The working file failed: most likely its disk is full.
    #[error(
        "对账的临时文件无法读写，请检查数据目录的磁盘空间 / the working file of the close cannot be written or read: is there room on the disk of the data folder?"
    )]
    Room(#[from] io::Error),
}
