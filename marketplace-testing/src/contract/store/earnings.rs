//! What creators sold over time: sums of what is in the chain together with what is not in it yet.

use super::{
    StoreHarness,
    stage::{Outcome, Stage, at_once, count},
};
use marketplace_core::{
    Store,
    catalog::Product,
    commit::Change,
    earnings::{Figures, quarter_of},
    id::UserId,
    ledger::{AccountKind, EntryKind, JournalEntry, Line, Seal, chain},
    money::{Currency, Money},
    order::Order,
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};

const AVAILABLE: AccountKind = AccountKind::CreatorAvailable;
const QUARTER: Duration = Duration::from_mins(15);

/// The beginning of a quarter of an hour, so many of them after the first one.
pub(super) fn quarter(number: u32) -> Timestamp {
    let first = quarter_of(Timestamp::from_micros(1_795_413_600_000_000));
    first.saturating_add(QUARTER * number)
}

fn microseconds(count: u64) -> Duration {
    Duration::from_micros(count)
}

fn naira(gross: i64, fees: i64, orders: u64) -> Figures {
    let naira = |minor| Money::new(minor, Currency::NGN);
    Figures { gross: naira(gross), fees: naira(fees), refunds: naira(0), orders }
}

const NOTHING: Figures = Figures::none(Currency::NGN);

impl Stage {
    /// A stored creator with a stored product of that price.
    pub(super) async fn seller(&self, price: i64) -> (UserId, Product) {
        let creator = self.creator().await;
        let product = Product { price: self.fixture.naira(price), ..self.fixture.product(&creator) };
        self.apply(vec![Change::InsertProduct(product.clone())]).await;
        (creator.id, product)
    }

    /// A stored order of one each.
    pub(super) async fn order_of(&self, products: &[&Product]) -> Order {
        let order = self.fixture.order(None, products);
        self.apply(vec![Change::InsertOrder(order.clone())]).await;
        order
    }

    /// The entry of a sale at a time that brings one creator `net`; posted by nobody yet.
    async fn sale_at(&self, at: Timestamp, (creator, product): &(UserId, Product), net: i64) -> JournalEntry {
        let order = self.order_of(&[product]).await;
        self.fixture.sale(&order, at, &[(self.fixture.account(AVAILABLE, *creator), self.fixture.naira(net))])
    }

    pub(super) async fn post(&self, entries: impl IntoIterator<Item = &JournalEntry>) {
        for entry in entries {
            self.apply(vec![Change::Post(entry.clone())]).await;
        }
    }

    /// Chains so many entries of the tail.
    pub(super) async fn seal(&self, most: u32) {
        assert!(seal(&*self.store, most).await, "nobody else seals");
    }

    async fn figures(&self, creator: UserId, bounds: &[Timestamp]) -> Vec<Figures> {
        figures(&*self.store, creator, bounds).await
    }

    pub(super) async fn expect_folded_right(&self) {
        let wrong = self.store.misfolded(100).await.expect("what is kept is compared");
        assert_eq!(wrong, [], "what is kept differs from the entries");
    }
}

async fn figures(store: &dyn Store, creator: UserId, bounds: &[Timestamp]) -> Vec<Figures> {
    store.figures(creator, Currency::NGN, bounds).await.expect("figures are read")
}

async fn seal(store: &dyn Store, most: u32) -> bool {
    let mut last = store.last_seal().await.expect("the last link is read");
    let mut seals: Vec<Seal> = Vec::new();
    for entry in store.unsealed(None, most).await.expect("the tail is read") {
        let link = chain(last.as_ref(), &entry);
        last = Some(link.clone());
        seals.push(link);
    }
    store.append_seals(seals).await.expect("links are appended or refused")
}

