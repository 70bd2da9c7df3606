//! Downloads under way.
//!
//! Guarantees: the session and the right behind it are asked at every request, so a right that is taken away ends a download,
//! at the latest when a signed address does; an object of another size than was sold is not sent.
//!
//! Does not: look at an object again whose address was signed.
//!
//! Called by: the download route and hosts.

use super::{Delivery, DeliveryError, DownloadSession, EntitlementState};
use crate::{
    catalog::StoredFile,
    file::{ByteRange, OpenObject, PresignRequest},
    id::Token,
};
use std::time::Duration;

/// How a download is to be answered.
#[derive(Debug)]
pub struct DownloadPlan {
    /// The bytes' version and name.
    pub file: StoredFile,
    /// The session, for its end.
    pub session: DownloadSession,
}

/// Where the bytes of a download come from.
#[derive(Debug)]
pub enum Source {
    /// The client fetches them at this address, for a short time.
    Redirect(String),
    /// The server sends them.
    Bytes(OpenObject),
}

/// How long a presigned address works: the time until a revocation bites.
const PRESIGNED: Duration = Duration::from_mins(1);

impl Delivery {
    /// What a download session is about, if it is alive and its right still stands. Checked at every request.
    pub async fn download(&self, token: &Token) -> Result<DownloadPlan, DeliveryError> {
        let session = self.links.download_session(&token.hash()).await?.ok_or(DeliveryError::Gone)?;
        if self.clock.now() >= session.expires_at {
            return Err(DeliveryError::Gone);
        }
        let right = self.entitlements.entitlement(session.entitlement).await?.ok_or(DeliveryError::Gone)?;
        if right.state == EntitlementState::Revoked {
            return Err(DeliveryError::Gone);
        }
        let file = self.links.file_version(session.version).await?.ok_or(DeliveryError::Gone)?;
        Ok(DownloadPlan { file, session })
    }

    /// The bytes of a planned download, or where the client finds them.
    pub async fn bytes(
        &self,
        plan: &DownloadPlan,
        range: Option<ByteRange>,
    ) -> Result<Source, DeliveryError> {
        let version = &plan.file.version;
        let request = PresignRequest {
            expires_in: PRESIGNED,
            name: plan.file.file.name.clone(),
            content_type: version.content_type.clone(),
        };
        if let Some(url) = self.files.presign(&version.object, request).await? {
            return Ok(Source::Redirect(url));
        }
        match self.files.open(&version.object, range).await? {
            Some(object) if object.size == version.size => Ok(Source::Bytes(object)),
            found => {
                let found = found.map(|object| object.size);
                tracing::error!(file.version = %version.id, expected = version.size, found, "an object is missing or damaged");
                Err(DeliveryError::Broken)
            }
        }
    }
}
