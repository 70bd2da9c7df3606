//! Change sets as a whole: none, many, their order, and which refusal it is.

use super::{
    StoreHarness,
    ledger::balance,
    stage::{Outcome, Stage, insert_file},
};
use marketplace_core::{
    Version,
    commit::{Change, LimitKey, Refusal},
    delivery::RevokeReason,
    ledger::{AccountKind, EntryKind},
    order::OrderState,
    payment::{Attempt, AttemptState, NoticeOutcome},
};

/// How many changes a large set has.
const MANY: usize = 300;

/// A decision without changes is a decision: applied, replayed, and its key is not free.
pub async fn an_empty_set_is_a_decision(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let set = stage.fixture.set(vec![]);
    assert_eq!(stage.send(&set).await, Outcome::Applied, "an empty set");
    assert_eq!(stage.send(&set).await, Outcome::Replayed, "an empty set again");
    let job = Change::Enqueue(stage.fixture.job());
    let reused = stage.fixture.with_other_input(set.decision(), vec![job.clone()]);
    assert_eq!(stage.send(&reused).await, Outcome::Refused(Refusal::KeyReused), "its key with other input");
    stage.expect_nothing(&job, "under a reused key").await;
}

/// Many changes of many kinds are applied as one.
pub async fn a_large_set_is_one(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let mut changes = Vec::new();
    while changes.len() < MANY {
        let creator = fixture.creator();
        let product = fixture.product(&creator);
        let order = fixture.order(None, &[&product]);
        let entry = fixture.credit(AccountKind::CreatorAvailable, creator.id, product.price);
        changes.extend([
            Change::InsertUser(creator),
            Change::InsertProduct(product),
            Change::Grant(fixture.entitlement(&order, &order.lines[0])),
            Change::Post(entry),
            Change::Enqueue(fixture.job()),
            Change::InsertNotice(fixture.notice()),
        ]);
        let grant = changes.len() - 4;
        changes.insert(grant, Change::InsertOrder(order));
    }
    let last = stage.stale();
    let refused: Vec<_> = changes.iter().cloned().chain([last]).collect();
    stage.refuse(refused, Refusal::Stale).await;
    for change in &changes {
        stage.expect_nothing(change, "after the last change was refused").await;
    }
    let set = fixture.set(changes);
    assert_eq!(stage.send(&set).await, Outcome::Applied, "{} changes", set.changes().len());
    assert_eq!(stage.send(&set).await, Outcome::Replayed, "{} changes again", set.changes().len());
    for change in set.changes() {
        stage.expect_whole(change, "in a large set").await;
    }
}

/// A later change of a set sees what earlier ones did: a whole sale fits into one set.
pub async fn later_changes_see_earlier_ones(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let product = stage.shop().await.product;
    let upload = fixture.upload(&product);
    stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
    let (file, buyer) = (fixture.file(&upload), fixture.user());
    let order = fixture.order(Some(&buyer), &[&product]);
    let attempt = fixture.attempt(&order);
    let paid = Attempt {
        state: AttemptState::Succeeded,
        paid_at: Some(fixture.tick()),
        version: attempt.version.next(),
        ..attempt.clone()
    };
    let entry = fixture.credit(AccountKind::CreatorPending, product.creator, product.price);
    let (pending, available) = (AccountKind::CreatorPending, AccountKind::CreatorAvailable);
    let hold = fixture.hold(&order, product.creator, product.price);
    let right = fixture.entitlement(&order, &order.lines[0]);
    let link = fixture.link(&right, &file);
    let session = fixture.download(&link, &file);
    let notice = fixture.notice();
    let at = fixture.tick();
    let changes = vec![
        insert_file(&file, &upload),
        Change::InsertUser(buyer),
        Change::InsertOrder(order.clone()),
        Change::InsertNotice(notice.clone()),
        Change::InsertAttempt(attempt.clone()),
        Change::AdvanceAttempt { seen: attempt.version, to: paid },
        Change::AdvanceOrder { id: order.id, seen: order.version, to: OrderState::Paid, at },
        Change::Post(entry),
        Change::InsertHold(hold.clone()),
        Change::Grant(right.clone()),
        Change::IssueLink(link.clone()),
        Change::ClaimLink { id: link.id, at, session },
        Change::CloseNotice { key: notice.key, outcome: NoticeOutcome::Settled, at },
        Change::AdvanceOrder { id: order.id, seen: order.version.next(), to: OrderState::Refunded, at },
        Change::Revoke { id: right.id, seen: right.version, reason: RevokeReason::Refunded, at },
        Change::ReleaseHold { id: hold.id, at },
        Change::Post(fixture.transfer(pending, available, product.creator, product.price)),
        Change::RemoveFile { id: file.file.id, at },
    ];
    let set = fixture.set(changes);
    assert_eq!(stage.send(&set).await, Outcome::Applied, "{set:?}");
    let found = stage.store.order(order.id).await.expect("orders are read").expect("the order is there");
    assert_eq!(
        (found.state, found.paid_at, found.version),
        (OrderState::Refunded, Some(at), Version::from_i64(3)),
        "moved twice in one set"
    );
    for change in set.changes() {
        if matches!(
            change,
            Change::ReleaseHold { .. }
                | Change::RemoveFile { .. }
                | Change::ClaimLink { .. }
                | Change::Revoke { .. }
        ) {
            stage.expect_whole(change, "in a set that also made its row").await;
        }
    }
    assert_eq!(balance(&stage, product.creator, available).await, product.price.minor());
    assert_eq!(stage.store.imbalances(10).await.expect("the ledger is audited"), [], "it adds up");
}

