//! Files that go to the file store directly, in parts.
//!
//! Guarantees: what is announced is checked before anything begins, signed with every part where the file store takes them,
//! compared when the parts are joined, and looked at once more when the object is whole ([`super::check`]); parts may come in
//! any order, twice, and from several places; an upload that broke off goes on where it was, for a day; the same completion
//! again gets the same answer.
//!
//! Does not: see the bytes, except where the file store has no addresses of its own: then the server takes the parts, under
//! a token that opens nothing else.
//!
//! Called by: HTTP and hosts.

use super::{
    Announced, Catalog, CatalogError, Upload, UploadRefusal, UploadState, decide, upload::UPLOAD_TTL,
};
use crate::{
    commit::{Step, Subject},
    failpoint::failpoint,
    file::{
        ByteStream, ContentType, Digest, DirectUpload, FileError, FileName, ObjectKey, PartAddress,
        PartLimits, PartPlan, PartsError, StoredPart, UploadTag,
    },
    id::{FileId, FileVersionId, JobId, Nonce, ProductId, Purpose, Token, UploadId},
    identity::User,
    job::{NewJob, kinds},
    limiter::{Allowance, RateClass},
    time::Timestamp,
};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// A file that is to be sent in parts.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Its name.
    pub name: FileName,
    /// Exactly how many bytes.
    pub size: u64,
    /// Its type, if known.
    pub content_type: Option<ContentType>,
    /// SHA-256 of the bytes, if known.
    pub digest: Option<Digest>,
}

/// A part that has not come yet, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTarget {
    /// Its place and size.
    pub part: PartPlan,
    /// Where it goes, by `PUT`.
    pub address: PartAddress,
}

/// An upload that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunUpload {
    /// Its id.
    pub id: UploadId,
    /// Its parts, and where they go.
    pub parts: Vec<PartTarget>,
    /// Until when they may come.
    pub expires_at: Timestamp,
}

/// Where an upload stands, for its creator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadStatus {
    /// Parts may come.
    Open {
        /// Those that have not come, with fresh addresses.
        missing: Vec<PartTarget>,
        /// Those that are there.
        received: Vec<StoredPart>,
        /// Until when.
        expires_at: Timestamp,
    },
    /// All is there, and being looked at.
    Checking,
    /// It is a file.
    Ready(FileId),
    /// It is no file.
    Refused(UploadRefusal),
}

/// An upload whose parts are all there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedUpload {
    /// The file that it becomes, or is.
    pub file: FileId,
    /// What was announced.
    pub announced: Announced,
    /// `Checking`, or `Ready`.
    pub state: UploadState,
}

/// How often a creator begins an upload.
const BEGIN: RateClass = RateClass { name: "begin-upload", burst: 60, per: Duration::from_mins(1) };
/// A part that is large enough to be worth a request, and small enough to be sent again.
const PART: u64 = 32 << 20;
/// How long the check may take, with all its tries.
const CHECK_TTL: Duration = Duration::from_hours(96);

impl Catalog {
    /// Begins an upload, and says where its parts go. Not idempotent: every call begins another one; those that are not gone on
    /// with are swept after a day.
    pub async fn begin_upload(
        &self,
        creator: &User,
        id: ProductId,
        new: NewUpload,
    ) -> Result<BegunUpload, CatalogError> {
        self.has_room(creator, id).await?;
        let direct = self.direct()?;
        let part_size = self.part_size(new.size, direct.part_limits())?;
        let at = self.clock.now();
        if self.limiter.take(&BEGIN, &creator.id.to_string()).await != Allowance::Granted
            || self.uploads.open_uploads_of(creator.id, at).await? >= u64::from(self.rules.max_open_uploads)
        {
            return Err(CatalogError::TooManyUploads);
        }
        let upload = UploadId::generate(&*self.ids, at);
        let nonce = Nonce::generate(&*self.ids);
        let token = self.secret.derive(Purpose::Upload, upload.uuid(), &nonce);
        let announced = Announced {
            name: new.name,
            size: new.size,
            content_type: new.content_type,
            digest: new.digest,
            part_size,
            tag: None,
            nonce,
            token: token.hash(),
        };
        let mut upload = Upload {
            id: upload,
            product: id,
            creator: creator.id,
            object: ObjectKey::of(FileVersionId::generate(&*self.ids, at)),
            state: UploadState::Open,
            refusal: None,
            announced: Some(announced),
            created_at: at,
            expires_at: at.saturating_add(UPLOAD_TTL),
        };
        self.uploads.open_upload(upload.clone()).await?;
        match self.begin_in_store(&mut upload, direct).await {
            Ok(parts) => Ok(BegunUpload { id: upload.id, parts, expires_at: upload.expires_at }),
            Err(error) => {
                self.discard(&upload).await;
                Err(error)
            }
        }
    }

