//! A small world of rows, and changes that get in each other's way in it.
//!
//! Guarantees: worlds of different seeds share no row, so several fit into one store.
//!
//! Does not: say what becomes of a set. Whoever uses it compares two stores.
//!
//! Called by: the cases about groups, and adapters' own tests about their ways of grouping.

use super::Fixture;
use marketplace_core::{
    Store, Version,
    catalog::{Product, StoredFile, Upload},
    commit::{Change, ChangeSet, Decision, DecisionKey, InputHash, LimitKey},
    delivery::{Link, RevokeReason},
    id::{EntryId, UserId},
    identity::User,
    job::NewJob,
    ledger::{AccountKind, JournalEntry},
    money::{Currency, Money},
    order::{Order, OrderState},
    payment::{Attempt, AttemptState, Notice, NoticeOutcome, Review, ReviewDecision},
    refund::{Refund, RefundStatus},
};

/// A small world of rows, and changes that get in each other's way in it.
#[derive(Debug)]
pub struct World {
    base: ChangeSet,
    uploads: Vec<Upload>,
    files: ChangeSet,
    decision: Decision,
    name: String,
    /// Whose money it is.
    pub creator: UserId,
    /// What is counted.
    pub limit: LimitKey,
    /// What a set can be made of. Every change stands for itself: its rows are always the same.
    pub changes: Vec<Change>,
    /// Changes that are a defect in stores with references, or with narrower numbers than ours; elsewhere they may
    /// be applied.
    pub defective: Vec<Change>,
}

const FIRST: Version = Version::FIRST;

impl World {
    /// The world of a seed.
    pub fn new(seed: u32) -> Self {
        let fixture = Fixture::new(seed);
        let name = fixture.word("world");
        let (creator, customer) = (fixture.creator(), fixture.user());
        let product = fixture.product(&creator);
        let orders = [(); 3].map(|()| fixture.order(Some(&customer), &[&product, &product]));
        let uploads = [(); 3].map(|()| fixture.upload(&product));
        let stored = fixture.file(&uploads[0]);
        let right = fixture.entitlement(&orders[0], &orders[0].lines[0]);
        let link = fixture.link(&right, &stored);
        let notice = fixture.notice();
        let kind = AccountKind::CreatorPending;
        let wealth = fixture.credit(kind, creator.id, fixture.naira(1_000));
        let hold = fixture.hold(&orders[0], creator.id, fixture.naira(1_000));
        let attempt = fixture.attempt(&orders[0]);
        let failed = Attempt { state: AttemptState::Failed, ..fixture.attempt(&orders[0]) };
        let limit = LimitKey::new("world", &name);

        let mut changes = users(&fixture, &customer);
        changes.extend(products(&fixture, &creator, &product));
        changes.extend(files(&fixture, &stored, &uploads));
        changes.extend(orders_and_attempts(&fixture, &orders, [&attempt, &failed], &product));
        changes.extend(money(&fixture, creator.id));
        changes.push(Change::ReleaseHold { id: hold.id, at: fixture.tick() });
        let other = fixture.hold(&orders[1], creator.id, fixture.naira(5));
        changes.push(Change::ReleaseHold { id: other.id, at: fixture.tick() });
        changes.push(Change::InsertHold(other));
        changes.extend(delivery(&fixture, &orders, &right, &link, &stored));
        changes.extend(jobs_and_limits(&fixture, &name, &limit));
        changes.extend(notices_and_reviews(&fixture, &notice));
        changes.extend(refunds(&fixture, &attempt));

        let defective = defective(&fixture, &creator, &product, &uploads[2]);
        let id = creator.id;
        let base = vec![
            Change::InsertUser(creator),
            Change::InsertUser(customer),
            Change::InsertProduct(product),
            Change::InsertOrder(orders[0].clone()),
            Change::InsertOrder(orders[1].clone()),
            Change::InsertAttempt(attempt),
            Change::InsertAttempt(failed),
            Change::Post(wealth),
            Change::InsertHold(hold),
            Change::Grant(right),
            Change::InsertNotice(notice),
        ];
        let files = vec![insert_file(&stored, &uploads[0]), Change::IssueLink(link)];
        Self {
            base: fixture.set(base),
            files: fixture.set(files),
            uploads: uploads.to_vec(),
            decision: fixture.decision(),
            name,
            creator: id,
            limit,
            changes,
            defective,
        }
    }