/// A sale counts where it was posted, to the quarter of an hour, in its own currency, for its own creator; and the
/// same whether it is chained or not.
pub async fn counted_by_quarter(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (one, two) = (stage.seller(1_000).await, stage.seller(500).await);
    let bounds: Vec<Timestamp> = [4, 8, 9, 100].map(quarter).to_vec();
    assert_eq!(stage.figures(one.0, &bounds).await, [NOTHING; 3], "nothing was sold");
    assert_eq!(stage.figures(one.0, &bounds[..1]).await, [], "one bound has nothing on either side");

    let before = |number| quarter(number).saturating_sub(microseconds(1));
    let mut entries = Vec::new();
    for at in [before(4), quarter(4), quarter(7), before(8), quarter(8), before(100), quarter(100)] {
        entries.push(stage.sale_at(at, &one, 900).await);
    }
    entries.push(stage.sale_at(quarter(5), &two, 450).await);
    let dollars = Money::new(7, Currency::USD);
    let other = [(stage.fixture.account(AVAILABLE, one.0), dollars)];
    entries.push(stage.fixture.sale(&stage.order_of(&[&one.1]).await, quarter(6), &other));
    entries.push(stage.fixture.debit(AVAILABLE, one.0, stage.fixture.naira(11)));
    stage.post(&entries).await;

    let wanted = [naira(3_000, 300, 3), naira(1_000, 100, 1), naira(1_000, 100, 1)];
    for chained in 0..=entries.len() {
        assert_eq!(stage.figures(one.0, &bounds).await, wanted, "{chained} entries are chained");
        assert_eq!(stage.figures(two.0, &bounds[..2]).await, [naira(500, 50, 1)]);
        stage.expect_folded_right().await;
        if chained < entries.len() {
            stage.seal(1).await;
        }
    }
    let dollars = stage.store.figures(one.0, Currency::USD, &bounds).await.expect("figures are read");
    assert_eq!(
        (dollars[0].gross.minor(), dollars[0].orders),
        (7, 1),
        "no line of the order has its currency"
    );
    let whole = stage.figures(one.0, &[quarter(0), quarter(200)]).await;
    assert_eq!(whole, [naira(7_000, 700, 7)], "all together");
}

/// Of an order that several share, each creator has the own lines; what the entry brought less than their prices are
/// fees. An entry without an order counts what it brought.
pub async fn shared_by_lines(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (one, two) = (stage.seller(1_000).await, stage.seller(500).await);
    let order = stage.order_of(&[&one.1, &two.1]).await;
    let account = |kind, creator| stage.fixture.account(kind, creator);
    let shares = [
        (account(AVAILABLE, one.0), stage.fixture.naira(500)),
        (account(AccountKind::CreatorReserved, one.0), stage.fixture.naira(370)),
        (account(AVAILABLE, two.0), stage.fixture.naira(450)),
    ];
    let shared = stage.fixture.sale(&order, quarter(0), &shares);
    let back = stage.fixture.naira(-25);
    let bare = [
        (account(AVAILABLE, two.0), stage.fixture.naira(25)),
        (stage.fixture.platform(AccountKind::GatewayClearing), back),
    ];
    let bare = stage.fixture.entry(EntryKind::Sale, None, &bare);
    stage.post([&shared, &bare]).await;
    let bounds = [quarter(0), quarter(1_000)];
    for chained in [false, true] {
        assert_eq!(stage.figures(one.0, &bounds).await, [naira(1_000, 130, 1)], "chained: {chained}");
        assert_eq!(stage.figures(two.0, &bounds).await, [naira(525, 50, 2)], "chained: {chained}");
        stage.seal(10).await;
        stage.expect_folded_right().await;
    }
}

/// An entry that is committed after later ones were chained counts all the same, in its own time.
pub async fn late_entries_count(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let seller = stage.seller(1_000).await;
    let bounds: Vec<Timestamp> = (0..=6).map(quarter).collect();
    let mut entries = Vec::new();
    for number in 0..6 {
        entries.push(stage.sale_at(quarter(number), &seller, 900 - i64::from(number)).await);
    }
    let wanted = |posted: &[usize]| -> Vec<Figures> {
        let figures = |number: usize| {
            let less = i64::try_from(number).expect("a small number");
            if posted.contains(&number) { naira(1_000, 100 + less, 1) } else { NOTHING }
        };
        (0..6).map(figures).collect()
    };
    let mut posted = Vec::new();
    for round in [&[2, 4][..], &[3, 0], &[5, 1]] {
        posted.extend_from_slice(round);
        for number in round {
            stage.post([&entries[*number]]).await;
        }
        assert_eq!(stage.figures(seller.0, &bounds).await, wanted(&posted), "in the tail: {round:?}");
        stage.seal(10).await;
        assert_eq!(stage.figures(seller.0, &bounds).await, wanted(&posted), "in the chain: {round:?}");
        stage.expect_folded_right().await;
    }
}

