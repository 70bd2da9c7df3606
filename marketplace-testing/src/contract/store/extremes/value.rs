//! Times, money, numbers, ids, and the words of states.

use crate::contract::store::{
    StoreHarness,
    stage::{Ordered, Outcome, Shop, Stage, insert_file},
};
use marketplace_core::{
    Actor,
    catalog::Product,
    commit::{Change, ChangeSet, Decision},
    delivery::{Entitlement, Link},
    id::{EntryId, ProductId, UserId},
    identity::{Role, User},
    job::NewJob,
    ledger::{AccountKind, EntryKind, Hold, JournalEntry},
    money::{Currency, Money, Rate},
    order::{Order, OrderLine, OrderState},
    payment::{
        Attempt, AttemptState, Claimed, Mode, Notice, PaymentClaim, Review, ReviewDecision, ReviewReason,
    },
    time::Timestamp,
};
use uuid::Uuid;

/// The edges of time, and odd microseconds around them.
fn times() -> [Timestamp; 9] {
    let last = Timestamp::MAX.as_micros();
    [i64::MIN, -62_167_219_199_999_999, -1, 0, 1, 999, 1_795_413_600_123_457, last - 1, last]
        .map(Timestamp::from_micros)
}

fn dinars() -> Currency {
    Currency::from_code("KWD").expect("Kuwaiti dinars")
}

/// Amounts at the edges, of currencies with two, no and three digits.
fn amounts() -> Vec<Money> {
    let currencies = [Currency::NGN, Currency::XOF, dinars()];
    let of = |currency| [0, 1, 9_007_199_254_740_993, i64::MAX].map(|minor| Money::new(minor, currency));
    currencies.into_iter().flat_map(of).collect()
}

/// Every moment is kept to the microsecond.
pub async fn moments(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    for at in times() {
        let user = User { created_at: at, suspended_at: Some(at), ..fixture.creator() };
        stage.keeps(Change::InsertUser(user.clone())).await;
        let product = Product { created_at: at, published_at: Some(at), ..fixture.product(&user) };
        stage.keeps(Change::InsertProduct(product.clone())).await;
        let mut upload = fixture.upload(&product);
        upload.created_at = at;
        upload.expires_at = at;
        stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
        let mut file = fixture.file(&upload);
        file.file.created_at = at;
        file.version.created_at = at;
        stage.keeps(insert_file(&file, &upload)).await;
        let order = Order { created_at: at, ..fixture.order(None, &[&product]) };
        stage.keeps(Change::InsertOrder(order.clone())).await;
        let attempt = Attempt { created_at: at, paid_at: Some(at), ..fixture.attempt(&order) };
        stage.keeps(Change::InsertAttempt(attempt)).await;
        let (id, seen) = (order.id, order.version);
        stage.keeps(Change::AdvanceOrder { id, seen, to: OrderState::Paid, at }).await;
        let hold = fixture.hold(&order, user.id, fixture.naira(1));
        stage.keeps(Change::InsertHold(Hold { releases_at: at, ..hold.clone() })).await;
        stage.keeps(Change::ReleaseHold { id: hold.id, at }).await;
        let right = Entitlement { granted_at: at, ..fixture.entitlement(&order, &order.lines[0]) };
        stage.keeps(Change::Grant(right.clone())).await;
        let link = Link { created_at: at, expires_at: at, ..fixture.link(&right, &file) };
        stage.keeps(Change::IssueLink(link.clone())).await;
        let mut session = fixture.download(&link, &file);
        session.created_at = at;
        session.expires_at = at;
        stage.keeps(Change::ClaimLink { id: link.id, at, session }).await;
        stage.keeps(Change::RemoveFile { id: file.file.id, at }).await;
        stage.keeps(Change::Enqueue(NewJob { run_at: at, created_at: at, ..fixture.job() })).await;
        stage.keeps(Change::InsertNotice(Notice { received_at: at, ..fixture.notice() })).await;
        stage.keeps(Change::OpenReview(Review { opened_at: at, ..fixture.review() })).await;
        let drawn = fixture.credit(AccountKind::CreatorAvailable, user.id, fixture.naira(1));
        let lines = drawn.lines().iter().copied();
        let entry = JournalEntry::new(drawn.id(), drawn.kind(), drawn.cause().clone(), None, at, lines);
        stage.keeps(Change::Post(entry.expect("the lines balance"))).await;
        let decision = Decision { at, ..fixture.decision() };
        let set = ChangeSet::for_testing(decision, vec![]);
        assert_eq!(stage.send(&set).await, Outcome::Applied, "a decision at {at}");
    }
}

