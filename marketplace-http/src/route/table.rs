//! The table of routes.

use crate::{query::Accepts, request::Method};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody; a sign-in is not even looked at, so that a dead one never locks a person out of signing in.
    Open,
    /// Everybody; a sign-in that is sent must be alive.
    Public,
    /// Users, and the holder of an order's token for that order alone.
    OrderOrSignedIn,
    /// Users of any role.
    SignedIn,
    /// Users of the role `creator`.
    Creator,
    /// Users of the role `admin`.
    Admin,
}

/// How calls of a route are counted per client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitClass {
    /// Not at all, or by the handler, which knows the token.
    Uncounted,
    /// With all other calls of the API.
    Api,
    /// As an attempt to sign in: per client, and by the handler per account, too.
    SignIn,
}

/// What a route reads of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyRule {
    /// Nothing; it may be there.
    Ignored,
    /// Nothing, or `{}`.
    Empty,
    /// JSON of at most so many bytes.
    Json(usize),
    /// Any bytes, at most so many.
    Raw(usize),
    /// A form with a file, streamed.
    Multipart,
    /// Any bytes, streamed.
    Stream,
}

/// Whether a route honours `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// The header means nothing here.
    Unused,
    /// A key may be given.
    Optional,
    /// A key must be given.
    Required,
}

/// What runs. One word per route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each word says what its row in the table says")]
#[non_exhaustive]
pub enum Handler {
    Register,
    Login,
    Logout,
    Me,
    Rename,
    BecomeCreator,
    ListProducts,
    Product,
    CreateProduct,
    ListOwnProducts,
    OwnProduct,
    EditProduct,
    UploadFile,
    BeginUpload,
    UploadStatus,
    CompleteUpload,
    CancelUpload,
    PutPart,
    RemoveFile,
    Publish,
    Unpublish,
    Archive,
    Sales,
    Earnings,
    Wallet,
    WalletEntries,
    Checkout,
    ListOrders,
    Order,
    Timeline,
    NewPayment,
    VerifyPayment,
    Webhook,
    Library,
    IssueLink,
    LinkPage,
    ClaimLink,
    FreshLink,
    Download,
    OrderPage,
    PayReturn,
    ListJobs,
    RetryJob,
    ListReviews,
    ListRefunds,
    ResolveReview,
    VerifyLedger,
    OpenApi,
    Live,
    Ready,
}

/// A route. `GET` rows answer `HEAD`, too.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path; `{name}` stands for one segment.
    pub pattern: &'static str,
    /// Who may call it.
    pub who: Who,
    /// How it is counted.
    pub limit: LimitClass,
    /// What it reads.
    pub body: BodyRule,
    /// Whether it honours keys.
    pub idempotency: Idempotency,
    /// Which query parameters it takes.
    pub query: Accepts,
    /// What runs.
    pub handler: Handler,
}

impl Route {
    const fn new(method: Method, pattern: &'static str, who: Who, body: BodyRule, handler: Handler) -> Self {
        Self {
            method,
            pattern,
            who,
            limit: LimitClass::Api,
            body,
            idempotency: Idempotency::Unused,
            query: Accepts::Only(&[]),
            handler,
        }
    }

    const fn counted(self, limit: LimitClass) -> Self {
        Self { limit, ..self }
    }

    const fn keyed(self, idempotency: Idempotency) -> Self {
        Self { idempotency, ..self }
    }

    const fn query(self, names: &'static [&'static str]) -> Self {
        Self { query: Accepts::Only(names), ..self }
    }

    /// A page: others lead to it with parameters of their own, and its handler counts unknown tokens.
    const fn page(self) -> Self {
        Self { limit: LimitClass::Uncounted, query: Accepts::Any, ..self }
    }
}

