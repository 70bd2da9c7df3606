//! Uploads under way.

use crate::{
    file::{ContentType, FileName, ObjectKey},
    id::{CreatorId, ProductId, UploadId},
    time::Timestamp,
};

/// An upload that has begun. The row is written before the first byte, so that a crash leaves no object
/// that nobody knows: what is not a file by `expires_at` is deleted by the sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// For which product.
    pub product: ProductId,
    /// By whom.
    pub creator: CreatorId,
    /// Where the bytes go.
    pub object: ObjectKey,
    /// Since when.
    pub created_at: Timestamp,
    /// When the sweep may delete it.
    pub expires_at: Timestamp,
}

/// What a creator says of a file that is to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its name.
    pub name: FileName,
    /// Its declared type, if any; the bytes decide.
    pub content_type: Option<ContentType>,
}
