//! Taking a file into a product, whichever way its bytes came.
//!
//! Guarantees: an archived or full product takes none, and neither does a creator who stores as much as is allowed; what is
//! asked before the first byte is asked again when the file is made.
//!
//! Does not: read or delete bytes: an upload that becomes no file is ended by [`super::ending`].
//!
//! Called by: uploads through the server ([`super::streamed`]), in parts ([`super::direct`]), and their check.

use super::{Catalog, CatalogError, FileVersion, ProductFile, ProductState, StoredFile, Upload, decide};
use crate::{
    commit::{CommitFailure, Refusal, Step},
    file::FileName,
    id::ProductId,
    identity::User,
    time::Timestamp,
};

impl Catalog {
    /// Refuses what could not become a file of the product, before any byte comes.
    pub(super) async fn has_room(&self, creator: &User, id: ProductId) -> Result<(), CatalogError> {
        let product = self.own(creator, id).await?;
        if product.state == ProductState::Archived {
            return Err(CatalogError::Archived);
        }
        if self.is_full(id).await? { Err(CatalogError::TooManyFiles) } else { Ok(()) }
    }

    async fn is_full(&self, product: ProductId) -> Result<bool, CatalogError> {
        let on_sale = self.products.files_of(product, Timestamp::MAX).await?;
        Ok(i64::try_from(on_sale.len()).unwrap_or(i64::MAX) >= self.rules.max_files)
    }

    /// Makes a file of an upload whose bytes are there. The product may be another one than when it began.
    pub(super) async fn add_file(
        &self,
        upload: &Upload,
        name: FileName,
        version: FileVersion,
    ) -> Result<StoredFile, CatalogError> {
        let file = ProductFile {
            id: upload.file(),
            product: upload.product,
            name,
            created_at: version.created_at,
            removed_at: None,
        };
        let round = || async {
            let product = self.products.product(upload.product).await?.ok_or(CatalogError::NotFound)?;
            if product.state == ProductState::Archived {
                return Err(CatalogError::Archived);
            }
            Ok(Step::Commit(
                decide::add_file(&product, file.clone(), version.clone(), upload.id, &self.rules),
                (),
            ))
        };
        match self.committer.run(round).await {
            Ok(_) => Ok(StoredFile { file, version }),
            // Two counters have a cap.
            Err(CatalogError::Commit(CommitFailure::Refused(Refusal::LimitReached))) => {
                let is_full = self.is_full(upload.product).await?;
                Err(if is_full { CatalogError::TooManyFiles } else { CatalogError::StorageFull })
            }
            Err(error) => Err(error),
        }
    }
}
