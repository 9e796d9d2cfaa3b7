//! What can go wrong in the log: one closed list.
//!
//! A variant carries the place and the facts; what a caller shows is the caller's business.

use std::io;
use std::path::PathBuf;

/// Why the log, a note, or a proof was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("文件读写失败 / cannot {action} {}", path.display())]
    Io {
        /// What was being done: `read`, `write`, `rename`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
    /// A text or a tile is not of its form.
    #[error("{what} 格式有误 / malformed {what}: {why}")]
    Malformed {
        /// Kind of text: `note`, `checkpoint`, `proof`, …
        what: &'static str,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// A key name is empty, or holds a space, a plus or a control character.
    #[error("{name:?} cannot name a key")]
    KeyName {
        /// The refused name.
        name: String,
    },
    /// No signature of the note is of a known key.
    #[error("没有所给公钥的签名：公钥不对，或不是该日志所签 / no signature of a known key")]
    Unsigned,
    /// A signature claims a known key and does not verify.
    #[error("{name} 的签名无效 / the signature of {name} does not verify")]
    BadSignature {
        /// Name of the key.
        name: String,
    },
    /// Too few witnesses cosigned.
    #[error(
        "见证不足：要求 {known} 个见证方中的 {needed} 个，有效签名 {found} 个{}{names} / too few witnesses: {found} of \
         {known} cosigned, {needed} are needed",
        if names.is_empty() { "" } else { "：" }
    )]
    TooFewWitnesses {
        /// How many cosigned.
        found: usize,
        /// Who they are.
        names: String,
        /// How many must have.
        needed: usize,
        /// How many there are.
        known: usize,
    },
    /// A key that must sign is not at hand.
    #[error("缺少 {key} 的私钥 / the private key of {key} is not at hand")]
    KeyMissing {
        /// The key.
        key: String,
    },
    /// The checkpoint belongs to another log.
    #[error("检查点属于另一日志 / checkpoint of {found:?}, expected {expected:?}")]
    Origin {
        /// Origin in the checkpoint.
        found: String,
        /// Origin of this log.
        expected: String,
    },
    /// An index or a size lies outside the tree.
    #[error("位置 {index} 超出共 {size} 条的日志 / {index} is outside a tree of size {size}")]
    OutOfRange {
        /// What was asked for.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// The inclusion proof does not lead from the leaf to the root.
    #[error("该条目不在日志中 / the leaf is not included in the tree")]
    NotIncluded,
    /// The consistency proof does not lead from the old root to the new one.
    #[error("两个检查点不一致：日志并非只增不改 / the trees are not consistent")]
    NotConsistent,
    /// An entry is longer than its 16-bit length prefix can say.
    #[error("条目为 {length} 字节，至多 65535 / entry of {length} bytes, at most 65535 fit")]
    EntryTooLong {
        /// Length of the entry.
        length: usize,
    },
    /// A tile is not in the folder.
    #[error("缺少 {path} / {path} is missing")]
    Missing {
        /// Path in the folder.
        path: String,
    },
    /// A file of the log does not agree with the rest of it.
    #[error("{place}: {what}")]
    Wrong {
        /// Path in the folder, with the entry or hash if known.
        place: String,
        /// What disagrees.
        what: String,
    },
    /// There are tiles and no checkpoint: the log was damaged, not new.
    #[error("目录中有日志分片而没有检查点 / tiles without a checkpoint in {}", path.display())]
    CheckpointMissing {
        /// Folder of the log.
        path: PathBuf,
    },
    /// The published checkpoint is not the one this log published last.
    #[error("已公布的检查点被他人改动 / the published checkpoint was changed by somebody else")]
    CheckpointChanged,
    /// The leaves do not start where the log ends.
    #[error(
        "条目自 {first} 起，而日志止于 {size} / leaves start at {first}, the log ends at {size}"
    )]
    NotNext {
        /// Index of the first leaf handed in.
        first: u64,
        /// Size of the log.
        size: u64,
    },
    /// Another process writes this log.
    #[error("该目录正被另一程序使用 / {} is in use by another process", path.display())]
    Locked {
        /// Folder of the log.
        path: PathBuf,
    },
}

impl Error {
    /// Makes the converter of an IO error at one place.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
