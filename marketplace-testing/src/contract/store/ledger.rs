//! Posting: what entries do to balances, and what floors refuse.

use super::{
    StoreHarness,
    stage::{Ordered, Outcome, Stage, count},
};
use marketplace_core::{
    commit::{Change, Refusal},
    error::StoreError,
    id::UserId,
    ledger::{AccountKind, EntryKind, JournalEntry},
    money::{Currency, Money},
};

/// The kinds of accounts that must not be negative.
const FLOORED: [AccountKind; 4] = [
    AccountKind::CreatorPending,
    AccountKind::CreatorAvailable,
    AccountKind::CreatorReserved,
    AccountKind::CreatorInPayout,
];

/// The balance of an account of naira; zero if it never moved.
pub(super) async fn balance(stage: &Stage, creator: UserId, kind: AccountKind) -> i64 {
    balance_in(stage, creator, kind, Currency::NGN).await
}

async fn balance_in(stage: &Stage, creator: UserId, kind: AccountKind, currency: Currency) -> i64 {
    let balances = stage.store.balances_of(creator).await.expect("balances are read");
    let of_account = |balance: &&marketplace_core::ledger::Balance| {
        balance.kind == kind && balance.amount.currency() == currency
    };
    balances.iter().find(of_account).map_or(0, |balance| balance.amount.minor())
}

async fn expect_healthy(stage: &Stage) {
    let found = stage.store.imbalances(100).await.expect("the ledger is audited");
    assert_eq!(found, [], "the ledger does not add up");
}

/// Credits and debits add up, whoever posts them in whatever sizes.
pub async fn balances_are_sums(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, kind) = (stage.creator().await.id, AccountKind::CreatorAvailable);
    let mut sum = 0;
    for (step, kobo) in
        [1, 250_000, -250_001, 7, 7, -3, 1_000_000_007, -11, -1_000_000_007, 90].into_iter().enumerate()
    {
        let amount = stage.fixture.naira(i64::abs(kobo));
        let entry = if kobo > 0 {
            stage.fixture.credit(kind, creator, amount)
        } else {
            stage.fixture.debit(kind, creator, amount)
        };
        stage.apply(vec![Change::Post(entry)]).await;
        sum += kobo;
        assert_eq!(balance(&stage, creator, kind).await, sum, "after step {step}");
        expect_healthy(&stage).await;
    }
    let journal = stage.store.unsealed(None, 100).await.expect("the journal is read");
    assert_eq!(journal.len(), 10, "every entry is kept");
}

/// Every line of an entry moves its own account.
pub async fn every_line_counts(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let Ordered { creator, order, .. } = stage.ordered().await;
    let other = stage.creator().await.id;
    let fixture = &stage.fixture;
    let dollars = |minor| Money::new(minor, Currency::USD);
    let lines = [
        (fixture.platform(AccountKind::GatewayClearing), fixture.naira(-1_000)),
        (fixture.platform(AccountKind::GatewayFees), fixture.naira(-15)),
        (fixture.platform(AccountKind::PlatformRevenue), fixture.naira(100)),
        (fixture.platform(AccountKind::Tax), fixture.naira(75)),
        (fixture.account(AccountKind::CreatorAvailable, creator.id), fixture.naira(500)),
        (fixture.account(AccountKind::CreatorReserved, creator.id), fixture.naira(40)),
        (fixture.account(AccountKind::CreatorAvailable, other), fixture.naira(310)),
        (fixture.account(AccountKind::CreatorDebt, other), fixture.naira(-10)),
        (fixture.platform(AccountKind::GatewayClearing), dollars(-3)),
        (fixture.account(AccountKind::CreatorInPayout, creator.id), dollars(3)),
    ];
    let entry = fixture.entry(EntryKind::Sale, Some(order.id), &lines);
    stage.apply(vec![Change::Post(entry.clone())]).await;
    let stored = stage.store.unsealed(None, 10).await.expect("the journal is read");
    assert_eq!(stored, [entry], "an entry is read back with all its lines");
    for (account, amount) in lines {
        let Some(owner) = account.owner() else { continue };
        let found = balance_in(&stage, owner, account.kind(), amount.currency()).await;
        assert_eq!(found, amount.minor(), "{account} in {}", amount.currency());
    }
    expect_healthy(&stage).await;
}

