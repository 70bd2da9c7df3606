//! Products and files on the wire.

use super::MoneyView;
use marketplace_core::{
    catalog::{self, ProductState, StoredFile},
    file::{ContentType, FileName},
    id::{FileId, ProductId, UserId},
    time::Timestamp,
};
use serde::Serialize;

/// A product.
#[derive(Debug, Serialize)]
pub(crate) struct ProductView {
    id: ProductId,
    slug: String,
    title: String,
    description: String,
    price: MoneyView,
    creator: CreatorView,
    files: Vec<FileView>,
    status: ProductState,
    published_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct CreatorView {
    id: UserId,
    display_name: String,
}

impl From<catalog::ProductView> for ProductView {
    fn from(view: catalog::ProductView) -> Self {
        let product = view.product;
        Self {
            id: product.id,
            slug: product.slug,
            title: product.title,
            description: product.description,
            price: product.price.into(),
            creator: CreatorView { id: product.creator, display_name: view.creator_name },
            files: view.files.into_iter().map(FileView::from).collect(),
            status: product.state,
            published_at: product.published_at,
        }
    }
}

/// A file, to those who may buy it.
#[derive(Debug, Serialize)]
pub(crate) struct FileView {
    id: FileId,
    name: FileName,
    size: u64,
    content_type: ContentType,
}

impl From<StoredFile> for FileView {
    fn from(stored: StoredFile) -> Self {
        Self {
            id: stored.file.id,
            name: stored.file.name,
            size: stored.version.size,
            content_type: stored.version.content_type,
        }
    }
}

/// A file, to its creator.
#[derive(Debug, Serialize)]
pub(crate) struct StoredFileView {
    #[serde(flatten)]
    file: FileView,
    sha256: String,
}

impl From<StoredFile> for StoredFileView {
    fn from(stored: StoredFile) -> Self {
        Self { sha256: stored.version.digest.to_string(), file: stored.into() }
    }
}
