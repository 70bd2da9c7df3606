//! Different decisions that want the same thing at the same moment.
//!
//! Guarantees: exactly as many win as there is room for, each other one learns the right reason, a job in the
//! set of each tells that winners are whole and losers left nothing, and the end adds up.
//!
//! Does not: send one decision many times; `raced` of each kind of change does.

use super::{
    StoreHarness,
    ledger::balance,
    stage::{Granted, Ordered, Stage, insert_file},
    stage::{Outcome, count},
    variant::Variant,
};
use marketplace_core::{
    Version,
    catalog::Product,
    commit::{Change, LimitKey, Refusal},
    identity::User,
    job::{JobState, NewJob},
    ledger::{AccountKind, Cause, EntryKind, JournalEntry},
    order::OrderState,
    page::Page,
    payment::{AttemptState, Notice},
};

/// How many meet.
const CROWD: usize = 64;

/// Sends each change in a set of its own, all at once: `room` of them win and the others are refused `with`.
/// Gives the winners.
async fn race(stage: &Stage, changes: &[Change], room: usize, with: Refusal) -> Vec<Change> {
    let jobs: Vec<_> = changes.iter().map(|_| Change::Enqueue(stage.fixture.job())).collect();
    let pairs = changes.iter().zip(&jobs);
    let sets = pairs.map(|(change, job)| stage.fixture.set(vec![change.clone(), job.clone()]));
    let outcomes = stage.race(sets.collect()).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), room, "there is room for {room}: {outcomes:?}");
    let refused = count(&outcomes, &Outcome::Refused(with));
    assert_eq!(refused, changes.len() - room, "the others are refused as {with:?}: {outcomes:?}");
    let mut winners = Vec::new();
    for ((change, job), outcome) in changes.iter().zip(&jobs).zip(&outcomes) {
        if *outcome == Outcome::Applied {
            stage.expect_whole(job, "in the set of a winner").await;
            winners.push(change.clone());
        } else {
            stage.expect_nothing(job, "in the set of a loser").await;
        }
    }
    winners
}

/// One wins, and its change is what is there in the end.
async fn one_wins(stage: &Stage, changes: &[Change], with: Refusal) {
    for winner in race(stage, changes, 1, with).await {
        stage.expect_whole(&winner, "in the end").await;
    }
}

/// So many changes, made one by one.
fn crowd(change: impl FnMut(usize) -> Change) -> Vec<Change> {
    (0..CROWD).map(change).collect()
}

/// One version of a row is changed once.
pub async fn one_version(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let order = stage.ordered().await.order;
    let changes = crowd(|number| Change::AdvanceOrder {
        id: order.id,
        seen: order.version,
        to: if number % 2 == 0 { OrderState::Paid } else { OrderState::Cancelled },
        at: stage.fixture.tick(),
    });
    one_wins(&stage, &changes, Refusal::Stale).await;

    let user = stage.customer().await;
    let changes = crowd(|_| Change::UpdateUser {
        seen: user.version,
        to: User { display_name: stage.fixture.word("name"), version: user.version.next(), ..user.clone() },
    });
    one_wins(&stage, &changes, Refusal::Stale).await;
}

/// Decisions that are made again on the row that won all come through, one version after the other.
pub async fn every_version(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = stage.shop().await.product;
    let mut left: Vec<i64> = (1..=8).collect();
    let mut rounds = 0;
    while !left.is_empty() {
        rounds += 1;
        assert!(rounds <= 8, "each round somebody wins: {left:?} are left");
        let now = stage.store.product(first.id).await.expect("products are read").expect("it is there");
        let update = |kobo: &i64| {
            let price = stage.fixture.naira(now.price.minor() + kobo);
            let to = Product { price, version: now.version.next(), ..now.clone() };
            stage.fixture.set(vec![Change::UpdateProduct { seen: now.version, to }])
        };
        let outcomes = stage.race(left.iter().map(update).collect()).await;
        let mut outcomes = outcomes.into_iter();
        left.retain(|_| outcomes.next() != Some(Outcome::Applied));
    }
    let last = stage.store.product(first.id).await.expect("products are read").expect("it is there");
    assert_eq!(last.price.minor(), first.price.minor() + 36, "no update was lost");
    assert_eq!(last.version, Version::from_i64(9), "each update counts once");
}