/// A floor lets the last unit go and not one more, on each kind of account that has one.
pub async fn floors_are_exactly_zero(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    for kind in FLOORED {
        let creator = stage.creator().await.id;
        let post = |kobo: i64| {
            let amount = stage.fixture.naira(i64::abs(kobo));
            vec![Change::Post(if kobo > 0 {
                stage.fixture.credit(kind, creator, amount)
            } else {
                stage.fixture.debit(kind, creator, amount)
            })]
        };
        stage.refuse(post(-1), Refusal::BelowFloor).await;
        assert_eq!(stage.store.balances_of(creator).await.expect("balances are read"), [], "nothing moved");
        stage.apply(post(10)).await;
        stage.refuse(post(-11), Refusal::BelowFloor).await;
        assert_eq!(balance(&stage, creator, kind).await, 10, "{kind} after a refusal");
        stage.apply(post(-9)).await;
        stage.refuse(post(-2), Refusal::BelowFloor).await;
        stage.apply(post(-1)).await;
        assert_eq!(balance(&stage, creator, kind).await, 0, "{kind}, all of it gone");
        stage.refuse(post(-1), Refusal::BelowFloor).await;
        stage.apply(post(1)).await;
        stage.apply(post(-1)).await;
        assert_eq!(balance(&stage, creator, kind).await, 0, "{kind} in the end");
    }
}

/// A debt and the marketplace's own accounts may be negative.
pub async fn other_accounts_have_no_floor(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let fixture = &stage.fixture;
    for _ in 0..3 {
        let entry = fixture.debit(AccountKind::CreatorDebt, creator, fixture.naira(40));
        stage.apply(vec![Change::Post(entry)]).await;
    }
    assert_eq!(balance(&stage, creator, AccountKind::CreatorDebt).await, -120, "a debt");
    stage
        .apply(vec![Change::Post(fixture.credit(AccountKind::CreatorDebt, creator, fixture.naira(20)))])
        .await;
    assert_eq!(balance(&stage, creator, AccountKind::CreatorDebt).await, -100, "a debt, partly paid");
    for kind in AccountKind::ALL.iter().filter(|kind| !kind.is_owned() && **kind != AccountKind::Refunds) {
        let lines = [
            (fixture.platform(*kind), fixture.naira(-5)),
            (fixture.platform(AccountKind::Refunds), fixture.naira(5)),
        ];
        stage.apply(vec![Change::Post(fixture.entry(EntryKind::Release, None, &lines))]).await;
    }
    expect_healthy(&stage).await;
}

/// Money of another currency, kind or creator does not hold up a floor.
pub async fn floors_stand_apart(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, other) = (stage.creator().await.id, stage.creator().await.id);
    let fixture = &stage.fixture;
    let kind = AccountKind::CreatorAvailable;
    let naira = fixture.naira(100);
    let dollars = Money::new(100, Currency::USD);
    for entry in [
        fixture.credit(kind, creator, dollars),
        fixture.credit(AccountKind::CreatorReserved, creator, naira),
        fixture.credit(kind, other, naira),
    ] {
        stage.apply(vec![Change::Post(entry)]).await;
    }
    stage
        .refuse(vec![Change::Post(fixture.debit(kind, creator, fixture.naira(1)))], Refusal::BelowFloor)
        .await;
    stage.apply(vec![Change::Post(fixture.credit(kind, creator, fixture.naira(30)))]).await;
    stage
        .refuse(vec![Change::Post(fixture.debit(kind, creator, fixture.naira(31)))], Refusal::BelowFloor)
        .await;
    stage.apply(vec![Change::Post(fixture.debit(kind, creator, fixture.naira(30)))]).await;
    stage.apply(vec![Change::Post(fixture.debit(kind, creator, dollars))]).await;
    assert_eq!(balance(&stage, creator, kind).await, 0);
    assert_eq!(balance_in(&stage, creator, kind, Currency::USD).await, 0);
    assert_eq!(balance(&stage, creator, AccountKind::CreatorReserved).await, 100);
    assert_eq!(balance(&stage, other, kind).await, 100);
    expect_healthy(&stage).await;
}

/// One line below its floor refuses the whole entry, and with it the set.
pub async fn one_line_below_its_floor_is_enough(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (rich, poor) = (stage.creator().await.id, stage.creator().await.id);
    let fixture = &stage.fixture;
    let kind = AccountKind::CreatorAvailable;
    stage.apply(vec![Change::Post(fixture.credit(kind, rich, fixture.naira(100)))]).await;
    stage.apply(vec![Change::Post(fixture.credit(kind, poor, fixture.naira(9)))]).await;
    let lines = [
        (fixture.account(kind, rich), fixture.naira(-10)),
        (fixture.account(kind, poor), fixture.naira(-10)),
        (fixture.platform(AccountKind::Refunds), fixture.naira(20)),
    ];
    let fits = fixture.debit(kind, rich, fixture.naira(1));
    let entry = fixture.entry(EntryKind::Release, None, &lines);
    stage.refuse(vec![Change::Post(fits), Change::Post(entry)], Refusal::BelowFloor).await;
    assert_eq!(balance(&stage, rich, kind).await, 100, "untouched");
    assert_eq!(balance(&stage, poor, kind).await, 9, "untouched");
    let journal = stage.store.unsealed(None, 10).await.expect("the journal is read");
    assert_eq!(journal.len(), 2, "the two credits are all there is");
    expect_healthy(&stage).await;
}

