//! Products, files and uploads.

use super::Fixture;
use marketplace_core::{
    Version,
    catalog::{Announced, FileVersion, Product, ProductFile, ProductState, StoredFile, Upload, UploadState},
    file::{ContentType, Digest, FileName, ObjectKey},
    id::{FileId, FileVersionId, Nonce, ProductId, UploadId},
    identity::User,
};
use std::time::Duration;

impl Fixture {
    /// A published product of a creator, for 2,500.00 naira.
    pub fn product(&self, creator: &User) -> Product {
        let created_at = self.tick();
        Product {
            id: ProductId::from_uuid(self.uuid()),
            creator: creator.id,
            slug: self.word("product"),
            title: self.word("Product"),
            description: "A thing made with care.".to_owned(),
            price: self.naira(250_000),
            state: ProductState::Published,
            created_at,
            published_at: Some(created_at),
            version: Version::FIRST,
        }
    }

    /// A file's name made of a new word.
    pub fn file_name(&self) -> FileName {
        format!("{}.pdf", self.word("file")).parse().expect("a plain word is a file name")
    }

    /// An upload for a product, by its creator, that expires after an hour.
    pub fn upload(&self, product: &Product) -> Upload {
        let created_at = self.tick();
        Upload {
            id: UploadId::from_uuid(self.uuid()),
            product: product.id,
            creator: product.creator,
            object: ObjectKey::of(FileVersionId::from_uuid(self.uuid())),
            state: UploadState::Open,
            refusal: None,
            announced: None,
            created_at,
            expires_at: created_at.saturating_add(Duration::from_hours(1)),
        }
    }

    /// An upload that goes to the file store directly: 100 bytes in parts of 40.
    pub fn announced_upload(&self, product: &Product) -> Upload {
        let nonce = *self.token().as_bytes();
        let announced = Announced {
            name: self.file_name(),
            size: 100,
            content_type: Some(ContentType::octet_stream()),
            digest: Some(Digest::from_bytes(*self.token().as_bytes())),
            part_size: 40,
            tag: None,
            nonce: Nonce::from_bytes(nonce.first_chunk().copied().expect("a hash is longer than a nonce")),
            token: self.token(),
        };
        Upload { announced: Some(announced), ..self.upload(product) }
    }

    /// The file that an upload becomes.
    pub fn file(&self, upload: &Upload) -> StoredFile {
        let created_at = self.tick();
        let file = FileId::from_uuid(self.uuid());
        StoredFile {
            file: ProductFile {
                id: file,
                product: upload.product,
                name: self.file_name(),
                created_at,
                removed_at: None,
            },
            version: FileVersion {
                id: upload.object.version(),
                file,
                object: upload.object.clone(),
                size: 12_345,
                content_type: ContentType::octet_stream(),
                digest: Digest::from_bytes(*self.token().as_bytes()),
                created_at,
            },
        }
    }
}
