//! Uploads under way.
//!
//! Guarantees: the row of an upload is written before its first byte, so that a crash leaves nothing in the file store that
//! nobody knows; an upload becomes one file or none; until what it left in the file store is deleted, the sweep finds it.
//!
//! Does not: hold bytes. An upload and the file that it becomes share one UUID, so that whoever has the id of the one can ask
//! for the other.
//!
//! Called by: the catalogue; kept by stores.

use crate::{
    file::{ContentType, Digest, FileName, ObjectKey, PartPlan, UploadTag},
    id::{CreatorId, FileId, Nonce, ProductId, TokenHash, UploadId},
    text::words,
    time::Timestamp,
};
use std::time::Duration;

/// How long an upload may take before it is past its time.
pub(super) const UPLOAD_TTL: Duration = Duration::from_hours(24);

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UploadState {
    /// Bytes may come.
    Open,
    /// All bytes are there; they have not been looked at yet.
    Checking,
    /// The bytes are not what was announced, or nobody can take them.
    Refused,
    /// It is a file.
    Ready,
    /// It was given up.
    Dropped,
}
words!(UploadState {
    Open = "open",
    Checking = "checking",
    Refused = "refused",
    Ready = "ready",
    Dropped = "dropped",
});

/// Why bytes that were there did not become a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UploadRefusal {
    /// There are more or fewer bytes than announced.
    SizeDiffers,
    /// They have another SHA-256 than announced.
    DigestDiffers,
    /// They are of another type than announced.
    TypeDiffers,
    /// The product was archived meanwhile.
    ProductArchived,
    /// The product has as many files as it may.
    TooManyFiles,
    /// The creator stores as much as is allowed.
    StorageFull,
    /// They are not there any more.
    ObjectMissing,
    /// Nobody looked at them in time.
    NotChecked,
}
words!(UploadRefusal {
    SizeDiffers = "size_mismatch",
    DigestDiffers = "sha256_mismatch",
    TypeDiffers = "type_mismatch",
    ProductArchived = "product_archived",
    TooManyFiles = "too_many_files",
    StorageFull = "creator_storage_full",
    ObjectMissing = "object_missing",
    NotChecked = "not_checked",
});

/// What a creator announced of a file whose bytes go to the file store directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// Its name.
    pub name: FileName,
    /// How many bytes.
    pub size: u64,
    /// Its type, if it was said.
    pub content_type: Option<ContentType>,
    /// SHA-256 of the bytes, if it was said.
    pub digest: Option<Digest>,
    /// The size of each part but the last.
    pub part_size: u64,
    /// What the file store calls it, once it has begun there.
    pub tag: Option<UploadTag>,
    /// Part of the derivation of the token under which the server takes parts.
    pub nonce: Nonce,
    /// The hash of that token; unique.
    pub token: TokenHash,
}

impl Announced {
    /// The parts into which it is cut, by number.
    pub fn parts(&self) -> impl Iterator<Item = PartPlan> {
        let size = self.part_size.max(1);
        let total = self.size;
        (1..=u16::MAX).map_while(move |number| {
            let before = u64::from(number).saturating_sub(1).saturating_mul(size);
            let left = total.checked_sub(before).filter(|left| *left > 0)?;
            Some(PartPlan { number, size: left.min(size) })
        })
    }
}

/// An upload. What is not a file by `expires_at` is taken away by the sweep.
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
    /// Where it stands.
    pub state: UploadState,
    /// Why it was refused.
    pub refusal: Option<UploadRefusal>,
    /// What was announced, where the bytes go to the file store directly.
    pub announced: Option<Announced>,
    /// Since when.
    pub created_at: Timestamp,
    /// When the sweep may take it away.
    pub expires_at: Timestamp,
}

impl Upload {
    /// The id of the file that it becomes.
    pub const fn file(&self) -> FileId {
        FileId::from_uuid(self.id.uuid())
    }
}

/// What a creator says of a file that is sent through the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its name.
    pub name: FileName,
    /// Its declared type, if any; the bytes decide.
    pub content_type: Option<ContentType>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn announced(size: u64, part_size: u64) -> Announced {
        Announced {
            name: "a".parse().unwrap(),
            size,
            content_type: None,
            digest: None,
            part_size,
            tag: None,
            nonce: Nonce::from_bytes([0; 16]),
            token: TokenHash::from_bytes([0; 32]),
        }
    }

    proptest! {
        #[test]
        fn parts_are_the_whole_without_gap_or_surplus(size in 1_u64..1 << 40, pieces in 1_u64..2_000) {
            let part_size = size.div_ceil(pieces);
            let parts: Vec<_> = announced(size, part_size).parts().collect();
            prop_assert_eq!(parts.iter().map(|part| part.size).sum::<u64>(), size);
            prop_assert!(parts.iter().zip(1..).all(|(part, number)| part.number == number && part.size > 0));
            prop_assert!(parts.iter().rev().skip(1).all(|part| part.size == part_size));
        }
    }
}