/// Credits count for a floor at once: those of earlier sets, however many, and those before it in its own set.
pub async fn credits_count_at_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, kind) = (stage.creator().await.id, AccountKind::CreatorReserved);
    let credit = |kobo| Change::Post(stage.fixture.credit(kind, creator, stage.fixture.naira(kobo)));
    let debit = |kobo| Change::Post(stage.fixture.debit(kind, creator, stage.fixture.naira(kobo)));
    for _ in 0..50 {
        stage.apply(vec![credit(1), credit(1)]).await;
    }
    stage.refuse(vec![debit(101)], Refusal::BelowFloor).await;
    stage.apply(vec![debit(100)]).await;
    assert_eq!(balance(&stage, creator, kind).await, 0, "a hundred credits were spent");

    stage.refuse(vec![debit(5), credit(5)], Refusal::BelowFloor).await;
    stage.apply(vec![credit(5), debit(5)]).await;
    stage.apply(vec![credit(5), debit(2), credit(4), debit(7)]).await;
    assert_eq!(balance(&stage, creator, kind).await, 0, "credited and spent in one set");
    stage.apply(vec![credit(3)]).await;
    stage.refuse(vec![debit(2), debit(2)], Refusal::BelowFloor).await;
    assert_eq!(balance(&stage, creator, kind).await, 3, "untouched by a refused set");
    stage.apply(vec![debit(2), debit(1)]).await;
    assert_eq!(balance(&stage, creator, kind).await, 0, "spent in two debits of one set");
    expect_healthy(&stage).await;
}

/// 64 credits and debits at the same moment, with money for all of them: every one counts once.
pub async fn parallel_postings_add_up(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, kind) = (stage.creator().await.id, AccountKind::CreatorAvailable);
    stage.apply(vec![Change::Post(stage.fixture.credit(kind, creator, stage.fixture.naira(10_000)))]).await;
    let mut sum = 10_000;
    let sets = (1..=64).map(|kobo| {
        let amount = stage.fixture.naira(kobo);
        let entry = if kobo % 2 == 0 {
            sum += kobo;
            stage.fixture.credit(kind, creator, amount)
        } else {
            sum -= kobo;
            stage.fixture.debit(kind, creator, amount)
        };
        stage.fixture.set(vec![Change::Post(entry)])
    });
    let outcomes = stage.race(sets.collect()).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), 64, "there is money for all: {outcomes:?}");
    assert_eq!(balance(&stage, creator, kind).await, sum, "every posting counts once");
    let journal = stage.store.unsealed(None, 100).await.expect("the journal is read");
    let lines = journal.iter().flat_map(JournalEntry::lines);
    let own = lines.filter(|line| line.account.owner() == Some(creator));
    assert_eq!(own.map(|line| line.amount.minor()).sum::<i64>(), sum, "the lines say the same");
    expect_healthy(&stage).await;
}

/// Credits that come while others spend: nothing is spent that was not there, and nothing gets lost.
pub async fn parallel_spending_stays_above_the_floor(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, kind) = (stage.creator().await.id, AccountKind::CreatorAvailable);
    for round in 0..4 {
        let before = balance(&stage, creator, kind).await;
        let sets = (0..64).map(|number| {
            let amount = stage.fixture.naira(1);
            let entry = if number % 2 == 0 {
                stage.fixture.credit(kind, creator, amount)
            } else {
                stage.fixture.debit(kind, creator, amount)
            };
            stage.fixture.set(vec![Change::Post(entry)])
        });
        let outcomes = stage.race(sets.collect()).await;
        let refused = count(&outcomes, &Outcome::Refused(Refusal::BelowFloor));
        let applied = count(&outcomes, &Outcome::Applied);
        assert_eq!(applied + refused, 64, "a floor is the only reason: {outcomes:?}");
        assert!(refused <= 32, "no credit is refused: {outcomes:?}");
        let left = i64::try_from(refused).expect("a small number");
        assert_eq!(balance(&stage, creator, kind).await, before + left, "in round {round}: {outcomes:?}");
    }
    expect_healthy(&stage).await;
}

