//! Products and files on the wire.

use super::MoneyView;
use crate::openapi::wire;
use marketplace_core::{
    catalog::{self, ProductState, StoredFile},
    file::{ContentType, FileName},
    id::{FileId, ProductId, UserId},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Product)]
pub(crate) struct ProductView {
    #[schema(value_type = wire::ProductId)]
    id: ProductId,
    #[schema(examples("the-book-a1b2c3d4e5"))]
    slug: String,
    #[schema(examples("The book"))]
    title: String,
    #[schema(examples("Two hundred pages."))]
    description: String,
    price: MoneyView,
    creator: CreatorView,
    files: Vec<FileView>,
    #[schema(value_type = wire::ProductStatus)]
    status: ProductState,
    #[schema(value_type = Option<wire::Timestamp>, required)]
    published_at: Option<Timestamp>,
}

/// Who sells it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Creator)]
struct CreatorView {
    #[schema(value_type = wire::UserId)]
    id: UserId,
    #[schema(examples("Ada"))]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = File)]
pub(crate) struct FileView {
    #[schema(value_type = wire::FileId)]
    id: FileId,
    #[schema(value_type = wire::FileName)]
    name: FileName,
    #[schema(examples(104_857))]
    size: u64,
    #[schema(value_type = wire::ContentType)]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredFile)]
pub(crate) struct StoredFileView {
    #[serde(flatten)]
    file: FileView,
    #[schema(value_type = wire::Sha256)]
    sha256: String,
}

impl From<StoredFile> for StoredFileView {
    fn from(stored: StoredFile) -> Self {
        Self { sha256: stored.version.digest.to_string(), file: stored.into() }
    }
}
