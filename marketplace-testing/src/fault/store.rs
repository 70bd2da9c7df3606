//! A faulty store: every port of it, call by call.

use super::Script;
use async_trait::async_trait;
use marketplace_core::{
    Health, Store,
    answer::{AnswerEnd, AnswerScope, Answers, BeginAnswer, Begun},
    catalog::{Product, ProductFilter, Products, StoredFile, Upload, Uploads},
    commit::{ChangeSet, Commit, CommitError, Committed, Subject},
    delivery::{
        DownloadSession, Entitlement, Entitlements, Link, Links, NewVisit, Redemption, Visit, Visits,
    },
    earnings::{Figures, Sales, SalesFilter, SoldOrder},
    error::StoreError,
    event::{Event, Events},
    file::UploadTag,
    id::{
        CreatorId, EntitlementId, EntryId, FileId, FileVersionId, HoldId, JobId, LinkId, OrderId, ProductId,
        Reference, RefundId, ReviewId, TokenHash, UploadId, UserId,
    },
    identity::{Email, Session, Sessions, User, Users},
    job::{Claimed, Fence, Job, JobState, Jobs, NewJob},
    ledger::{Audit, Balance, Hold, Imbalance, JournalEntry, Ledger, Seal, WalletLine},
    money::{Currency, Money},
    order::{Order, Orders},
    page::Page,
    payment::{Attempt, Notice, OpenNotice, PaymentRows, Review, Verified},
    refund::{Refund, RefundRows},
    time::Timestamp,
};
use std::sync::Arc;

/// A whole store, with faults.
#[derive(Debug)]
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    script: Script,
}