/// Amounts are kept to the unit, in currencies of any number of digits.
pub async fn money(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    for amount in amounts() {
        let creator = stage.creator().await;
        let product = Product { price: amount, ..fixture.product(&creator) };
        stage.keeps(Change::InsertProduct(product.clone())).await;
        let order = fixture.order(None, &[&product]);
        stage.keeps(Change::InsertOrder(order.clone())).await;
        let attempt = Attempt { gateway_fee: Some(amount), ..fixture.attempt(&order) };
        stage.keeps(Change::InsertAttempt(attempt)).await;
        let claim = PaymentClaim {
            claimed: Claimed::Dispute,
            reference: String::new(),
            mode: Some(Mode::Live),
            amount: Some(amount),
        };
        stage.keeps(Change::InsertNotice(Notice { claim: Some(claim), ..fixture.notice() })).await;
        let (expected, found) = (Some(amount), Some(Money::new(i64::MIN, amount.currency())));
        let order_id = Some(order.id);
        let review = Review { expected, found, order: order_id, ..fixture.review() };
        stage.keeps(Change::OpenReview(review)).await;
        if amount.minor() > 0 {
            stage.keeps(Change::InsertHold(fixture.hold(&order, creator.id, amount))).await;
        }
    }
    // Entries in a store of their own: a pile of the largest amounts has no sum in 64 bits.
    for currency in [Currency::NGN, Currency::XOF, dinars()] {
        let stage = Stage::new(harness).await;
        let creator = stage.creator().await.id;
        let amount = Money::new(i64::MAX, currency);
        stage.keeps(Change::Post(stage.fixture.credit(AccountKind::CreatorAvailable, creator, amount))).await;
        let audit = stage.store.imbalances(10).await.expect("the ledger is audited");
        assert_eq!(audit, [], "the largest amount adds up");
    }
}

/// Lines, rates, sizes and ids at their edges.
pub async fn numbers(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let Shop { product, .. } = stage.shop().await;
    let rate = |text: &str| text.parse::<Rate>().expect("a rate");
    let rates = ["0", "1", "0.000001", "0.999999", "0.123456", "0.1"].map(rate);
    let mut order = fixture.order(None, &[&product; 120]);
    for (line, rate) in order.lines.iter_mut().zip(rates.into_iter().cycle()) {
        let fee = line.price.share(rate).expect("a share fits");
        *line = OrderLine { fee_rate: rate, fee, title: fixture.word("title"), ..line.clone() };
    }
    stage.keeps(Change::InsertOrder(order)).await;

    for size in [0, 1, i64::MAX.unsigned_abs()] {
        let upload = fixture.upload(&product);
        stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
        let mut file = fixture.file(&upload);
        file.version.size = size;
        stage.keeps(insert_file(&file, &upload)).await;
    }

    for id in [Uuid::nil(), Uuid::from_u128(1), Uuid::max()] {
        let user = User { id: UserId::from_uuid(id), role: Role::Admin, ..fixture.creator() };
        stage.keeps(Change::InsertUser(user.clone())).await;
        let product = Product { id: ProductId::from_uuid(id), ..fixture.product(&user) };
        stage.keeps(Change::InsertProduct(product)).await;
        let lines = [
            (fixture.platform(AccountKind::GatewayClearing), fixture.naira(-9)),
            (fixture.account(AccountKind::CreatorAvailable, user.id), fixture.naira(9)),
        ];
        let drawn = fixture.entry(EntryKind::Sale, None, &lines);
        let (id, lines) = (EntryId::from_uuid(id), drawn.lines().iter().copied());
        let entry = JournalEntry::new(id, drawn.kind(), drawn.cause().clone(), None, drawn.at(), lines);
        stage.keeps(Change::Post(entry.expect("the lines balance"))).await;
    }
    let audit = stage.store.imbalances(10).await.expect("the ledger is audited");
    assert_eq!(audit, [], "accounts of the first and the last id add up");
}

