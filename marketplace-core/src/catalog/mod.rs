//! What is for sale: products, their files, and the versions of those files.
//!
//! Guarantees: a published product has at least one file and a price that the gateway takes; a file that is
//! taken off sale stays with those who bought it; an upload that never became a file is swept.
//!
//! Called by: creators (through HTTP or a host), the storefront, checkout and delivery.

mod check;
mod content;
mod decide;
mod direct;
mod ending;
mod error;
mod file;
mod intake;
mod port;
mod product;
mod service;
mod streamed;
mod upload;

pub use direct::{BegunUpload, CompletedUpload, NewUpload, PartTarget, UploadStatus};
pub use error::{CatalogError, NotPublishable};
pub use file::{FileVersion, ProductFile, StoredFile};
#[cfg(any(test, feature = "mock"))]
pub use port::{MockProducts, MockUploads};
pub use port::{ProductFilter, Products, Uploads};
pub use product::{Product, ProductState};
pub use service::{Catalog, NewProduct, ProductEdit, ProductView};
pub use upload::{Announced, NewFile, Upload, UploadRefusal, UploadState};
