//! Making, changing, publishing and listing products.

use super::{
    CatalogError, FileVersion, NewFile, Product, ProductFile, ProductFilter, ProductState, Products,
    StoredFile, Upload, Uploads, decide,
};
use crate::{
    commit::{CommitFailure, Committer, Refusal, Step},
    error::FieldError,
    failpoint::failpoint,
    file::{ByteStream, ContentType, FileStore, ObjectKey},
    id::{CreatorId, FileId, FileVersionId, IdGen, ProductId, UploadId},
    identity::{Role, User, Users},
    market::Rules,
    money::Money,
    page::{Listed, Page},
    payment::Collect,
    time::{Clock, Timestamp},
    version::Version,
};
use futures_util::StreamExt;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// A product to be made.
#[derive(Debug, Clone)]
pub struct NewProduct {
    /// 1 to 200 characters on one line.
    pub title: String,
    /// At most 20,000 characters.
    pub description: String,
    /// Zero, or what the gateway takes.
    pub price: Money,
}

/// What to change of a product; `None` leaves as is.
#[derive(Debug, Clone, Default)]
pub struct ProductEdit {
    /// A new title.
    pub title: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// A new price, for orders from now on.
    pub price: Option<Money>,
}

/// A product with what is shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductView {
    /// The product.
    pub product: Product,
    /// Its creator's name.
    pub creator_name: String,
    /// Its files on sale.
    pub files: Vec<StoredFile>,
}

/// What the catalogue needs.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Reads products and files.
    pub products: Arc<dyn Products>,
    /// Keeps uploads under way.
    pub uploads: Arc<dyn Uploads>,
    /// Reads creators.
    pub users: Arc<dyn Users>,
    /// Commits decisions.
    pub committer: Committer,
    /// Keeps bytes.
    pub files: Arc<dyn FileStore>,
    /// Says which prices it takes.
    pub gateway: Arc<dyn Collect>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdGen>,
    /// Limits.
    pub rules: Arc<Rules>,
}

/// How long an upload may take before the sweep deletes what is there.
const UPLOAD_TTL: Duration = Duration::from_hours(24);

impl Catalog {
    /// Makes a draft.
    pub async fn create(&self, creator: &User, new: NewProduct) -> Result<ProductView, CatalogError> {
        require_creator(creator)?;
        let mut wrong = Vec::new();
        let title = check_title(&new.title).map_err(|error| wrong.push(error)).unwrap_or_default();
        let description =
            check_description(&new.description).map_err(|error| wrong.push(error)).unwrap_or_default();
        wrong.extend(self.price_obstacle(new.price));
        if !wrong.is_empty() {
            return Err(CatalogError::Invalid(wrong));
        }
        let at = self.clock.now();
        let id = ProductId::generate(&*self.ids, at);
        let product = Product {
            id,
            creator: creator.id,
            slug: slug_for(&title, id),
            title,
            description,
            price: new.price,
            state: ProductState::Draft,
            created_at: at,
            published_at: None,
            version: Version::FIRST,
        };
        self.committer.send(&decide::create(&product)).await?;
        Ok(ProductView { product, creator_name: creator.display_name.clone(), files: Vec::new() })
    }

    /// Changes a draft or a published product. Orders placed before keep their copy.
    pub async fn edit(
        &self,
        creator: &User,
        id: ProductId,
        edit: ProductEdit,
    ) -> Result<ProductView, CatalogError> {
        let mut wrong = Vec::new();
        let title = edit.title.as_deref().map(check_title).transpose().map_err(|error| wrong.push(error));
        let description =
            edit.description.as_deref().map(check_description).transpose().map_err(|error| wrong.push(error));
        wrong.extend(edit.price.and_then(|price| self.price_obstacle(price)));
        let (Ok(title), Ok(description), true) = (title, description, wrong.is_empty()) else {
            return Err(CatalogError::Invalid(wrong));
        };
        self.change(creator, id, "edit-product", |product, _| {
            if product.state == ProductState::Archived {
                return Err(CatalogError::Archived);
            }
            if let Some(title) = &title {
                product.title.clone_from(title);
            }
            if let Some(description) = &description {
                product.description.clone_from(description);
            }
            if let Some(price) = edit.price {
                product.price = price;
            }
            Ok(())
        })
        .await
    }

