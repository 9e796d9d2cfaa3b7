//! Uploads that can be resumed: bytes on disk before their offset is answered, so that neither a cut connection nor a
//! killed hub loses what was answered.
//!
//! Each upload is two files in the folder of its source: `ID.bytes`, and `ID.json`, which says how many of the bytes
//! count and what became of them. Bytes beyond that offset were never answered for, and are cut off. A whole upload is
//! judged by [`judging`], and its files are kept until it expires, so that its receipt can be asked for.

mod about;
mod append;
pub mod judging;

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use about::{About, Stage};
pub use append::{Appended, append};

use crate::config;
use crate::error::{Error, ErrorCode};
use crate::keys::{FileKey, Masters};
use crate::pipeline::Instant;
use crate::pipeline::large::Document;

/// The uploads of all sources.
#[derive(Debug, Clone)]
pub struct Uploads {
    folder: PathBuf,
    bounds: config::Uploads,
    masters: Arc<Masters>,
    /// Uploads that are being written to.
    busy: Arc<Mutex<HashSet<String>>>,
    /// Wakes the judge.
    pub whole: Arc<tokio::sync::Notify>,
}

/// An upload that nobody else may write to meanwhile.
#[derive(Debug)]
pub struct Held {
    busy: Arc<Mutex<HashSet<String>>>,
    id: String,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.remove(&self.id);
    }
}

/// What could not be read or written.
fn disk(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |error| Error::NotKept(format!("{}: {error}", path.display()))
}

impl Uploads {
    /// Opens the folder of uploads inside the data folder.
    pub fn open(data: &Path, bounds: &config::Uploads, masters: Arc<Masters>) -> io::Result<Self> {
        let folder = data.join("uploads");
        std::fs::create_dir_all(&folder)?;
        Ok(Uploads {
            folder,
            bounds: bounds.clone(),
            masters,
            busy: Arc::default(),
            whole: Arc::default(),
        })
    }

    /// Begins an upload of so many bytes; `about` is what its sender says of it.
    pub fn begin(&self, about: About) -> Result<About, Error> {
        let folder = self.folder.join(&about.source);
        std::fs::create_dir_all(&folder).map_err(disk(&folder))?;
        let now = Instant::now();
        let all = self.all_of(&about.source)?;
        let open: Vec<&About> = all
            .iter()
            .filter(|one| one.stage == Stage::Receiving && one.expires_at > now.millis)
            .collect();
        let reserved = open
            .iter()
            .fold(about.length, |sum, one| sum.saturating_add(one.length));
        if open.len() >= self.bounds.per_source || reserved > self.bounds.source_bytes {
            let (most, bytes) = (self.bounds.per_source, self.bounds.source_bytes);
            return Err(Error::request(
                ErrorCode::Busy,
                (
                    format!("未完成的上传已达上限（{most} 个，共 {bytes} 字节），请先完成或删除"),
                    format!(
                        "as many uploads are open as may be ({most}, {bytes} bytes in all); end or delete some"
                    ),
                ),
            ));
        }
        let key = FileKey::draw().and_then(|key| key.wrapped(&self.masters));
        let key = key.map_err(|error| Error::NotKept(error.to_string()))?;
        let about = About {
            key: Some(key),
            id: uuid::Uuid::now_v7().simple().to_string(),
            offset: 0,
            stage: Stage::Receiving,
            begun_at: now.millis,
            expires_at: self.expiry(now),
            ..about
        };
        let bytes = self.bytes(&about);
        File::create_new(&bytes)
            .and_then(|file| file.sync_all())
            .map_err(disk(&bytes))?;
        self.keep(&about)?;
        Ok(about)
    }

    /// When what is touched now expires.
    pub fn expiry(&self, now: Instant) -> i64 {
        let hours = i64::from(self.bounds.keep_hours);
        now.millis.saturating_add(hours * 3_600_000)
    }

    /// An upload of a source; another's is as absent as what is not there, and so is what has expired.
    pub fn find(&self, source: &str, id: &str) -> Result<About, Error> {
        let missing = || {
            Error::request(
                ErrorCode::NotFound,
                (
                    format!("未找到上传“{id}”，可能已过期或已删除，请重新创建"),
                    format!("there is no upload `{id}`; it may have expired: begin a new one"),
                ),
            )
        };
        let is_one = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_one {
            return Err(missing());
        }
        let path = self.folder.join(source).join(format!("{id}.json"));
        let about = about::read(&path).map_err(disk(&path))?;
        about
            .filter(|about| about.expires_at > Instant::now().millis)
            .ok_or_else(missing)
    }

    /// Takes an upload for one writer.
    pub fn hold(&self, id: &str) -> Result<Held, Error> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if busy.insert(id.to_owned()) {
            return Ok(Held {
                busy: Arc::clone(&self.busy),
                id: id.to_owned(),
            });
        }
        Err(Error::request(
            ErrorCode::Locked,
            (
                "该上传正在被另一个请求写入，请稍后用 HEAD 查询进度再续传",
                "another request writes to this upload; ask for its offset with HEAD a little later",
            ),
        ))
    }

    /// Ends an upload before its time, by its sender.
    pub fn terminate(&self, about: &About, _held: &Held) -> Result<(), Error> {
        if about.stage == Stage::Whole {
            return Err(Error::request(
                ErrorCode::Locked,
                (
                    "上传已完成，正在校验，不能删除",
                    "the upload is whole and being judged: it cannot be deleted now",
                ),
            ));
        }
        self.remove(about)
    }

    /// Removes the files of an upload, what is said about it last.
    fn remove(&self, about: &About) -> Result<(), Error> {
        for path in [self.bytes(about), self.about(about)] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(disk(&path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes down what holds for an upload; durable when this returns.
    pub fn keep(&self, about: &About) -> Result<(), Error> {
        let path = self.about(about);
        about::write(&path, about).map_err(disk(&path))
    }

    fn bytes(&self, about: &About) -> PathBuf {
        self.folder
            .join(&about.source)
            .join(format!("{}.bytes", about.id))
    }

    fn about(&self, about: &About) -> PathBuf {
        self.folder
            .join(&about.source)
            .join(format!("{}.json", about.id))
    }

    /// The bytes of an upload that is whole.
    fn document(&self, about: &About) -> io::Result<Document> {
        let path = self.bytes(about);
        match &about.key {
            Some(key) => {
                let key = FileKey::open(key).map_err(io::Error::other)?;
                Document::sealed(&path, key, about.length)
            }
            None => Document::of(&path),
        }
    }

    /// Wraps the keys of all uploads by the newest master key; how many that was. No hub may be serving.
    pub fn renew(&self) -> Result<u64, Error> {
        let mut count = 0;
        for mut about in self.all()? {
            let Some(key) = &about.key else { continue };
            let renewed = FileKey::renewed(&self.masters, key);
            let renewed = renewed.map_err(|error| Error::Internal(error.to_string()))?;
            if renewed.is_some() {
                about.key = renewed;
                self.keep(&about)?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Every upload of every source.
    fn all(&self) -> Result<Vec<About>, Error> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(disk(&self.folder))? {
            let entry = entry.map_err(disk(&self.folder))?;
            if let Some(source) = entry.file_name().to_str() {
                all.extend(self.all_of(source)?);
            }
        }
        Ok(all)
    }

    fn all_of(&self, source: &str) -> Result<Vec<About>, Error> {
        let folder = self.folder.join(source);
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(disk(&folder))? {
            let path = entry.map_err(disk(&folder))?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                all.extend(about::read(&path).map_err(disk(&path))?);
            }
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(all)
    }
}