/// A link opens one download.
pub async fn one_link(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (granted, link) = stage.linked().await;
    let changes = crowd(|_| Change::ClaimLink {
        id: link.id,
        at: stage.fixture.tick(),
        session: stage.fixture.download(&link, &granted.file),
    });
    one_wins(&stage, &changes, Refusal::Stale).await;
    let mut opened = 0;
    for change in &changes {
        let Change::ClaimLink { session, .. } = change else { continue };
        let found = stage.store.download_session(&session.token).await.expect("downloads are read");
        opened += usize::from(found.is_some());
    }
    assert_eq!(opened, 1, "one link opens one download");
}

/// A slug goes to one product.
pub async fn one_slug(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await;
    let slug = stage.fixture.word("wanted");
    let changes = crowd(|_| {
        let slug = slug.clone();
        Change::InsertProduct(Product { slug, ..stage.fixture.product(&creator) })
    });
    one_wins(&stage, &changes, Refusal::Taken).await;
    let own = stage.store.products_of(creator.id, Page::first(Page::MAX)).await.expect("products are listed");
    assert_eq!(own.len(), 1, "one product has the slug");
}

/// An address goes to one user.
pub async fn one_email(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let email = stage.fixture.email();
    let changes = crowd(|_| Change::InsertUser(User { email: email.clone(), ..stage.fixture.user() }));
    one_wins(&stage, &changes, Refusal::Taken).await;
}

/// An order has one open attempt.
pub async fn one_open_attempt(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let order = stage.ordered().await.order;
    let changes = crowd(|_| Change::InsertAttempt(stage.fixture.attempt(&order)));
    one_wins(&stage, &changes, Refusal::Taken).await;
    let attempts = stage.store.attempts_of(order.id).await.expect("attempts are listed");
    let states: Vec<_> = attempts.iter().map(|attempt| attempt.state).collect();
    assert_eq!(states, [AttemptState::Initiated], "one attempt is there");
}

/// An upload becomes one file.
pub async fn one_upload(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    let upload = stage.fixture.upload(&product);
    stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
    let changes = crowd(|_| {
        let mut file = stage.fixture.file(&upload);
        file.version.id = marketplace_core::id::FileVersionId::from_uuid(stage.fixture.uuid());
        insert_file(&file, &upload)
    });
    one_wins(&stage, &changes, Refusal::Stale).await;
    let files = stage.store.files_of(product.id, marketplace_core::time::Timestamp::EPOCH).await;
    assert_eq!(files.expect("files are listed").len(), 1, "one file is there");
}

/// A hold is released once, and with it the money.
pub async fn one_release(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let Ordered { creator, order, .. } = stage.ordered().await;
    let amount = stage.fixture.naira(100);
    let hold = stage.fixture.hold(&order, creator.id, amount);
    let pending = stage.fixture.credit(AccountKind::CreatorPending, creator.id, amount);
    stage.apply(vec![Change::Post(pending), Change::InsertHold(hold.clone())]).await;
    let sets = (0..CROWD).map(|_| {
        let (from, to) = (AccountKind::CreatorPending, AccountKind::CreatorAvailable);
        let entry = stage.fixture.transfer(from, to, creator.id, amount);
        let release = Change::ReleaseHold { id: hold.id, at: stage.fixture.tick() };
        stage.fixture.set(vec![release, Change::Post(entry)])
    });
    let outcomes = stage.race(sets.collect()).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), 1, "one releases: {outcomes:?}");
    assert_eq!(count(&outcomes, &Outcome::Refused(Refusal::Stale)), CROWD - 1, "not twice: {outcomes:?}");
    assert_eq!(balance(&stage, creator.id, AccountKind::CreatorAvailable).await, 100, "released once");
    assert_eq!(balance(&stage, creator.id, AccountKind::CreatorPending).await, 0, "all of it");
}