    async fn begin_in_store(
        &self,
        upload: &mut Upload,
        direct: &Arc<dyn DirectUpload>,
    ) -> Result<Vec<PartTarget>, CatalogError> {
        let tag = direct.begin(&upload.object).await?;
        if let Some(announced) = &mut upload.announced {
            announced.tag = Some(tag.clone());
        }
        if !self.uploads.tag_upload(upload.id, &tag).await? {
            return Err(CatalogError::UploadGone);
        }
        self.targets(upload, direct, &[]).await
    }

    fn direct(&self) -> Result<&Arc<dyn DirectUpload>, CatalogError> {
        self.direct.as_ref().ok_or(CatalogError::NoDirectUpload)
    }

    fn part_size(&self, size: u64, limits: PartLimits) -> Result<u64, CatalogError> {
        if size == 0 {
            return Err(CatalogError::EmptyFile);
        }
        let most = u64::from(limits.most.max(1));
        let part_size = PART.max(limits.smallest).max(size.div_ceil(most)).min(limits.largest.max(1));
        if size > self.rules.max_file_bytes || size.div_ceil(part_size) > most {
            return Err(CatalogError::File(FileError::TooLarge));
        }
        Ok(part_size)
    }

    /// Where an upload stands; while it is open, with fresh addresses for what has not come.
    pub async fn upload_status(&self, creator: &User, id: UploadId) -> Result<UploadStatus, CatalogError> {
        let upload = self.own_upload(creator, id).await?;
        match upload.state {
            UploadState::Checking => Ok(UploadStatus::Checking),
            UploadState::Ready => Ok(UploadStatus::Ready(upload.file())),
            UploadState::Refused => Ok(UploadStatus::Refused(refusal_of(&upload))),
            UploadState::Dropped => Err(CatalogError::UploadGone),
            UploadState::Open => {
                let direct = self.direct()?;
                let (_, tag) = self.under_way(&upload)?;
                let received = direct.parts(&upload.object, tag).await?;
                let missing = self.targets(&upload, direct, &received).await?;
                Ok(UploadStatus::Open { missing, received, expires_at: upload.expires_at })
            }
        }
    }

    /// Where the parts go that have not come.
    async fn targets(
        &self,
        upload: &Upload,
        direct: &Arc<dyn DirectUpload>,
        received: &[StoredPart],
    ) -> Result<Vec<PartTarget>, CatalogError> {
        let (announced, tag) = self.under_way(upload)?;
        let there: BTreeMap<u16, u64> = received.iter().map(|part| (part.number, part.size)).collect();
        let token = self.secret.derive(Purpose::Upload, upload.id.uuid(), &announced.nonce);
        let left = upload.expires_at.since(self.clock.now());
        let mut missing = Vec::new();
        // One of another size is there in vain.
        for part in announced.parts().filter(|part| there.get(&part.number) != Some(&part.size)) {
            let address = direct.address(&upload.object, tag, part, left).await?;
            let address = address.unwrap_or_else(|| PartAddress {
                url: format!("{}/u/{}/{}", self.base_url, token.expose(), part.number),
                headers: Vec::new(),
            });
            missing.push(PartTarget { part, address });
        }
        Ok(missing)
    }

    /// Takes a part of `length` bytes, where the file store has no addresses. In place of an earlier one of its number.
    pub async fn put_part(
        &self,
        token: &Token,
        number: u16,
        length: u64,
        body: ByteStream,
    ) -> Result<StoredPart, CatalogError> {
        let direct = self.direct.as_ref().ok_or(CatalogError::UploadGone)?;
        let upload = self.uploads.upload_by_token(&token.hash()).await?.ok_or(CatalogError::UploadGone)?;
        let (announced, tag) = self.under_way(&upload)?;
        let part = announced.parts().find(|part| part.number == number).ok_or(CatalogError::UploadGone)?;
        if part.size != length {
            return Err(CatalogError::PartsDiffer);
        }
        Ok(direct.put_part(&upload.object, tag, part, body).await?)
    }

    /// Whether there ever was an upload with this token, so that whoever sends a part twice is told from whoever guesses.
    pub async fn knows_upload(&self, token: &Token) -> Result<bool, CatalogError> {
        Ok(self.uploads.upload_by_token(&token.hash()).await?.is_some())
    }