impl FaultyStore {
    /// A wrapper that lets everything through until it is told otherwise.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, script: Script::default() }
    }

    /// The faults to come.
    pub const fn script(&self) -> &Script {
        &self.script
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a default method would go around the faults")]
impl Commit for FaultyStore {
    async fn commit(&self, set: ChangeSet) -> Result<Committed, CommitError> {
        self.script.commit(self.inner.commit(set)).await
    }
}

/// One port, each of its methods written out: name, arguments, answer.
macro_rules! port {
    ($port:ident { $($method:ident($($name:ident: $kind:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        #[deny(clippy::missing_trait_methods, reason = "a default method would go around the faults")]
        impl $port for FaultyStore {
            $(
                async fn $method(&self, $($name: $kind),*) -> Result<$answer, StoreError> {
                    self.script.call(self.inner.$method($($name),*)).await
                }
            )*
        }
    };
}

port! {
    Users {
        user(id: UserId) -> Option<User>;
        user_by_email(email: &Email) -> Option<User>;
    }
}

port! {
    Sessions {
        start_session(session: Session) -> ();
        session(token: &TokenHash, now: Timestamp) -> Option<Session>;
        end_session(token: &TokenHash, now: Timestamp) -> bool;
        end_sessions(user: UserId, now: Timestamp) -> u64;
    }
}

port! {
    Products {
        product(id: ProductId) -> Option<Product>;
        product_by_slug(slug: &str) -> Option<Product>;
        published_products(filter: &ProductFilter, page: Page) -> Vec<Product>;
        products_of(creator: CreatorId, page: Page) -> Vec<Product>;
        files_of(product: ProductId, since: Timestamp) -> Vec<StoredFile>;
        file(id: FileId) -> Option<StoredFile>;
    }
}

port! {
    Uploads {
        open_upload(upload: Upload) -> ();
        upload(id: UploadId) -> Option<Upload>;
        upload_by_token(token: &TokenHash) -> Option<Upload>;
        tag_upload(id: UploadId, tag: &UploadTag) -> bool;
        open_uploads_of(creator: CreatorId, now: Timestamp) -> u64;
        is_checking(product: ProductId) -> bool;
        stale_uploads(now: Timestamp, limit: u32) -> Vec<Upload>;
        close_upload(id: UploadId) -> bool;
        note_swept(id: UploadId) -> ();
    }
}

port! {
    Orders {
        order(id: OrderId) -> Option<Order>;
        order_by_token(token: &TokenHash) -> Option<Order>;
        orders_of(user: UserId, page: Page) -> Vec<Order>;
    }
}

port! {
    PaymentRows {
        attempt(reference: &Reference) -> Option<Attempt>;
        attempts_of(order: OrderId) -> Vec<Attempt>;
        payment(reference: &Reference) -> Option<Verified>;
        open_notice(key: &str) -> Option<OpenNotice>;
        notice(key: &str) -> Option<Notice>;
        reviews(page: Page) -> Vec<Review>;
        review(id: ReviewId) -> Option<Review>;
        reviews_of(reference: &str) -> Vec<Review>;
    }
}

port! {
    Events {
        events(after: u64, limit: u32) -> Vec<Event>;
        last_event() -> u64;
    }
}

port! {
    RefundRows {
        refund(id: RefundId) -> Option<Refund>;
        refunds_of(reference: &Reference) -> Vec<Refund>;
        refunds(page: Page) -> Vec<Refund>;
    }
}

port! {
    Ledger {
        balances_of(creator: UserId) -> Vec<Balance>;
        earned_by(creator: UserId) -> Vec<Money>;
        wallet_lines(creator: UserId, currency: Option<Currency>, page: Page) -> Vec<WalletLine>;
        hold(id: HoldId) -> Option<Hold>;
    }
}

port! {
    Audit {
        imbalances(limit: u32) -> Vec<Imbalance>;
        misfolded(limit: u32) -> Vec<Imbalance>;
        unsealed(after: Option<EntryId>, limit: u32) -> Vec<JournalEntry>;
        last_seal() -> Option<Seal>;
        append_seals(seals: Vec<Seal>) -> bool;
        sealed(after: u64, limit: u32) -> Vec<(Seal, Option<JournalEntry>)>;
    }
}

port! {
    Sales {
        figures(creator: UserId, currency: Currency, bounds: &[Timestamp]) -> Vec<Figures>;
        sold(creator: UserId, filter: SalesFilter, page: Page) -> Vec<SoldOrder>;
    }
}

port! {
    Entitlements {
        entitlement(id: EntitlementId) -> Option<Entitlement>;
        entitlements_of_order(order: OrderId) -> Vec<Entitlement>;
        entitlements_of_user(user: UserId, page: Page) -> Vec<Entitlement>;
    }
}

port! {
    Links {
        link(id: LinkId) -> Option<Link>;
        link_by_token(token: &TokenHash) -> Option<Link>;
        redemption(token: &TokenHash) -> Option<Redemption>;
        download_session(token: &TokenHash) -> Option<DownloadSession>;
        links_of(order: OrderId, limit: u32) -> Vec<Link>;
        file_version(id: FileVersionId) -> Option<StoredFile>;
    }
}

port! {
    Visits {
        note_visit(visit: NewVisit) -> ();
        visits_of(links: &[LinkId]) -> Vec<Visit>;
    }
}

port! {
    Jobs {
        enqueue(job: NewJob) -> bool;
        claim(now: Timestamp, lease_until: Timestamp, limit: u32) -> Vec<Claimed>;
        extend(fences: &[Fence], lease_until: Timestamp) -> Vec<Fence>;
        complete(fences: &[Fence], now: Timestamp) -> Vec<Fence>;
        release(fences: &[Fence]) -> Vec<Fence>;
        put_back(fence: Fence, run_at: Timestamp, reason: Option<String>) -> bool;
        bury(fence: Fence, now: Timestamp, reason: String) -> bool;
        next_due() -> Option<Timestamp>;
        job(id: JobId) -> Option<Job>;
        jobs_in(state: JobState, page: Page) -> Vec<Job>;
        mails_about(subjects: &[Subject], limit: u32) -> Vec<Job>;
        revive(id: JobId, now: Timestamp) -> bool;
    }
}

port! {
    Answers {
        begin_answer(begin: BeginAnswer) -> Begun;
        end_answer(scope: AnswerScope, fence: i64, end: AnswerEnd) -> bool;
        purge_answers(now: Timestamp, limit: u32) -> u64;
    }
}

port! {
    Health {
        check() -> ();
    }
}