/// A line of an order gives one right.
pub async fn one_entitlement(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let order = stage.ordered().await.order;
    let changes = crowd(|_| Change::Grant(stage.fixture.entitlement(&order, &order.lines[0])));
    one_wins(&stage, &changes, Refusal::Taken).await;
    let rights = stage.store.entitlements_of_order(order.id).await.expect("entitlements are listed");
    assert_eq!(rights.len(), 1, "one right is there");
}

/// A right is taken away once, while others issue links of it.
pub async fn one_revocation(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let Granted { entitlement, file, .. } = stage.granted().await;
    let sets = (0..CROWD).map(|number| {
        let at = stage.fixture.tick();
        let (id, seen) = (entitlement.id, entitlement.version);
        let reason = marketplace_core::delivery::RevokeReason::Operator;
        stage.fixture.set(vec![if number % 2 == 0 {
            Change::Revoke { id, seen, reason, at }
        } else {
            Change::IssueLink(stage.fixture.link(&entitlement, &file))
        }])
    });
    let outcomes = stage.race(sets.collect()).await;
    let half = CROWD / 2;
    assert_eq!(count(&outcomes, &Outcome::Applied), half + 1, "every link and one revocation: {outcomes:?}");
    let stale = count(&outcomes, &Outcome::Refused(Refusal::Stale));
    assert_eq!(stale, half - 1, "the other revocations are stale: {outcomes:?}");
}

/// A cause has one entry.
pub async fn one_cause(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let cause = Cause::new(EntryKind::Sale, stage.fixture.word("cause"));
    let changes = crowd(|number| {
        let kobo = i64::try_from(number).expect("a small number") + 1;
        let amount = stage.fixture.naira(kobo);
        let drawn = stage.fixture.credit(AccountKind::CreatorAvailable, creator, amount);
        let lines = drawn.lines().iter().copied();
        let entry = JournalEntry::new(drawn.id(), drawn.kind(), cause.clone(), None, drawn.at(), lines);
        Change::Post(entry.expect("the lines balance"))
    });
    one_wins(&stage, &changes, Refusal::Taken).await;
}

/// An event has one notice.
pub async fn one_notice(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let key = stage.fixture.word("event");
    let changes = crowd(|_| Change::InsertNotice(Notice { key: key.clone(), ..stage.fixture.notice() }));
    one_wins(&stage, &changes, Refusal::Taken).await;
}

/// Every set is applied, but only one job of a name lives.
pub async fn one_live_name(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let name = stage.fixture.word("name");
    let sets = (0..CROWD).map(|_| {
        let job = NewJob { unique: Some(name.clone()), ..stage.fixture.job() };
        stage.fixture.set(vec![Change::Enqueue(job)])
    });
    let outcomes = stage.race(sets.collect()).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), CROWD, "a job left out refuses nothing: {outcomes:?}");
    let ready = stage.store.jobs_in(JobState::Ready, Page::first(Page::MAX)).await.expect("jobs are listed");
    assert_eq!(ready.len(), 1, "one job of the name: {ready:?}");
}

/// Every set is applied, but there is one review of a reference and reason.
pub async fn one_review(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let reference = stage.fixture.reference().to_string();
    let sets = (0..CROWD).map(|_| {
        let reference = reference.clone();
        let review = marketplace_core::payment::Review { reference, ..stage.fixture.review() };
        stage.fixture.set(vec![Change::OpenReview(review)])
    });
    let outcomes = stage.race(sets.collect()).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), CROWD, "a second one refuses nothing: {outcomes:?}");
    let reviews = stage.store.reviews(Page::first(Page::MAX)).await.expect("reviews are listed");
    assert_eq!(reviews.len(), 1, "one review: {reviews:?}");
}