/// A sign-in form: addresses and a password of at most 1,024 bytes.
const SMALL: BodyRule = BodyRule::Json(16 * 1024);
/// A cart.
const CART: BodyRule = BodyRule::Json(64 * 1024);
/// A product: 20,000 characters, each escaped.
const PRODUCT: BodyRule = BodyRule::Json(256 * 1024);
/// Ten thousand parts, each with a tag of 100 characters.
const PARTS: BodyRule = BodyRule::Json(1536 * 1024);
/// A notice of the gateway.
const NOTICE: BodyRule = BodyRule::Raw(1024 * 1024);
const PAGE: &[&str] = &["limit", "cursor"];

use BodyRule::{Empty, Ignored, Multipart, Stream};
use Method::{Delete, Get, Patch, Post, Put};
use Who::{Admin, Creator, Open, OrderOrSignedIn, Public, SignedIn};

/// Every route there is.
pub static ROUTES: &[Route] = &[
    // Identity.
    Route::new(Post, "/api/v1/auth/register", Open, SMALL, Handler::Register).counted(LimitClass::SignIn),
    Route::new(Post, "/api/v1/auth/login", Open, SMALL, Handler::Login).counted(LimitClass::SignIn),
    Route::new(Post, "/api/v1/auth/logout", SignedIn, Empty, Handler::Logout),
    Route::new(Get, "/api/v1/me", SignedIn, Ignored, Handler::Me),
    Route::new(Patch, "/api/v1/me", SignedIn, SMALL, Handler::Rename),
    Route::new(Post, "/api/v1/me/creator", SignedIn, Empty, Handler::BecomeCreator),
    // Storefront.
    Route::new(Get, "/api/v1/products", Public, Ignored, Handler::ListProducts)
        .query(&["q", "creator", "limit", "cursor"]),
    Route::new(Get, "/api/v1/products/{id}", Public, Ignored, Handler::Product),
    // Creator.
    Route::new(Post, "/api/v1/creator/products", Creator, PRODUCT, Handler::CreateProduct),
    Route::new(Get, "/api/v1/creator/products", Creator, Ignored, Handler::ListOwnProducts).query(PAGE),
    Route::new(Get, "/api/v1/creator/products/{id}", Creator, Ignored, Handler::OwnProduct),
    Route::new(Patch, "/api/v1/creator/products/{id}", Creator, PRODUCT, Handler::EditProduct),
    Route::new(Post, "/api/v1/creator/products/{id}/files", Creator, Multipart, Handler::UploadFile),
    Route::new(Post, "/api/v1/creator/products/{id}/uploads", Creator, SMALL, Handler::BeginUpload),
    Route::new(Get, "/api/v1/creator/uploads/{upload_id}", Creator, Ignored, Handler::UploadStatus),
    Route::new(Post, "/api/v1/creator/uploads/{upload_id}/complete", Creator, PARTS, Handler::CompleteUpload),
    Route::new(Delete, "/api/v1/creator/uploads/{upload_id}", Creator, Empty, Handler::CancelUpload),
    Route::new(Delete, "/api/v1/creator/products/{id}/files/{file_id}", Creator, Empty, Handler::RemoveFile),
    Route::new(Post, "/api/v1/creator/products/{id}/publish", Creator, Empty, Handler::Publish),
    Route::new(Post, "/api/v1/creator/products/{id}/unpublish", Creator, Empty, Handler::Unpublish),
    Route::new(Post, "/api/v1/creator/products/{id}/archive", Creator, Empty, Handler::Archive),
    Route::new(Get, "/api/v1/creator/sales", Creator, Ignored, Handler::Sales)
        .query(&["from", "to", "product", "limit", "cursor"]),
    Route::new(Get, "/api/v1/creator/earnings", Creator, Ignored, Handler::Earnings)
        .query(&["currency", "from", "to", "interval", "tz"]),
    Route::new(Get, "/api/v1/creator/wallet", Creator, Ignored, Handler::Wallet),
    Route::new(Get, "/api/v1/creator/wallet/entries", Creator, Ignored, Handler::WalletEntries)
        .query(&["currency", "limit", "cursor"]),
    // Buying.
    Route::new(Post, "/api/v1/checkout", Public, CART, Handler::Checkout).keyed(Idempotency::Optional),
    Route::new(Get, "/api/v1/orders", SignedIn, Ignored, Handler::ListOrders).query(PAGE),
    Route::new(Get, "/api/v1/orders/{id}", OrderOrSignedIn, Ignored, Handler::Order),
    Route::new(Get, "/api/v1/orders/{id}/timeline", OrderOrSignedIn, Ignored, Handler::Timeline),
    Route::new(Post, "/api/v1/orders/{id}/payments", OrderOrSignedIn, Empty, Handler::NewPayment)
        .keyed(Idempotency::Optional),
    Route::new(Post, "/api/v1/payments/{reference}/verify", OrderOrSignedIn, Empty, Handler::VerifyPayment),
    // A gateway sends as often as it must: its good notices are never counted, and a bad one costs one hash.
    Route::new(Post, "/api/v1/webhooks/{gateway}", Open, NOTICE, Handler::Webhook).page(),
    // Delivery.
    Route::new(Get, "/api/v1/library", OrderOrSignedIn, Ignored, Handler::Library).query(PAGE),
    Route::new(
        Post,
        "/api/v1/library/{entitlement_id}/files/{file_id}/links",
        OrderOrSignedIn,
        Empty,
        Handler::IssueLink,
    ),
    Route::new(Get, "/d/{token}", Open, Ignored, Handler::LinkPage).page(),
    Route::new(Post, "/d/{token}", Open, Ignored, Handler::ClaimLink).page(),
    Route::new(Post, "/d/{token}/fresh", Open, Ignored, Handler::FreshLink).page(),
    Route::new(Get, "/f/{session}", Open, Ignored, Handler::Download).page(),
    Route::new(Get, "/o/{token}", Open, Ignored, Handler::OrderPage).page(),
    Route::new(Get, "/pay/return", Open, Ignored, Handler::PayReturn).page(),
    // Parts of uploads, where the file store has no addresses. Unknown tokens are counted.
    Route::new(Put, "/u/{token}/{number}", Open, Stream, Handler::PutPart).page(),
    // Operator.
    Route::new(Get, "/api/v1/admin/jobs", Admin, Ignored, Handler::ListJobs)
        .query(&["state", "limit", "cursor"]),
    Route::new(Post, "/api/v1/admin/jobs/{id}/retry", Admin, Empty, Handler::RetryJob),
    Route::new(Get, "/api/v1/admin/payments", Admin, Ignored, Handler::ListReviews)
        .query(&["status", "limit", "cursor"]),
    Route::new(Post, "/api/v1/admin/payments/{reference}/resolve", Admin, SMALL, Handler::ResolveReview),
    Route::new(Get, "/api/v1/admin/refunds", Admin, Ignored, Handler::ListRefunds)
        .query(&["limit", "cursor"]),
    Route::new(Get, "/api/v1/admin/ledger/verify", Admin, Ignored, Handler::VerifyLedger),
    // Service.
    Route::new(Get, "/api/v1/openapi.json", Open, Ignored, Handler::OpenApi),
    Route::new(Get, "/health/live", Open, Ignored, Handler::Live).page(),
    Route::new(Get, "/health/ready", Open, Ignored, Handler::Ready).page(),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_route_stands_once() {
        let mut seen = HashSet::new();
        let mut handlers = HashSet::new();
        for route in ROUTES {
            assert!(seen.insert((route.method, route.pattern)), "{}", route.pattern);
            assert!(handlers.insert(route.handler), "{:?}", route.handler);
            assert!(!route.pattern.ends_with('/'));
        }
    }

    #[test]
    fn reading_never_takes_a_body_or_a_key() {
        for route in ROUTES.iter().filter(|route| route.method == Get) {
            assert_eq!((route.body, route.idempotency), (Ignored, Idempotency::Unused), "{}", route.pattern);
        }
    }
}