    /// Puts a product on sale. A published one stays so.
    pub async fn publish(&self, creator: &User, id: ProductId) -> Result<ProductView, CatalogError> {
        let at = self.clock.now();
        self.change(creator, id, "publish", |product, files| {
            let obstacles = decide::obstacles(product, files, self.price_obstacle(product.price).is_none());
            if !obstacles.is_empty() {
                return Err(CatalogError::NotPublishable(obstacles));
            }
            product.state = ProductState::Published;
            product.published_at.get_or_insert(at);
            Ok(())
        })
        .await
    }

    /// Takes a product off sale. A draft stays one; an archived product stays archived.
    pub async fn unpublish(&self, creator: &User, id: ProductId) -> Result<ProductView, CatalogError> {
        self.change(creator, id, "unpublish", |product, _| match product.state {
            ProductState::Archived => Err(CatalogError::Archived),
            ProductState::Draft | ProductState::Published => {
                product.state = ProductState::Draft;
                Ok(())
            }
        })
        .await
    }

    /// Puts a product away for good. Buyers keep it.
    pub async fn archive(&self, creator: &User, id: ProductId) -> Result<ProductView, CatalogError> {
        self.change(creator, id, "archive", |product, _| {
            product.state = ProductState::Archived;
            Ok(())
        })
        .await
    }

    /// A creator's own products, in every state.
    pub async fn list_own(&self, creator: &User, page: Page) -> Result<Listed<ProductView>, CatalogError> {
        require_creator(creator)?;
        let products = self.products.products_of(creator.id, page.with_lookahead()).await?;
        self.views(Listed::cut(products, page, |product| product.id.uuid())).await
    }

    /// One of a creator's own products.
    pub async fn get_own(&self, creator: &User, id: ProductId) -> Result<ProductView, CatalogError> {
        let product = self.own(creator, id).await?;
        self.view(product).await
    }

    /// What is on sale.
    pub async fn list_published(
        &self,
        filter: &ProductFilter,
        page: Page,
    ) -> Result<Listed<ProductView>, CatalogError> {
        let products = self.products.published_products(filter, page.with_lookahead()).await?;
        self.views(Listed::cut(products, page, |product| product.id.uuid())).await
    }

    /// One product on sale, by id or slug.
    pub async fn get_published(&self, id_or_slug: &str) -> Result<ProductView, CatalogError> {
        let product = match id_or_slug.parse::<ProductId>() {
            Ok(id) => self.products.product(id).await?,
            Err(_) => self.products.product_by_slug(id_or_slug).await?,
        };
        let on_sale = product.filter(|product| product.state == ProductState::Published);
        self.view(on_sale.ok_or(CatalogError::NotFound)?).await
    }

    /// Takes in a file. The bytes are stored and hashed as they come; nothing is kept of an upload that
    /// breaks off, is too large or empty. Not idempotent: the same bytes again are a second file.
    pub async fn upload(
        &self,
        creator: &User,
        id: ProductId,
        new: NewFile,
        body: ByteStream,
    ) -> Result<StoredFile, CatalogError> {
        let product = self.own(creator, id).await?;
        if product.state == ProductState::Archived {
            return Err(CatalogError::Archived);
        }
        let on_sale = self.products.files_of(id, Timestamp::MAX).await?;
        if i64::try_from(on_sale.len()).unwrap_or(i64::MAX) >= self.rules.max_files {
            return Err(CatalogError::TooManyFiles);
        }
        let began = self.clock.now();
        let version_id = FileVersionId::generate(&*self.ids, began);
        let upload = Upload {
            id: UploadId::generate(&*self.ids, began),
            product: id,
            creator: creator.id,
            object: ObjectKey::of(version_id),
            created_at: began,
            expires_at: began.saturating_add(UPLOAD_TTL),
        };
        self.uploads.open_upload(upload.clone()).await?;
        let stored = self.store_bytes(creator, &upload, version_id, new, body).await;
        if stored.is_err() {
            self.discard(&upload).await;
        }
        stored
    }