/// The largest amounts are kept to the unit.
pub async fn the_largest_amounts_fit(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, kind) = (stage.creator().await.id, AccountKind::CreatorAvailable);
    let fixture = &stage.fixture;
    let lines = [
        (fixture.platform(AccountKind::GatewayClearing), fixture.naira(i64::MIN)),
        (fixture.platform(AccountKind::PlatformRevenue), fixture.naira(1)),
        (fixture.account(kind, creator), fixture.naira(i64::MAX)),
    ];
    let entry = fixture.entry(EntryKind::Sale, None, &lines);
    stage.apply(vec![Change::Post(entry.clone())]).await;
    assert_eq!(
        stage.store.unsealed(None, 10).await.expect("the journal is read"),
        [entry],
        "kept to the unit"
    );
    assert_eq!(balance(&stage, creator, kind).await, i64::MAX);
    let earned = stage.store.earned_by(creator).await.expect("earnings are read");
    assert_eq!(earned, [fixture.naira(i64::MAX)], "earned to the unit");
    expect_healthy(&stage).await;
    stage.apply(vec![Change::Post(fixture.debit(kind, creator, fixture.naira(i64::MAX)))]).await;
    assert_eq!(balance(&stage, creator, kind).await, 0, "spent to the unit");
    stage
        .refuse(
            vec![Change::Post(fixture.debit(kind, creator, fixture.naira(i64::MAX)))],
            Refusal::BelowFloor,
        )
        .await;
    expect_healthy(&stage).await;
}

/// A balance beyond 64 bits is never shown as another number: the entry that would make it is not applied and
/// changes nothing, or the balance is a defect when it is read (stores in which credits do not wait for a balance
/// cannot know before).
pub async fn a_balance_never_wraps(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, kind) = (stage.creator().await.id, AccountKind::CreatorAvailable);
    let credit = |kobo| Change::Post(stage.fixture.credit(kind, creator, stage.fixture.naira(kobo)));
    stage.apply(vec![credit(i64::MAX)]).await;
    let witness = Change::Enqueue(stage.fixture.job());
    match stage.try_apply(vec![credit(1), witness.clone()]).await {
        Outcome::Applied => {
            stage.expect_whole(&witness, "of a set that was applied").await;
            let read = stage.store.balances_of(creator).await;
            assert!(
                matches!(read, Err(StoreError::Defect(_))),
                "a balance beyond 64 bits was read as {read:?}"
            );
        }
        Outcome::Replayed => panic!("a new decision was replayed"),
        Outcome::Refused(_) | Outcome::Failed(_) => {
            stage.expect_nothing(&witness, "of a set that was not applied").await;
            assert_eq!(balance(&stage, creator, kind).await, i64::MAX, "untouched");
            let journal = stage.store.unsealed(None, 10).await.expect("the journal is read");
            assert_eq!(journal.len(), 1, "the first entry is all there is");
        }
    }
}

/// The audit names what does not add up: money that is pending without a hold, and holds without money; as many
/// findings as were asked for.
pub async fn the_audit_finds_what_is_not_held(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    expect_healthy(&stage).await;
    let Ordered { creator, order, .. } = stage.ordered().await;
    let fixture = &stage.fixture;
    let amount = fixture.naira(250);
    let hold = fixture.hold(&order, creator.id, amount);
    let entry = fixture.credit(AccountKind::CreatorPending, creator.id, amount);
    stage.apply(vec![Change::Post(entry), Change::InsertHold(hold.clone())]).await;
    expect_healthy(&stage).await;
    stage.apply(vec![Change::ReleaseHold { id: hold.id, at: fixture.tick() }]).await;
    let found = stage.store.imbalances(10).await.expect("the ledger is audited");
    let numbers: Vec<_> = found.iter().map(|found| (found.expected, found.found)).collect();
    assert_eq!(numbers, [(0, 250)], "pending without a hold: {found:?}");
    let out =
        fixture.transfer(AccountKind::CreatorPending, AccountKind::CreatorAvailable, creator.id, amount);
    stage.apply(vec![Change::Post(out)]).await;
    expect_healthy(&stage).await;

    for (kobo, findings) in [(30, 1), (40, 2)] {
        let creator = stage.creator().await.id;
        stage.apply(vec![Change::InsertHold(fixture.hold(&order, creator, fixture.naira(kobo)))]).await;
        let found = stage.store.imbalances(10).await.expect("the ledger is audited");
        assert_eq!(found.len(), findings, "a hold without money each: {found:?}");
        assert!(found.iter().any(|found| (found.expected, found.found) == (kobo, 0)), "{found:?}");
    }
    assert_eq!(stage.store.imbalances(1).await.expect("the ledger is audited").len(), 1, "one was asked for");
}
