//! Unique values of entries, holds, entitlements, links, downloads, jobs, notices and reviews.

use super::taken::{taken, taken_now};
use crate::contract::store::{
    StoreHarness,
    stage::{Granted, Ordered, Stage},
};
use marketplace_core::{
    commit::Change,
    delivery::{DownloadSession, Entitlement, Link},
    id::{EntryId, UserId},
    job::NewJob,
    ledger::{AccountKind, Cause, EntryKind, Hold, JournalEntry, Line},
    payment::{Notice, Review},
};

/// An entry of this id and cause that brings 5 kobo.
fn entry(stage: &Stage, creator: UserId, id: EntryId, cause: Cause) -> JournalEntry {
    let fixture = &stage.fixture;
    let lines = [
        (fixture.platform(AccountKind::GatewayClearing), fixture.naira(-5)),
        (fixture.account(AccountKind::CreatorAvailable, creator), fixture.naira(5)),
    ];
    let lines = lines.map(|(account, amount)| Line { account, amount });
    JournalEntry::new(id, EntryKind::Sale, cause, None, fixture.tick(), lines).expect("the lines balance")
}

/// The id of an entry is unique.
pub async fn entry_id(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let cause = || Cause::new(EntryKind::Sale, stage.fixture.word("cause"));
    let first = entry(&stage, creator, EntryId::from_uuid(stage.fixture.uuid()), cause());
    let second = entry(&stage, creator, first.id(), cause());
    taken(&stage, Change::Post(first), Change::Post(second)).await;
}

/// Nothing is posted twice for one cause.
pub async fn entry_cause(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let id = || EntryId::from_uuid(stage.fixture.uuid());
    let first = entry(&stage, creator, id(), Cause::new(EntryKind::Sale, stage.fixture.word("cause")));
    let second = entry(&stage, creator, id(), first.cause().clone());
    taken(&stage, Change::Post(first), Change::Post(second)).await;
}

/// The id of a hold is unique.
pub async fn hold_id(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let Ordered { creator, order, .. } = stage.ordered().await;
    let hold = |kobo| stage.fixture.hold(&order, creator.id, stage.fixture.naira(kobo));
    let first = hold(1);
    let second = Hold { id: first.id, ..hold(2) };
    taken(&stage, Change::InsertHold(first), Change::InsertHold(second)).await;
}

/// The id of an entitlement is unique.
pub async fn entitlement_id(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (one, other) = (stage.ordered().await.order, stage.ordered().await.order);
    let first = stage.fixture.entitlement(&one, &one.lines[0]);
    let second = Entitlement { id: first.id, ..stage.fixture.entitlement(&other, &other.lines[0]) };
    taken(&stage, Change::Grant(first), Change::Grant(second)).await;
}

/// One entitlement per line of an order, also when it was revoked; the other lines have their own.
pub async fn entitlement_of_a_line(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    let order = stage.fixture.order(None, &[&product, &product]);
    stage.apply(vec![Change::InsertOrder(order.clone())]).await;
    let grant = |line: usize| stage.fixture.entitlement(&order, &order.lines[line]);
    let first = grant(0);
    taken(&stage, Change::Grant(first.clone()), Change::Grant(grant(0))).await;
    let other = Change::Grant(grant(1));
    stage.apply(vec![other.clone()]).await;
    stage.expect_whole(&other, "of another line").await;

    let reason = marketplace_core::delivery::RevokeReason::Refunded;
    let (seen, at) = (first.version, stage.fixture.tick());
    let revoke = Change::Revoke { id: first.id, seen, reason, at };
    stage.apply(vec![revoke.clone()]).await;
    taken_now(&stage, &revoke, Change::Grant(grant(0))).await;
}

/// The id of a link is unique.
pub async fn link_id(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let Granted { entitlement, file, .. } = stage.granted().await;
    let first = stage.fixture.link(&entitlement, &file);
    let second = Link { id: first.id, ..stage.fixture.link(&entitlement, &file) };
    taken(&stage, Change::IssueLink(first), Change::IssueLink(second)).await;
}

/// The token of a link is unique.
pub async fn link_token(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let Granted { entitlement, file, .. } = stage.granted().await;
    let first = stage.fixture.link(&entitlement, &file);
    let second = Link { token: first.token, ..stage.fixture.link(&entitlement, &file) };
    taken(&stage, Change::IssueLink(first), Change::IssueLink(second)).await;
}

/// The id of a download is unique; the link of the claim that was refused is unused.
pub async fn download_id(harness: &dyn StoreHarness) {
    same_download(harness, |first, second| DownloadSession { id: first.id, ..second }).await;
}

/// The token of a download is unique; the link of the claim that was refused is unused.
pub async fn download_token(harness: &dyn StoreHarness) {
    same_download(harness, |first, second| DownloadSession { token: first.token, ..second }).await;
}

async fn same_download(
    harness: &dyn StoreHarness,
    clash: fn(&DownloadSession, DownloadSession) -> DownloadSession,
) {
    let stage = Stage::new(harness).await;
    let (granted, link) = stage.linked().await;
    let other = stage.fixture.link(&granted.entitlement, &granted.file);
    stage.apply(vec![Change::IssueLink(other.clone())]).await;
    let first = stage.fixture.download(&link, &granted.file);
    let free = stage.fixture.download(&other, &granted.file);
    let clashing = clash(&first, free.clone());
    let claim = |link: &Link, session| Change::ClaimLink { id: link.id, at: stage.fixture.tick(), session };
    taken(&stage, claim(&link, first), claim(&other, clashing)).await;
    let again = claim(&other, free);
    stage.apply(vec![again.clone()]).await;
    stage.expect_whole(&again, "of a link whose first claim was refused").await;
}

/// The id of a job is unique.
pub async fn job_id(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = stage.fixture.job();
    let second = NewJob { id: first.id, ..stage.fixture.job() };
    taken(&stage, Change::Enqueue(first), Change::Enqueue(second)).await;
}

/// Copies of one event are one notice, also when it is closed.
pub async fn notice_key(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = stage.fixture.notice();
    let copy = || Change::InsertNotice(Notice { key: first.key.clone(), ..stage.fixture.notice() });
    taken(&stage, Change::InsertNotice(first.clone()), copy()).await;
    let outcome = marketplace_core::payment::NoticeOutcome::Ignored;
    let close = Change::CloseNotice { key: first.key.clone(), outcome, at: stage.fixture.tick() };
    stage.apply(vec![close.clone()]).await;
    taken_now(&stage, &close, copy()).await;
}

/// The id of a review is unique.
pub async fn review_id(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = stage.fixture.review();
    let second = Review { id: first.id, ..stage.fixture.review() };
    taken(&stage, Change::OpenReview(first), Change::OpenReview(second)).await;
}