    async fn store_bytes(
        &self,
        creator: &User,
        upload: &Upload,
        version_id: FileVersionId,
        new: NewFile,
        body: ByteStream,
    ) -> Result<StoredFile, CatalogError> {
        let (body, head) = with_head(body);
        let (meta, digest) = self.files.put(&upload.object, body, self.rules.max_file_bytes).await?;
        if meta.size == 0 {
            return Err(CatalogError::EmptyFile);
        }
        failpoint!("upload.after-put");
        let at = self.clock.now();
        let content_type = sniff(&head.lock().unwrap_or_else(PoisonError::into_inner))
            .or(new.content_type)
            .unwrap_or_else(ContentType::octet_stream);
        let file_id = FileId::generate(&*self.ids, at);
        let file = ProductFile {
            id: file_id,
            product: upload.product,
            name: new.name,
            created_at: at,
            removed_at: None,
        };
        let version = FileVersion {
            id: version_id,
            file: file_id,
            object: upload.object.clone(),
            size: meta.size,
            content_type,
            digest,
            created_at: at,
        };
        // The upload took its time: the product may be another one by now.
        let round = || async {
            let product = self.own(creator, upload.product).await?;
            if product.state == ProductState::Archived {
                return Err(CatalogError::Archived);
            }
            let set =
                decide::add_file(&product, file.clone(), version.clone(), upload.id, self.rules.max_files);
            Ok(Step::Commit(set, ()))
        };
        match self.committer.run(round).await {
            Ok(_) => Ok(StoredFile { file, version }),
            Err(CatalogError::Commit(CommitFailure::Refused(Refusal::LimitReached))) => {
                Err(CatalogError::TooManyFiles)
            }
            Err(error) => Err(error),
        }
    }

