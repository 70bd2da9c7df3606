//! Each kind of change, and a store in which it can be applied.

use super::stage::{Stage, insert_file};
use marketplace_core::{
    Version,
    catalog::{Product, ProductState, UploadRefusal, UploadState},
    commit::{Change, LimitKey},
    delivery::RevokeReason,
    identity::{Role, User},
    ledger::{AccountKind, EntryKind},
    order::OrderState,
    payment::{Attempt, AttemptState, NoticeOutcome, ReviewDecision},
    refund::{Refund, RefundStatus},
};

/// The kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    InsertUser,
    UpdateUser,
    InsertProduct,
    UpdateProduct,
    InsertFile,
    AdvanceUpload,
    RemoveFile,
    InsertOrder,
    AdvanceOrder,
    InsertAttempt,
    AdvanceAttempt,
    Post,
    InsertHold,
    ReleaseHold,
    Grant,
    Revoke,
    IssueLink,
    ClaimLink,
    Take,
    Enqueue,
    InsertNotice,
    CloseNotice,
    InsertRefund,
    AdvanceRefund,
    OpenReview,
    CloseReview,
}

impl Variant {
    /// Writes what a change of this kind needs, and gives a change that is applied then. Every call is about
    /// rows of its own.
    pub(crate) async fn prepare(self, stage: &Stage) -> Change {
        let fixture = &stage.fixture;
        match self {
            Self::InsertUser => Change::InsertUser(fixture.user()),
            Self::UpdateUser => {
                let old = stage.customer().await;
                let to = User {
                    display_name: fixture.word("Somebody else"),
                    role: Role::Creator,
                    email_verified: true,
                    suspended_at: Some(fixture.tick()),
                    password: None,
                    version: old.version.next(),
                    ..old
                };
                Change::UpdateUser { seen: old.version, to }
            }
            Self::InsertProduct => Change::InsertProduct(fixture.product(&stage.creator().await)),
            Self::UpdateProduct => {
                let old = stage.shop().await.product;
                let to = Product {
                    title: fixture.word("Better product"),
                    description: fixture.word("Made anew"),
                    price: fixture.naira(1),
                    state: ProductState::Archived,
                    version: old.version.next(),
                    ..old
                };
                Change::UpdateProduct { seen: old.version, to }
            }
            Self::InsertFile => {
                let upload = fixture.upload(&stage.shop().await.product);
                stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
                insert_file(&fixture.file(&upload), &upload)
            }
            Self::AdvanceUpload => {
                let upload = fixture.announced_upload(&stage.shop().await.product);
                stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
                Change::AdvanceUpload {
                    id: upload.id,
                    seen: UploadState::Open,
                    to: UploadState::Refused,
                    refusal: Some(UploadRefusal::SizeDiffers),
                    expires_at: fixture.tick(),
                }
            }
            Self::RemoveFile => {
                let shop = stage.shop().await;
                let file = stage.file(&shop.product).await;
                Change::RemoveFile { id: file.file.id, at: fixture.tick() }
            }
            Self::InsertOrder => {
                let shop = stage.shop().await;
                let other = fixture.product(&shop.creator);
                stage.apply(vec![Change::InsertProduct(other.clone())]).await;
                let buyer = stage.customer().await;
                Change::InsertOrder(fixture.order(Some(&buyer), &[&other, &shop.product]))
            }
            Self::AdvanceOrder => {
                let order = stage.ordered().await.order;
                Change::AdvanceOrder {
                    id: order.id,
                    seen: order.version,
                    to: OrderState::Paid,
                    at: fixture.tick(),
                }
            }
            Self::InsertAttempt => Change::InsertAttempt(fixture.attempt(&stage.ordered().await.order)),
            Self::AdvanceAttempt => {
                let old = fixture.attempt(&stage.ordered().await.order);
                stage.apply(vec![Change::InsertAttempt(old.clone())]).await;
                let to = Attempt {
                    state: AttemptState::Succeeded,
                    authorization_url: Some("https://gateway.example/pay".to_owned()),
                    gateway_id: Some(fixture.word("gateway")),
                    gateway_fee: Some(fixture.naira(3_750)),
                    paid_at: Some(fixture.tick()),
                    version: old.version.next(),
                    ..old
                };
                Change::AdvanceAttempt { seen: Version::FIRST, to }
            }
            Self::Post => {
                let ordered = stage.ordered().await;
                let lines = [
                    (fixture.platform(AccountKind::GatewayClearing), fixture.naira(-250_000)),
                    (fixture.platform(AccountKind::PlatformRevenue), fixture.naira(25_000)),
                    (
                        fixture.account(AccountKind::CreatorPending, ordered.creator.id),
                        fixture.naira(125_000),
                    ),
                    (
                        fixture.account(AccountKind::CreatorAvailable, ordered.creator.id),
                        fixture.naira(100_000),
                    ),
                ];
                Change::Post(fixture.entry(EntryKind::Sale, Some(ordered.order.id), &lines))
            }
            Self::InsertHold => {
                let ordered = stage.ordered().await;
                Change::InsertHold(fixture.hold(&ordered.order, ordered.creator.id, fixture.naira(1_000)))
            }
            Self::ReleaseHold => {
                let ordered = stage.ordered().await;
                let hold = fixture.hold(&ordered.order, ordered.creator.id, fixture.naira(1_000));
                stage.apply(vec![Change::InsertHold(hold.clone())]).await;
                Change::ReleaseHold { id: hold.id, at: fixture.tick() }
            }
            Self::Grant => {
                let ordered = stage.ordered().await;
                Change::Grant(fixture.entitlement(&ordered.order, &ordered.order.lines[0]))
            }
            Self::Revoke => {
                let entitlement = stage.granted().await.entitlement;
                Change::Revoke {
                    id: entitlement.id,
                    seen: entitlement.version,
                    reason: RevokeReason::Disputed,
                    at: fixture.tick(),
                }
            }
            Self::IssueLink => {
                let granted = stage.granted().await;
                Change::IssueLink(fixture.link(&granted.entitlement, &granted.file))
            }
            Self::ClaimLink => {
                let (granted, link) = stage.linked().await;
                let session = fixture.download(&link, &granted.file);
                Change::ClaimLink { id: link.id, at: fixture.tick(), session }
            }
            Self::Take => {
                Change::Take { limit: LimitKey::new("test", fixture.word("limit")), units: 1, cap: 3 }
            }
            Self::Enqueue => Change::Enqueue(fixture.job()),
            Self::InsertNotice => Change::InsertNotice(fixture.notice()),
            Self::CloseNotice => {
                let notice = fixture.notice();
                stage.apply(vec![Change::InsertNotice(notice.clone())]).await;
                Change::CloseNotice { key: notice.key, outcome: NoticeOutcome::Settled, at: fixture.tick() }
            }
            Self::InsertRefund => Change::InsertRefund(stage.refund().await),
            Self::AdvanceRefund => {
                let old = stage.refund().await;
                stage.apply(vec![Change::InsertRefund(old.clone())]).await;
                let to = Refund {
                    status: RefundStatus::Done,
                    gateway_id: Some(fixture.word("gateway")),
                    asked_at: Some(fixture.tick()),
                    ended_at: Some(fixture.tick()),
                    version: old.version.next(),
                    ..old
                };
                Change::AdvanceRefund { seen: Version::FIRST, to }
            }
            Self::OpenReview => Change::OpenReview(fixture.review()),
            Self::CloseReview => {
                let review = fixture.review();
                stage.apply(vec![Change::OpenReview(review.clone())]).await;
                Change::CloseReview { id: review.id, closing: fixture.closing(ReviewDecision::Dismiss) }
            }
        }
    }
}
