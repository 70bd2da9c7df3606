//! A folder as a mail system: for development, where mails are looked at instead of sent.
//!
//! Guarantees: a mail that was taken is on the disk as `<at>-<hash>.eml`, exactly as it would travel, and as
//! `<at>-<hash>.json` for the development mailbox; the `.json` comes last, so every listed mail is complete.
//! The same mail taken again is two files with one Message-ID. Mails that one process takes get rising times,
//! also when the clock stands still.
//!
//! Does not: send, forget, or limit its size. Not for production.
//!
//! Called by: the core's mail jobs (`Mailer`), development servers ([`OutboxFolder::list`]).

use crate::{folder, letter, sender::Sender, stored::StoredMail};
use async_trait::async_trait;
use marketplace_core::{
    mail::{Mail, MailError, Mailer},
    time::{Clock, Timestamp},
};
use sha2::{Digest, Sha256};
use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// The outbox folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The disk refuses.
    #[error("the outbox folder cannot be used")]
    Folder(#[from] io::Error),
}

/// Keeps mails in a folder.
#[derive(Debug)]
pub struct OutboxFolder {
    folder: PathBuf,
    sender: Sender,
    clock: Arc<dyn Clock>,
    /// The time of the newest mail, in microseconds.
    newest: AtomicI64,
}

impl OutboxFolder {
    /// Opens the folder and makes it if need be. Blocks for as long as that takes.
    pub fn open(
        folder: impl Into<PathBuf>,
        sender: Sender,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OutboxError> {
        let folder = folder.into();
        folder::make(&folder)?;
        Ok(Self { folder, sender, clock, newest: AtomicI64::new(0) })
    }

    /// Every mail, or those to one address, newest first. A file that is no mail of ours is passed over.
    pub async fn list(&self, to: Option<&str>) -> Result<Vec<StoredMail>, OutboxError> {
        let mut mails = Vec::new();
        let mut entries = tokio::fs::read_dir(&self.folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let (path, name) = (entry.path(), entry.file_name());
            let is_hidden = name.as_encoded_bytes().starts_with(b".");
            let is_mail = path.extension().is_some_and(|extension| extension == "json") && !is_hidden;
            if !is_mail {
                continue;
            }
            let bytes = tokio::fs::read(path).await?;
            match serde_json::from_slice::<StoredMail>(&bytes) {
                Ok(mail) => mails.push(mail),
                Err(error) => {
                    tracing::warn!(target: "marketplace::mail", file = ?name, %error, "not a mail, passed over");
                }
            }
        }
        mails.retain(|mail| to.is_none_or(|to| mail.to.as_str().eq_ignore_ascii_case(to.trim())));
        mails.sort_by(|left, right| right.id.cmp(&left.id));
        Ok(mails)
    }

    /// A time that no earlier mail of this process has.
    fn time(&self) -> Timestamp {
        let now = self.clock.now().as_micros().max(0);
        let rising = |newest: i64| Some(now.max(newest.saturating_add(1)));
        let newest = self.newest.fetch_update(Ordering::SeqCst, Ordering::SeqCst, rising);
        let newest = newest.unwrap_or_else(|newest| newest);
        Timestamp::from_micros(now.max(newest.saturating_add(1)))
    }

    /// A time and a name that no mail in the folder has: an earlier process may have had the same clock.
    async fn free_name(&self, message_id: &str) -> io::Result<(Timestamp, String)> {
        loop {
            let at = self.time();
            let id = id(at, message_id);
            if !tokio::fs::try_exists(self.folder.join(format!("{id}.eml"))).await? {
                return Ok((at, id));
            }
        }
    }

    async fn keep(&self, letter: &[u8], stored: &StoredMail) -> io::Result<()> {
        let json = serde_json::to_vec_pretty(stored)?;
        let eml = format!("{}.eml", stored.id);
        folder::write(&self.folder, &eml, letter).await?;
        let kept = folder::write(&self.folder, &format!("{}.json", stored.id), &json).await;
        if kept.is_err() {
            // It was not taken, so it does not stay.
            tokio::fs::remove_file(self.folder.join(eml)).await.ok();
        }
        kept?;
        folder::sync(&self.folder).await
    }
}

#[async_trait]
impl Mailer for OutboxFolder {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let refused = |error: letter::LetterError| MailError::Permanent(error.into());
        let disk = |error: io::Error| MailError::Transient(error.into());
        let message_id = letter::message_id(&mail, &self.sender).map_err(refused)?;
        let (at, id) = self.free_name(&message_id).await.map_err(disk)?;
        let letter = letter::write(&mail, &self.sender, at).map_err(refused)?;
        let Mail { to, content, .. } = mail;
        let (subject, text, html) = (content.subject, content.text, content.html);
        let stored = StoredMail { id, to, subject, text, html, message_id, at };
        self.keep(&letter, &stored).await.map_err(disk)
    }
}

/// `<at>-<hash>`: digits of one length, so that names sort by time. Processes that share a folder and a
/// microsecond differ in the hash.
fn id(at: Timestamp, message_id: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(std::process::id().to_le_bytes());
    hasher.update(message_id);
    let hash = hex::encode(hasher.finalize().first_chunk::<8>().copied().unwrap_or_default());
    format!("{:016}-{hash}", at.as_micros().max(0))
}