    /// Writes what all begin with. Panics where the store does not take it.
    pub async fn begin(&self, store: &dyn Store) {
        store.commit(self.base.clone()).await.expect("a world begins");
        for upload in &self.uploads {
            store.open_upload(upload.clone()).await.expect("an upload is noted");
        }
        store.commit(self.files.clone()).await.expect("a world has files");
    }

    /// A set under one of some keys. Input 0 is other input.
    pub fn set(&self, key: u8, input: u8, changes: Vec<Change>) -> ChangeSet {
        let decision = Decision {
            key: DecisionKey::new("world", format!("{}-{key:03}", self.name)),
            input: InputHash::of(&(input == 0)),
            ..self.decision.clone()
        };
        ChangeSet::for_testing(decision, changes)
    }
}

/// What is a defect where references are checked, or numbers are narrower.
fn defective(fixture: &Fixture, creator: &User, product: &Product, upload: &Upload) -> Vec<Change> {
    let orphan = Product { creator: UserId::from_uuid(fixture.uuid()), ..fixture.product(creator) };
    let mut huge = fixture.file(upload);
    huge.version.size = u64::MAX;
    let mut mixed = fixture.order(None, &[product]);
    mixed.lines[0].fee = Money::new(1, Currency::GHS);
    // Two of these are more than a balance can hold.
    let reserved = AccountKind::CreatorReserved;
    let most = || Change::Post(fixture.credit(reserved, creator.id, fixture.naira(i64::MAX)));
    vec![
        Change::InsertProduct(orphan),
        insert_file(&huge, upload),
        Change::InsertOrder(mixed),
        most(),
        most(),
        Change::Post(fixture.debit(reserved, creator.id, fixture.naira(1))),
    ]
}

/// The versions that changes claim to have seen: the first ones of a row, whichever it has by then.
fn seen() -> [Version; 3] {
    [FIRST, FIRST.next(), FIRST.next().next()]
}

fn users(fixture: &Fixture, customer: &User) -> Vec<Change> {
    let new = fixture.user();
    let twin = User { email: new.email.clone(), ..fixture.user() };
    let mut changes = vec![Change::InsertUser(new.clone()), Change::InsertUser(twin)];
    for seen in seen() {
        let to = User { display_name: fixture.word("name"), version: seen.next(), ..customer.clone() };
        changes.push(Change::UpdateUser { seen, to: to.clone() });
        changes.push(Change::UpdateUser { seen, to: User { email: new.email.clone(), ..to } });
    }
    changes
}

fn products(fixture: &Fixture, creator: &User, product: &Product) -> Vec<Change> {
    let new = fixture.product(creator);
    let twin = Product { slug: new.slug.clone(), ..fixture.product(creator) };
    let mut changes = vec![Change::InsertProduct(new.clone()), Change::InsertProduct(twin)];
    for seen in seen() {
        let to = Product { title: fixture.word("title"), version: seen.next(), ..product.clone() };
        changes.push(Change::UpdateProduct { seen, to: to.clone() });
        changes.push(Change::UpdateProduct { seen, to: Product { slug: new.slug.clone(), ..to } });
    }
    changes
}

fn files(fixture: &Fixture, stored: &StoredFile, uploads: &[Upload]) -> Vec<Change> {
    let second = fixture.file(&uploads[1]);
    vec![
        insert_file(&second, &uploads[1]),
        insert_file(&fixture.file(&uploads[1]), &uploads[1]),
        Change::RemoveFile { id: second.file.id, at: fixture.tick() },
        Change::RemoveFile { id: stored.file.id, at: fixture.tick() },
    ]
}

fn orders_and_attempts(
    fixture: &Fixture,
    orders: &[Order; 3],
    attempts: [&Attempt; 2],
    product: &Product,
) -> Vec<Change> {
    let twin = Order { token: orders[2].token, ..fixture.order(None, &[product]) };
    let second = fixture.attempt(&orders[0]);
    let mut changes = vec![
        Change::InsertOrder(orders[2].clone()),
        Change::InsertOrder(twin),
        Change::InsertAttempt(second.clone()),
        Change::InsertAttempt(fixture.attempt(&orders[1])),
        Change::InsertAttempt(fixture.attempt(&orders[1])),
    ];
    for seen in seen() {
        for to in [OrderState::Paid, OrderState::Cancelled] {
            changes.push(Change::AdvanceOrder { id: orders[0].id, seen, to, at: fixture.tick() });
        }
        for state in [AttemptState::Succeeded, AttemptState::Pending] {
            for attempt in attempts.into_iter().chain([&second]) {
                let to = Attempt { state, version: seen.next(), ..attempt.clone() };
                changes.push(Change::AdvanceAttempt { seen, to });
            }
        }
    }
    changes
}

