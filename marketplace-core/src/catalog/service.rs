//! Making, changing, publishing and listing products.

use super::{CatalogError, Product, ProductFilter, ProductState, Products, StoredFile, Uploads, decide};
use crate::{
    commit::{Committer, Step},
    error::FieldError,
    file::{DirectUpload, FileStore},
    id::{AppSecret, CreatorId, FileId, IdGen, ProductId},
    identity::{Role, User, Users},
    limiter::RateLimiter,
    market::Rules,
    money::Money,
    page::{Listed, Page},
    payment::Collect,
    time::{Clock, Timestamp},
    version::Version,
};
use std::sync::Arc;

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
    /// Takes them in parts, straight from creators; `None`: every file goes through the server.
    pub direct: Option<Arc<dyn DirectUpload>>,
    /// Counts beginnings of uploads.
    pub limiter: Arc<dyn RateLimiter>,
    /// Says which prices it takes.
    pub gateway: Arc<dyn Collect>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdGen>,
    /// Derives the tokens under which the server takes parts.
    pub secret: AppSecret,
    /// What addresses begin with, without a slash at the end.
    pub base_url: String,
    /// Limits.
    pub rules: Arc<Rules>,
}

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
        let is_checking = self.uploads.is_checking(id).await?;
        self.change(creator, id, "publish", |product, files| {
            let price_taken = self.price_obstacle(product.price).is_none();
            let obstacles = decide::obstacles(product, files, price_taken, is_checking);
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

    pub(super) async fn own(&self, creator: &User, id: ProductId) -> Result<Product, CatalogError> {
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