    /// Joins the parts, which are given by their numbers and the tags that the file store answered, and has the object looked
    /// at. The same call again, also later, gets the same answer.
    pub async fn complete_upload(
        &self,
        creator: &User,
        id: UploadId,
        parts: &[(u16, String)],
    ) -> Result<CompletedUpload, CatalogError> {
        let upload = self.own_upload(creator, id).await?;
        if upload.state == UploadState::Open {
            self.join(&upload, parts).await?;
            failpoint!("upload.after-complete");
            self.compare_size(&upload).await?;
        }
        let at = self.clock.now();
        let round = || async {
            let upload = self.own_upload(creator, id).await?;
            match upload.state {
                UploadState::Open => {
                    let times = (at, at.saturating_add(CHECK_TTL));
                    let job = Some(self.check_job(&upload, at));
                    let set = decide::advance_upload(&upload, UploadState::Checking, None, job, times);
                    Ok(Step::Commit(set, Upload { state: UploadState::Checking, ..upload }))
                }
                UploadState::Checking | UploadState::Ready => Ok(Step::Done(upload)),
                UploadState::Refused => Err(CatalogError::UploadRefused(refusal_of(&upload))),
                UploadState::Dropped => Err(CatalogError::UploadGone),
            }
        };
        let upload = match self.committer.run(round).await {
            Ok((upload, _)) => upload,
            Err(error) => {
                if matches!(error, CatalogError::UploadGone | CatalogError::UploadRefused(_)) {
                    // It was given up while the parts were joined: what that brought is nobody's.
                    self.discard(&upload).await;
                }
                return Err(error);
            }
        };
        let (file, state) = (upload.file(), upload.state);
        let announced = upload.announced.ok_or(CatalogError::NotFound)?;
        Ok(CompletedUpload { file, announced, state })
    }

    async fn join(&self, upload: &Upload, parts: &[(u16, String)]) -> Result<(), CatalogError> {
        let direct = self.direct()?;
        let (announced, tag) = self.under_way(upload)?;
        let given: BTreeMap<u16, &String> = parts.iter().map(|(number, etag)| (*number, etag)).collect();
        let plan: Vec<PartPlan> = announced.parts().collect();
        if given.len() != parts.len() || given.len() != plan.len() {
            return Err(CatalogError::PartsDiffer);
        }
        let mut stored = Vec::with_capacity(plan.len());
        for part in plan {
            let etag = given.get(&part.number).ok_or(CatalogError::PartsDiffer)?;
            stored.push(StoredPart { number: part.number, size: part.size, etag: (*etag).clone() });
        }
        match direct.join(&upload.object, tag, &stored).await {
            // Another completion was faster; the row says what became of it.
            Err(PartsError::Gone) => Ok(()),
            joined => Ok(joined?),
        }
    }

    async fn compare_size(&self, upload: &Upload) -> Result<(), CatalogError> {
        let announced = upload.announced.as_ref().ok_or(CatalogError::NotFound)?;
        match self.files.head(&upload.object).await? {
            Some(meta) if meta.size == announced.size => Ok(()),
            Some(_) => {
                self.refuse(upload, UploadRefusal::SizeDiffers).await?;
                Err(CatalogError::UploadRefused(UploadRefusal::SizeDiffers))
            }
            // Given up meanwhile, or still being joined by a call whose answer was lost.
            None => match self.uploads.upload(upload.id).await? {
                Some(Upload { state: UploadState::Open, .. }) => {
                    Err(CatalogError::File(FileError::Unavailable("the parts are not joined yet".into())))
                }
                _ => Ok(()),
            },
        }
    }

    /// Expired and unknown to its creator are told apart from each other, and never from another creator's.
    pub(super) async fn own_upload(&self, creator: &User, id: UploadId) -> Result<Upload, CatalogError> {
        let upload = self.uploads.upload(id).await?;
        let own = upload.filter(|upload| upload.creator == creator.id && upload.announced.is_some());
        own.ok_or(CatalogError::NotFound)
    }

    /// What an open upload waits for; `UploadGone` unless its time lasts.
    fn under_way<'u>(&self, upload: &'u Upload) -> Result<(&'u Announced, &'u UploadTag), CatalogError> {
        let is_open = upload.state == UploadState::Open && self.clock.now() < upload.expires_at;
        let announced = upload.announced.as_ref().filter(|_| is_open);
        // Without a tag its beginning died; there is nothing to go on with.
        let tag = announced.and_then(|announced| announced.tag.as_ref());
        announced.zip(tag).ok_or(CatalogError::UploadGone)
    }

    fn check_job(&self, upload: &Upload, at: Timestamp) -> NewJob {
        NewJob {
            id: JobId::generate(&*self.ids, at),
            kind: kinds::CHECK_UPLOAD.to_owned(),
            payload: json!({ "upload": upload.id }),
            subject: Subject::of(upload.product),
            unique: Some(format!("{}:{}", kinds::CHECK_UPLOAD, upload.id)),
            run_at: at,
            created_at: at,
        }
    }
}

fn refusal_of(upload: &Upload) -> UploadRefusal {
    upload.refusal.unwrap_or(UploadRefusal::NotChecked)
}

impl From<PartsError> for CatalogError {
    fn from(error: PartsError) -> Self {
        match error {
            PartsError::Gone => Self::UploadGone,
            PartsError::Mismatch => Self::PartsDiffer,
            PartsError::File(error) => Self::File(error),
        }
    }
}