/// A limit of ten lets ten through.
pub async fn ten_of_a_limit(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let limit = LimitKey::new("test", stage.fixture.word("limit"));
    let changes = crowd(|_| Change::Take { limit: limit.clone(), units: 1, cap: 10 });
    race(&stage, &changes, 10, Refusal::LimitReached).await;
    assert!(stage.counts_at_most(&limit, 10).await, "no more than ten were counted");
    assert!(!stage.counts_at_most(&limit, 9).await, "no fewer than ten were counted");
}

/// A balance that pays for ten pays for ten.
pub async fn ten_of_a_balance(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let (kind, amount) = (AccountKind::CreatorAvailable, stage.fixture.naira(7));
    for _ in 0..10 {
        stage.apply(vec![Change::Post(stage.fixture.credit(kind, creator, amount))]).await;
    }
    let changes = crowd(|_| Change::Post(stage.fixture.debit(kind, creator, amount)));
    race(&stage, &changes, 10, Refusal::BelowFloor).await;
    assert_eq!(balance(&stage, creator, kind).await, 0, "all is spent, and no more");
    let journal = stage.store.unsealed(None, 1_000).await.expect("the journal is read");
    assert_eq!(journal.len(), 20, "ten credits and ten debits");
    assert_eq!(stage.store.imbalances(10).await.expect("the ledger is audited"), [], "it adds up");
}

/// Who moves money between the same accounts in opposite directions does not wait for each other for ever.
pub async fn no_circle(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let kind = AccountKind::CreatorAvailable;
    let (one, other) = (stage.creator().await.id, stage.creator().await.id);
    for creator in [one, other] {
        let amount = stage.fixture.naira(1_000);
        stage.apply(vec![Change::Post(stage.fixture.credit(kind, creator, amount))]).await;
    }
    let amount = stage.fixture.naira(1);
    let debit = |creator| Change::Post(stage.fixture.debit(kind, creator, amount));
    let between = |from, to| {
        let fixture = &stage.fixture;
        let lines = [(from, fixture.naira(-2)), (to, fixture.naira(2))];
        let lines = lines.map(|(creator, amount)| (fixture.account(kind, creator), amount));
        Change::Post(fixture.entry(EntryKind::Release, None, &lines))
    };
    let sets = (0..CROWD).map(|number| {
        stage.fixture.set(match number % 4 {
            0 => vec![debit(one), debit(other)],
            1 => vec![debit(other), debit(one)],
            2 => vec![between(one, other)],
            _ => vec![between(other, one)],
        })
    });
    let outcomes = stage.race(sets.collect()).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), CROWD, "there is money for all: {outcomes:?}");
    let spent = i64::try_from(CROWD / 2).expect("a small number");
    for creator in [one, other] {
        assert_eq!(balance(&stage, creator, kind).await, 1_000 - spent, "moved to and fro, spent once each");
    }
    assert_eq!(stage.store.imbalances(10).await.expect("the ledger is audited"), [], "it adds up");
}

/// Different decisions about different rows do not disturb each other.
pub async fn no_collision(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let mut changes = Vec::new();
    for _ in 0..8 {
        for variant in [
            Variant::InsertOrder,
            Variant::AdvanceOrder,
            Variant::Post,
            Variant::Take,
            Variant::ClaimLink,
            Variant::InsertNotice,
        ] {
            changes.push(variant.prepare(&stage).await);
        }
    }
    let sets = changes.iter().map(|change| stage.fixture.set(vec![change.clone()]));
    let outcomes = stage.race(sets.collect()).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), changes.len(), "all have room: {outcomes:?}");
    for change in &changes {
        stage.expect_whole(change, "beside others").await;
    }
}