    /// Best effort: what is left here, the sweep deletes. Only the one that closes the upload may delete the
    /// object; when the upload is already closed, a file has it.
    async fn discard(&self, upload: &Upload) {
        match self.uploads.close_upload(upload.id).await {
            Ok(true) => {
                if let Err(error) = self.files.delete(&upload.object).await {
                    tracing::warn!(upload.id = %upload.id, error = %error, "an abandoned object was not deleted");
                }
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(upload.id = %upload.id, error = %error, "an upload was not closed"),
        }
    }

    /// Deletes what uploads left behind that never became files. Returns how many.
    pub async fn sweep_uploads(&self, limit: u32) -> Result<usize, CatalogError> {
        let stale = self.uploads.stale_uploads(self.clock.now(), limit).await?;
        for upload in &stale {
            self.discard(upload).await;
        }
        Ok(stale.len())
    }

    /// Takes a file off sale. Buyers keep it.
    pub async fn remove_file(&self, creator: &User, id: ProductId, file: FileId) -> Result<(), CatalogError> {
        let at = self.clock.now();
        let decide = || async {
            let product = self.own(creator, id).await?;
            let files = self.products.files_of(id, Timestamp::MAX).await?;
            if !files.iter().any(|stored| stored.file.id == file) {
                return Err(CatalogError::NotFound);
            }
            if product.state == ProductState::Published && files.len() == 1 {
                return Err(CatalogError::LastFile);
            }
            Ok(Step::Commit(decide::remove_file(&product, file, self.rules.max_files, at), ()))
        };
        self.committer.run(decide).await?;
        Ok(())
    }

    async fn own(&self, creator: &User, id: ProductId) -> Result<Product, CatalogError> {
        require_creator(creator)?;
        let product = self.products.product(id).await?;
        product.filter(|product| product.creator == creator.id).ok_or(CatalogError::NotFound)
    }

    async fn change(
        &self,
        creator: &User,
        id: ProductId,
        name: &'static str,
        edit: impl Fn(&mut Product, &[StoredFile]) -> Result<(), CatalogError> + Send + Sync,
    ) -> Result<ProductView, CatalogError> {
        let at = self.clock.now();
        let decide = || async {
            let old = self.own(creator, id).await?;
            let files = self.products.files_of(id, Timestamp::MAX).await?;
            let mut to = old.clone();
            edit(&mut to, &files)?;
            if to == old {
                return Ok(Step::Done((old, files)));
            }
            let (set, to) = decide::change(name, &old, to, at);
            Ok::<_, CatalogError>(Step::Commit(set, (to, files)))
        };
        let ((product, files), _) = self.committer.run(decide).await?;
        Ok(ProductView { product, creator_name: creator.display_name.clone(), files })
    }

    async fn view(&self, product: Product) -> Result<ProductView, CatalogError> {
        let files = self.products.files_of(product.id, Timestamp::MAX).await?;
        let creator_name = self.creator_name(product.creator).await?;
        Ok(ProductView { product, creator_name, files })
    }

    async fn views(&self, products: Listed<Product>) -> Result<Listed<ProductView>, CatalogError> {
        let mut items = Vec::with_capacity(products.items.len());
        for product in products.items {
            items.push(self.view(product).await?);
        }
        Ok(Listed { items, next: products.next })
    }

    async fn creator_name(&self, id: CreatorId) -> Result<String, CatalogError> {
        Ok(self.users.user(id).await?.map(|user| user.display_name).unwrap_or_default())
    }

    /// Why the gateway would not take this price, if it would not.
    fn price_obstacle(&self, price: Money) -> Option<FieldError> {
        let wrong = |field, code, message: String| Some(FieldError::new(field, code, message));
        if price.is_negative() {
            return wrong("price.amount", "invalid", "a price is not negative".to_owned());
        }
        let Some(rule) = self.gateway.descriptor().rule(price.currency()) else {
            let message = format!("payments in {} are not possible here", price.currency());
            return wrong("price.currency", "currency_not_supported", message);
        };
        if price.is_zero() {
            return None;
        }
        if price.minor() < rule.minimum.minor() {
            let message = format!("the smallest payment is {}", rule.minimum);
            return wrong("price.amount", "amount_below_minimum", message);
        }
        if price.minor() > rule.maximum.minor() {
            let message = format!("the largest payment is {}", rule.maximum);
            return wrong("price.amount", "amount_above_maximum", message);
        }
        None
    }
}

fn require_creator(user: &User) -> Result<(), CatalogError> {
    if user.role == Role::Creator { Ok(()) } else { Err(CatalogError::NotACreator) }
}

fn check_title(text: &str) -> Result<String, FieldError> {
    let title = text.trim();
    let length = title.chars().count();
    if length == 0 || length > 200 || title.chars().any(char::is_control) {
        return Err(FieldError::new("title", "invalid", "a title has 1 to 200 characters on one line"));
    }
    Ok(title.to_owned())
}

fn check_description(text: &str) -> Result<String, FieldError> {
    if text.chars().count() > 20_000 || text.contains('\0') {
        return Err(FieldError::new("description", "invalid", "a description has at most 20,000 characters"));
    }
    Ok(text.to_owned())
}

/// The title in plain letters, made unique by the last digits of the id.
fn slug_for(title: &str, id: ProductId) -> String {
    let words: String = slug::slugify(title).chars().take(60).collect();
    let id = id.to_string();
    let tail = id.get(id.len().saturating_sub(10)..).unwrap_or(&id);
    let words = words.trim_end_matches('-');
    if words.is_empty() { format!("product-{tail}") } else { format!("{words}-{tail}") }
}

/// How many bytes the type of a file is told by.
const HEAD: usize = 8 * 1024;

/// The same stream, whose first bytes can be looked at afterwards.
fn with_head(body: ByteStream) -> (ByteStream, Arc<Mutex<Vec<u8>>>) {
    let head = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&head);
    let body = body.inspect(move |chunk| {
        if let Ok(bytes) = chunk {
            let mut head = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let room = HEAD.saturating_sub(head.len()).min(bytes.len());
            head.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    });
    (Box::pin(body), head)
}

/// The type that the bytes themselves tell.
fn sniff(head: &[u8]) -> Option<ContentType> {
    infer::get(head).and_then(|kind| kind.mime_type().parse().ok())
}