/// Links that are refused add nothing.
pub async fn refused_links_add_nothing(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let seller = stage.seller(1_000).await;
    let bounds = [quarter(0), quarter(2)];
    let mut entries = Vec::new();
    for number in 0..2 {
        entries.push(stage.sale_at(quarter(number), &seller, 900).await);
    }
    stage.post(&entries).await;
    let first = chain(None, &entries[0]);
    for (links, appended) in [
        (vec![Seal { number: 2, ..chain(None, &entries[1]) }], false),
        (vec![first.clone()], true),
        (vec![first.clone()], false),
        (
            vec![
                chain(Some(&first), &entries[1]),
                chain(Some(&chain(Some(&first), &entries[1])), &entries[0]),
            ],
            false,
        ),
    ] {
        let done = stage.store.append_seals(links).await.expect("links are appended or refused");
        assert_eq!(done, appended);
        assert_eq!(stage.figures(seller.0, &bounds).await, [naira(2_000, 200, 2)]);
        stage.expect_folded_right().await;
    }
}

/// Beside sealers and sales that race, no reader misses an acknowledged sale or counts one twice.
pub async fn raced(harness: &dyn StoreHarness) {
    const SALES: u32 = 40;
    let stage = Stage::new(harness).await;
    let (seller, other) = (stage.seller(1_000).await, stage.seller(1_000).await);
    let bounds = [quarter(0), quarter(1_000)];
    let mut sets = Vec::new();
    for number in 0..SALES {
        // Ids and times run against the order of the commits here and there, as those of several processes do.
        let at = quarter(if number % 3 == 0 { SALES - number } else { number });
        let of = if number % 2 == 0 { &seller } else { &other };
        sets.push(stage.fixture.set(vec![Change::Post(stage.sale_at(at, of, 900).await)]));
    }
    let watch = |creator| {
        let store = Arc::clone(&stage.store);
        async move {
            let mut seen = 0;
            for _ in 0..30 {
                let now = figures(&*store, creator, &bounds).await[0].orders;
                assert!(now >= seen && now <= u64::from(SALES) / 2, "{now} orders after {seen}");
                seen = now;
                seal(&*store, 5).await;
            }
        }
    };
    let watchers = [seller.0, other.0, seller.0, other.0].map(watch);
    let (_, outcomes) = tokio::join!(at_once(watchers), stage.race(sets));
    assert_eq!(count(&outcomes, &Outcome::Applied), SALES as usize, "{outcomes:?}");
    for _ in 0..2 {
        for creator in [seller.0, other.0] {
            assert_eq!(stage.figures(creator, &bounds).await, [naira(20_000, 2_000, 20)]);
        }
        while !stage.store.unsealed(None, 1).await.expect("the tail is read").is_empty() {
            seal(&*stage.store, 7).await;
        }
        stage.expect_folded_right().await;
    }
}

/// The largest amounts are kept to the unit, also where all of a creator's together do not fit.
pub async fn the_largest_amounts(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let kinds = [
        (AVAILABLE, AccountKind::GatewayClearing),
        (AccountKind::CreatorPending, AccountKind::GatewayFees),
        (AccountKind::CreatorReserved, AccountKind::Refunds),
    ];
    let mut entries = Vec::new();
    for ((to, from), number) in kinds.into_iter().zip(0..) {
        let lines = [
            Line { account: stage.fixture.account(to, creator), amount: stage.fixture.naira(i64::MAX) },
            Line { account: stage.fixture.platform(from), amount: stage.fixture.naira(-i64::MAX) },
        ];
        entries.push(stage.fixture.entry_at(EntryKind::Sale, quarter(number), &lines));
    }
    // The last one comes late, so that sums behind it move.
    for entry in [&entries[0], &entries[2], &entries[1]] {
        stage.post([entry]).await;
        stage.seal(1).await;
    }
    let bounds: Vec<Timestamp> = (0..=3).map(quarter).collect();
    assert_eq!(stage.figures(creator, &bounds).await, [naira(i64::MAX, 0, 1); 3]);
    stage.expect_folded_right().await;
}