/// Every word of every state is kept.
pub async fn words(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let Ordered { creator, order, buyer, .. } = stage.ordered().await;
    for role in Role::ALL {
        stage.keeps(Change::InsertUser(User { role: *role, ..fixture.user() })).await;
    }
    for state in marketplace_core::catalog::ProductState::ALL {
        let (state, published_at) = (*state, None);
        stage
            .keeps(Change::InsertProduct(Product { state, published_at, ..fixture.product(&creator) }))
            .await;
    }
    for state in AttemptState::ALL.iter().filter(|state| !state.is_open()) {
        stage.keeps(Change::InsertAttempt(Attempt { state: *state, ..fixture.attempt(&order) })).await;
    }
    for mode in Mode::ALL {
        let other = stage.ordered().await.order;
        stage.keeps(Change::InsertAttempt(Attempt { mode: *mode, ..fixture.attempt(&other) })).await;
    }
    for reason in ReviewReason::ALL {
        stage.keeps(Change::OpenReview(Review { reason: *reason, ..fixture.review() })).await;
    }
    for claimed in Claimed::ALL {
        let claim = PaymentClaim { claimed: *claimed, reference: "r".to_owned(), mode: None, amount: None };
        stage.keeps(Change::InsertNotice(Notice { claim: Some(claim), ..fixture.notice() })).await;
    }
    for decision in ReviewDecision::ALL {
        let review = fixture.review();
        stage.keeps(Change::OpenReview(review.clone())).await;
        let closing = fixture.closing(*decision);
        stage.keeps(Change::CloseReview { id: review.id, closing }).await;
    }
    for outcome in marketplace_core::payment::NoticeOutcome::ALL {
        let notice = Notice { claim: None, ..fixture.notice() };
        stage.keeps(Change::InsertNotice(notice.clone())).await;
        let (key, at) = (notice.key, fixture.tick());
        stage.keeps(Change::CloseNotice { key, outcome: *outcome, at }).await;
    }
    for reason in marketplace_core::delivery::RevokeReason::ALL {
        let right = stage.granted().await.entitlement;
        let (id, seen, at) = (right.id, right.version, fixture.tick());
        stage.keeps(Change::Revoke { id, seen, reason: *reason, at }).await;
    }
    for kind in AccountKind::ALL {
        let owner = stage.creator().await.id;
        let (debt, clearing) = (AccountKind::CreatorDebt, AccountKind::GatewayClearing);
        let (here, there) = if kind.is_owned() {
            (fixture.account(*kind, owner), fixture.platform(clearing))
        } else {
            (fixture.platform(*kind), fixture.account(debt, owner))
        };
        for entry in EntryKind::ALL {
            let lines = [(here, fixture.naira(1)), (there, fixture.naira(-1))];
            let entry = Change::Post(fixture.entry(*entry, Some(order.id), &lines));
            stage.apply(vec![entry.clone()]).await;
            let journal = stage.store.unsealed(None, 1_000).await.expect("the journal is read");
            let Change::Post(entry) = entry else { continue };
            assert!(journal.contains(&entry), "not read back equal: {entry:?}");
        }
    }
    let actors =
        [Actor::User(buyer.id), Actor::Operator(creator.id), Actor::Guest, Actor::Gateway, Actor::System];
    for actor in actors {
        let set = ChangeSet::for_testing(Decision { actor, ..fixture.decision() }, vec![]);
        assert_eq!(stage.send(&set).await, Outcome::Applied, "a decision by {actor}");
    }
}
