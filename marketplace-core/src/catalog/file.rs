//! Files of a product and their immutable versions.

use crate::{
    file::{ContentType, Digest, FileName, ObjectKey},
    id::{FileId, FileVersionId, ProductId},
    time::Timestamp,
};

/// A file of a product, as buyers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductFile {
    /// Its id.
    pub id: FileId,
    /// Of which product.
    pub product: ProductId,
    /// Its name.
    pub name: FileName,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was taken off sale.
    pub removed_at: Option<Timestamp>,
}

/// The bytes of a file. Never changed, never deleted while a buyer holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVersion {
    /// Its id.
    pub id: FileVersionId,
    /// Of which file.
    pub file: FileId,
    /// Where the file store keeps it.
    pub object: ObjectKey,
    /// How many bytes.
    pub size: u64,
    /// What kind of bytes, as shown to buyers.
    pub content_type: ContentType,
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// Since when.
    pub created_at: Timestamp,
}

/// A file with its newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The file.
    pub file: ProductFile,
    /// Its newest version.
    pub version: FileVersion,
}