/// The same changes in another order have another outcome.
pub async fn order_matters(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let (kind, amount) = (AccountKind::CreatorAvailable, stage.fixture.naira(5));
    let credit = || Change::Post(stage.fixture.credit(kind, creator, amount));
    let debit = || Change::Post(stage.fixture.debit(kind, creator, amount));
    stage.refuse(vec![debit(), credit()], Refusal::BelowFloor).await;
    stage.apply(vec![credit(), debit()]).await;

    let limit = LimitKey::new("test", stage.fixture.word("limit"));
    let take = |units| Change::Take { limit: limit.clone(), units, cap: 1 };
    stage.apply(vec![take(1)]).await;
    stage.refuse(vec![take(1), take(-1)], Refusal::LimitReached).await;
    stage.apply(vec![take(-1), take(1)]).await;

    let order = stage.ordered().await.order;
    let advance = |seen, to| Change::AdvanceOrder { id: order.id, seen, to, at: stage.fixture.tick() };
    let (first, second) = (order.version, order.version.next());
    let both = [advance(first, OrderState::Paid), advance(second, OrderState::Disputed)];
    stage.refuse(both.iter().rev().cloned().collect(), Refusal::Stale).await;
    stage.apply(both.to_vec()).await;
}

/// Of two changes that would be refused, the first one gives the reason.
pub async fn the_first_refusal_wins(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let (user, creator) = (stage.customer().await, stage.creator().await.id);
    let limit = LimitKey::new("test", fixture.word("full"));
    let reasons = || {
        [
            (Refusal::Stale, stage.stale()),
            (Refusal::Taken, Change::InsertUser(user.clone())),
            (
                Refusal::BelowFloor,
                Change::Post(fixture.debit(AccountKind::CreatorAvailable, creator, fixture.naira(1))),
            ),
            (Refusal::LimitReached, Change::Take { limit: limit.clone(), units: 1, cap: 0 }),
        ]
    };
    for (position, (refusal, first)) in reasons().into_iter().enumerate() {
        for (other, (_, second)) in reasons().into_iter().enumerate() {
            if other == position {
                continue;
            }
            let witness = Change::Enqueue(fixture.job());
            stage.refuse(vec![witness.clone(), first.clone(), second], refusal).await;
            stage.expect_nothing(&witness, "before two refusals").await;
        }
    }
}

/// Money that comes in a set can move on in it, through one floored account after the other.
pub async fn money_moves_on_within_a_set(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let fixture = &stage.fixture;
    let amount = fixture.naira(90);
    let (pending, available, reserved) =
        (AccountKind::CreatorPending, AccountKind::CreatorAvailable, AccountKind::CreatorReserved);
    let sale = || Change::Post(fixture.credit(pending, creator, amount));
    let release = || Change::Post(fixture.transfer(pending, available, creator, amount));
    let reserve = || Change::Post(fixture.transfer(available, reserved, creator, amount));
    stage.refuse(vec![sale(), reserve(), release()], Refusal::BelowFloor).await;
    stage.apply(vec![sale(), release(), reserve()]).await;
    for (kind, kobo) in [(pending, 0), (available, 0), (reserved, 90)] {
        assert_eq!(balance(&stage, creator, kind).await, kobo, "{kind} after its money moved on");
    }
    let lines = [
        (fixture.account(reserved, creator), fixture.naira(-90)),
        (fixture.account(AccountKind::CreatorInPayout, creator), amount),
    ];
    let out = fixture.entry(EntryKind::Release, None, &lines);
    stage.apply(vec![Change::Post(out)]).await;
    assert_eq!(balance(&stage, creator, AccountKind::CreatorInPayout).await, 90);
}
