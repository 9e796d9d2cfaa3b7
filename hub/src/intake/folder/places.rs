//! The folders of one source, and the moves between them. Every move is one rename, made durable before the next step.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::settle::Seen;

/// Most files of a folder that one look takes in: what is beyond is seen when these are gone.
const MOST: usize = 10_000;

/// The folders of one source.
#[derive(Debug)]
pub struct Places {
    base: PathBuf,
    inbox: PathBuf,
    work: PathBuf,
    /// Where files with a receipt end.
    pub done: PathBuf,
    /// Where files that cannot be read end.
    pub rejected: PathBuf,
}

/// What went wrong with a path, for people.
pub fn said(path: &Path, error: &io::Error) -> String {
    let todo = match error.kind() {
        io::ErrorKind::PermissionDenied => "请检查目录权限 check its permissions",
        io::ErrorKind::NotFound => "目录或文件不存在，请检查挂载 it is missing: check the mount",
        io::ErrorKind::StorageFull => "磁盘已满，请清理 the disk is full",
        io::ErrorKind::ReadOnlyFilesystem => "文件系统只读 the file system is read-only",
        io::ErrorKind::CrossesDevices => {
            "各目录须在同一文件系统 all folders must be on one file system"
        }
        _ => "请检查 check it",
    };
    format!("{}: {error}; {todo}", path.display())
}

impl Places {
    /// The folders of a source below the base folder.
    pub fn new(base: &Path, source: &str) -> Self {
        let of = |name: &str| base.join(source).join(name);
        Places {
            base: base.to_owned(),
            inbox: of("inbox"),
            work: of("work"),
            done: of("done"),
            rejected: of("rejected"),
        }
    }

    /// Where senders put files.
    pub fn inbox(&self) -> &Path {
        &self.inbox
    }

    /// Makes what is missing; not the base, which may be a mount that is away.
    pub fn ensure(&self) -> Result<(), String> {
        if let Err(error) = std::fs::read_dir(&self.base) {
            return Err(said(&self.base, &error));
        }
        for folder in [&self.inbox, &self.work, &self.done, &self.rejected] {
            std::fs::create_dir_all(folder).map_err(|error| said(folder, &error))?;
        }
        Ok(())
    }

    /// The files that senders have put here. Folders and links are nobody's.
    pub fn list_inbox(&self) -> Result<Vec<Seen>, String> {
        let mut seen = Vec::new();
        for name in list(&self.inbox)? {
            match look(&self.inbox, name) {
                Ok(found) => seen.extend(found),
                // The sender took it back.
                Err((_, error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err((path, error)) => return Err(said(&path, &error)),
            }
        }
        Ok(seen)
    }

    /// Files that were begun; what was left of a report that was not finished is removed.
    pub fn list_work(&self) -> Result<Vec<OsString>, String> {
        let mut names = list(&self.work)?;
        names.retain(|name| {
            let leftover = name.to_string_lossy().starts_with('.');
            if leftover {
                drop(std::fs::remove_file(self.work.join(name)));
            }
            !leftover
        });
        names.sort();
        Ok(names)
    }

    /// Where a file is while it is judged.
    pub fn in_work(&self, name: &OsStr) -> PathBuf {
        self.work.join(name)
    }

    /// Takes a file into work; not when one of the same name is there still, or when the sender took it back.
    pub fn begin(&self, name: &OsStr) -> Result<bool, String> {
        let to = self.work.join(name);
        if to.symlink_metadata().is_ok() {
            return Ok(false);
        }
        match std::fs::rename(self.inbox.join(name), &to) {
            Ok(()) => sync(&self.work).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(said(&to, &error)),
        }
    }

    /// Whether a file in work is still the one that was seen in the inbox.
    pub fn is_as_seen(&self, seen: &Seen) -> Result<bool, String> {
        let now =
            look(&self.work, seen.name.clone()).map_err(|(path, error)| said(&path, &error))?;
        Ok(now.as_ref() == Some(seen))
    }

    /// Gives a file back to the inbox.
    pub fn put_back(&self, name: &OsStr) -> Result<(), String> {
        let to = self.inbox.join(name);
        std::fs::rename(self.work.join(name), &to).map_err(|error| said(&to, &error))
    }

    /// Writes a file whole beside where another will stand.
    pub fn write(&self, folder: &Path, name: &OsStr, bytes: &[u8]) -> Result<(), String> {
        let mut begun = OsString::from(".");
        begun.push(name);
        let begun = self.work.join(begun);
        let written = File::create(&begun).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&begun, folder.join(name))
        });
        written.map_err(|error| said(&folder.join(name), &error))
    }

    /// The last step: a file leaves work, after all that is told about it is on disk.
    pub fn end(&self, name: &OsStr, folder: &Path, new_name: &OsStr) -> Result<(), String> {
        sync(folder)?;
        let to = folder.join(new_name);
        std::fs::rename(self.work.join(name), &to).map_err(|error| said(&to, &error))?;
        sync(folder)?;
        sync(&self.work)
    }
}

fn list(folder: &Path) -> Result<Vec<OsString>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| said(folder, &error))?;
    let names = entries
        .take(MOST)
        .map(|entry| entry.map(|entry| entry.file_name()));
    names
        .collect::<io::Result<_>>()
        .map_err(|error| said(folder, &error))
}

fn look(folder: &Path, name: OsString) -> Result<Option<Seen>, (PathBuf, io::Error)> {
    let path = folder.join(&name);
    let found = path.symlink_metadata().map(|about| {
        about.is_file().then_some(Seen {
            name,
            size: about.len(),
            changed: about.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        })
    });
    found.map_err(|error| (path, error))
}

fn sync(folder: &Path) -> Result<(), String> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| said(folder, &error))
}
