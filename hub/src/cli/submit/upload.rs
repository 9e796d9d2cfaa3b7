//! Sends a large file in pieces (tus 1.0.0), each with its checksum; goes on where a connection, the hub or this program
//! itself was cut off.
//!
//! What was begun is remembered beside the receipts, and forgotten when the receipt is there.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::{Answer, Client, again, encode, read, refusal, tell, told, wait};
use crate::cli::said;
use crate::keys::Digest;
use crate::pipeline::receipt::Receipt;

/// Bytes of a piece.
const PIECE: u64 = 8 << 20;
/// Longest pause between two questions about whether an upload is judged.
const PAUSE: Duration = Duration::from_secs(2);

/// What was begun, and of which file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Memo {
    hub: String,
    length: u64,
    changed: u64,
    upload: String,
}

impl Client {
    /// Sends a file until the hub has receipted it, or says that it never will. `memo`: where to remember how far.
    pub fn upload(
        &self,
        name: &str,
        dataset: Option<&str>,
        file: &Path,
        memo: &Path,
    ) -> anyhow::Result<Receipt> {
        let mut from = File::open(file).with_context(|| file.display().to_string())?;
        let about = from.metadata()?;
        let changed = about.modified()?.duration_since(UNIX_EPOCH)?;
        let mut sent = Memo {
            hub: self.url.clone(),
            length: about.len(),
            changed: u64::try_from(changed.as_nanos()).unwrap_or(u64::MAX),
            upload: String::new(),
        };
        let before = std::fs::read(memo).ok();
        let before: Option<Memo> = before.and_then(|text| serde_json::from_slice(&text).ok());
        if let Some(before) = before.filter(|before| before.is_of(&sent)) {
            sent.upload = before.upload;
        }
        let mut attempt = 0;
        loop {
            let answer = if sent.upload.is_empty() {
                self.begin(name, dataset, sent.length)
            } else {
                self.go_on(&sent, &mut from, &mut attempt)
            };
            match answer {
                Ok(answer) if answer.status == 201 => {
                    let place = answer.headers.get("location");
                    let place = place.and_then(|place| place.to_str().ok());
                    sent.upload = place.context("no Location")?.to_owned();
                    std::fs::write(memo, serde_json::to_vec(&sent)?)?;
                    continue;
                }
                Ok(answer) if answer.status == 204 => {
                    let receipt = self.outcome(&sent.upload);
                    // Whatever became of it, there is nothing to go on with.
                    drop(std::fs::remove_file(memo));
                    return receipt;
                }
                // It went away: from the beginning.
                Ok(answer) if answer.status == 404 && !sent.upload.is_empty() => {
                    sent.upload.clear();
                    tell(attempt, &told(&answer));
                }
                // It stands elsewhere, is held, or a piece was damaged: ask where it stands.
                Ok(answer) if matches!(answer.status, 409 | 423 | 460) || again(answer.status) => {
                    anyhow::ensure!(attempt + 1 < self.patience.attempts, refusal(&answer));
                    tell(attempt, &told(&answer));
                    std::thread::sleep(wait(attempt, answer.retry_after));
                }
                Ok(answer) => return Err(refusal(&answer)),
                Err(error) => {
                    anyhow::ensure!(
                        attempt + 1 < self.patience.attempts,
                        said(
                            format!("无法连接数据枢纽（{error}）；再次运行将从断点续传"),
                            format!("the hub cannot be reached: {error}; run again to go on"),
                        )
                    );
                    tell(attempt, &error.to_string());
                    std::thread::sleep(wait(attempt, None));
                }
            }
            attempt += 1;
        }
    }

    fn begin(&self, name: &str, dataset: Option<&str>, length: u64) -> Result<Answer, ureq::Error> {
        let mut metadata = format!("filename {}", BASE64_STANDARD.encode(name));
        if let Some(dataset) = dataset {
            metadata.push_str(",dataset ");
            metadata.push_str(&BASE64_STANDARD.encode(dataset));
        }
        read(
            self.agent
                .post(format!("{}/v1/uploads", self.url))
                .header("authorization", format!("Bearer {}", self.key))
                .header("tus-resumable", "1.0.0")
                .header("upload-length", length.to_string())
                .header("upload-metadata", metadata)
                .send_empty(),
        )
    }

    /// Sends pieces from where the upload stands, to its end or to the first answer that is not good.
    fn go_on(
        &self,
        sent: &Memo,
        from: &mut File,
        attempt: &mut u32,
    ) -> Result<Answer, ureq::Error> {
        let address = format!("{}{}", self.url, sent.upload);
        let head = read(
            self.agent
                .head(&address)
                .header("authorization", format!("Bearer {}", self.key))
                .header("tus-resumable", "1.0.0")
                .call(),
        )?;
        if head.status != 200 {
            return Ok(head);
        }
        let mut last = Answer {
            status: 204,
            ..head
        };
        while let Some(offset) = last.number("upload-offset")
            && last.status == 204
            && offset < sent.length
        {
            let mut piece = Vec::new();
            from.seek(SeekFrom::Start(offset))?;
            from.take(PIECE.min(sent.length - offset))
                .read_to_end(&mut piece)?;
            let mut digest = Digest::sha256();
            digest.update(&piece);
            let digest = BASE64_STANDARD.encode(digest.finish());
            last = read(
                self.agent
                    .patch(&address)
                    .header("authorization", format!("Bearer {}", self.key))
                    .header("tus-resumable", "1.0.0")
                    .header("content-type", "application/offset+octet-stream")
                    .header("upload-offset", offset.to_string())
                    .header("upload-checksum", format!("sha256 {digest}"))
                    .send(piece.as_slice()),
            )?;
            if last.status == 204 {
                *attempt = 0;
            }
        }
        Ok(last)
    }

    /// Waits until a whole upload is judged, and fetches its receipt.
    fn outcome(&self, upload: &str) -> anyhow::Result<Receipt> {
        let mut attempt = 0;
        loop {
            let answer = self.get(&format!("{}{upload}", self.url));
            match &answer {
                Ok(answer) if answer.status == 200 => {
                    let stands: Value = serde_json::from_slice(&answer.body)?;
                    let word = |name: &str| stands.get(name).and_then(Value::as_str);
                    match word("state") {
                        Some("receipted") => {
                            let id = word("receipt").unwrap_or_default();
                            let answer = self.persist(|| {
                                self.get(&format!("{}/v1/receipts/{}", self.url, encode(id)))
                            })?;
                            return serde_json::from_slice(&answer.body)
                                .context(said("返回内容不是回执", "the answer is not a receipt"));
                        }
                        Some("refused") => anyhow::bail!(
                            "{} {} / {}",
                            word("code").unwrap_or_default(),
                            word("detail").unwrap_or_default(),
                            word("detail_en").unwrap_or_default()
                        ),
                        // It is being judged, which takes as long as it takes.
                        _ => attempt = 0,
                    }
                }
                Ok(answer) if !again(answer.status) => return Err(refusal(answer)),
                _ => {}
            }
            attempt += 1;
            anyhow::ensure!(
                attempt < self.patience.attempts.max(2),
                said(
                    "上传已完成，但未能取得回执；再次运行将取得同一回执",
                    "the upload is whole, but its receipt could not be fetched; run again to get it",
                )
            );
            std::thread::sleep(wait(attempt, None).min(PAUSE));
        }
    }
}

impl Memo {
    fn is_of(&self, other: &Memo) -> bool {
        (&self.hub, self.length, self.changed) == (&other.hub, other.length, other.changed)
    }
}