fn money(fixture: &Fixture, creator: UserId) -> Vec<Change> {
    let (pending, available) = (AccountKind::CreatorPending, AccountKind::CreatorAvailable);
    let amount = |kobo| fixture.naira(kobo);
    let credit = fixture.credit(available, creator, amount(300));
    let lines = credit.lines().iter().copied();
    let twin = JournalEntry::new(
        EntryId::from_uuid(fixture.uuid()),
        credit.kind(),
        credit.cause().clone(),
        None,
        fixture.tick(),
        lines,
    );
    let mut entries = vec![credit, twin.unwrap()];
    for kobo in [100, 400, 700, 1_000] {
        entries.push(fixture.transfer(pending, available, creator, amount(kobo)));
        entries.push(fixture.debit(available, creator, amount(kobo)));
    }
    entries.into_iter().map(Change::Post).collect()
}

fn delivery(
    fixture: &Fixture,
    orders: &[Order; 3],
    right: &marketplace_core::delivery::Entitlement,
    link: &Link,
    stored: &StoredFile,
) -> Vec<Change> {
    let new = fixture.link(right, stored);
    let twin = Link { token: new.token, ..fixture.link(right, stored) };
    let mut changes = vec![
        Change::Grant(fixture.entitlement(&orders[0], &orders[0].lines[0])),
        Change::Grant(fixture.entitlement(&orders[1], &orders[1].lines[0])),
        Change::Grant(fixture.entitlement(&orders[2], &orders[2].lines[1])),
        Change::IssueLink(new.clone()),
        Change::IssueLink(twin),
    ];
    for link in [link, link, &new] {
        let session = fixture.download(link, stored);
        changes.push(Change::ClaimLink { id: link.id, at: fixture.tick(), session });
    }
    for seen in seen() {
        let (id, reason, at) = (right.id, RevokeReason::Operator, fixture.tick());
        changes.push(Change::Revoke { id, seen, reason, at });
    }
    changes
}

fn jobs_and_limits(fixture: &Fixture, world: &str, limit: &LimitKey) -> Vec<Change> {
    let job = fixture.job();
    let named = |name: &str| NewJob { unique: Some(format!("{world}-{name}")), ..fixture.job() };
    let mut changes = vec![
        Change::Enqueue(NewJob { unique: Some(format!("{world}-one")), ..job.clone() }),
        Change::Enqueue(job),
        Change::Enqueue(named("one")),
        Change::Enqueue(named("one")),
        Change::Enqueue(named("two")),
    ];
    for units in [3, 8, 11, 6, 12, 13, 14, 15, -2] {
        changes.push(Change::Take { limit: limit.clone(), units, cap: 10 });
    }
    changes
}

fn refunds(fixture: &Fixture, attempt: &Attempt) -> Vec<Change> {
    let (one, other) = (fixture.refund(attempt), fixture.refund(attempt));
    let to = |status| Change::AdvanceRefund {
        seen: FIRST,
        to: Refund { status, version: FIRST.next(), ..one.clone() },
    };
    let (done, under_way) = (to(RefundStatus::Done), to(RefundStatus::Processing));
    vec![Change::InsertRefund(one), Change::InsertRefund(other), done, under_way]
}

fn notices_and_reviews(fixture: &Fixture, notice: &Notice) -> Vec<Change> {
    let new = fixture.notice();
    let twin = Notice { key: new.key.clone(), ..fixture.notice() };
    let review = fixture.review();
    let same_subject = Review { reference: review.reference.clone(), ..fixture.review() };
    let same_id = Review { id: review.id, ..fixture.review() };
    let decide =
        |review: &Review, decision| Change::CloseReview { id: review.id, closing: fixture.closing(decision) };
    let accepted = decide(&review, ReviewDecision::Accept);
    let dismissed = decide(&same_subject, ReviewDecision::Dismiss);
    let close = |notice: &Notice| Change::CloseNotice {
        key: notice.key.clone(),
        outcome: NoticeOutcome::Settled,
        at: fixture.tick(),
    };
    vec![
        close(&new),
        close(notice),
        Change::InsertNotice(new),
        Change::InsertNotice(twin),
        Change::OpenReview(review),
        Change::OpenReview(same_subject),
        Change::OpenReview(same_id),
        accepted,
        dismissed,
    ]
}

fn insert_file(stored: &StoredFile, upload: &Upload) -> Change {
    Change::InsertFile { file: stored.file.clone(), version: stored.version.clone(), upload: upload.id }
}
