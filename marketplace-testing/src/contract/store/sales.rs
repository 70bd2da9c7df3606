//! The list of what a creator sold.

use super::{StoreHarness, stage::Stage};
use marketplace_core::{
    catalog::Product,
    commit::Change,
    earnings::{SalesFilter, SoldLine, SoldOrder},
    id::UserId,
    ledger::{AccountKind, JournalEntry},
    money::Money,
    order::{Order, OrderState},
    page::Page,
    time::Timestamp,
};

const AVAILABLE: AccountKind = AccountKind::CreatorAvailable;
const START: i64 = 1_795_413_600_000_000;

/// So many milliseconds and microseconds after the beginning.
fn at(millis: i64, micros: i64) -> Timestamp {
    Timestamp::from_micros(START + millis * 1_000 + micros)
}

impl Stage {
    /// Stores an order of these products and its sale, which brings each creator 90 % of the own lines.
    async fn sold(&self, at: Timestamp, products: &[&Product]) -> (Order, JournalEntry) {
        let order = self.order_of(products).await;
        let mut shares = Vec::new();
        for line in &order.lines {
            let net = line.price.checked_sub(line.fee).expect("a fee is at most the price");
            shares.push((self.fixture.account(AVAILABLE, line.creator), net));
        }
        let entry = self.fixture.sale(&order, at, &shares);
        let to = OrderState::Paid;
        let paid = Change::AdvanceOrder { id: order.id, seen: order.version, to, at };
        self.apply(vec![paid, Change::Post(entry.clone())]).await;
        (order, entry)
    }

    async fn list(&self, creator: UserId, filter: SalesFilter, page: Page) -> Vec<SoldOrder> {
        self.store.sold(creator, filter, page).await.expect("sales are read")
    }
}

/// What the list shows of an order to a creator.
fn shown(creator: UserId, (order, entry): &(Order, JournalEntry)) -> SoldOrder {
    let own = || (0..).zip(&order.lines).filter(|(_, line)| line.creator == creator);
    let net = own().map(|(_, line)| line.price.minor() - line.fee.minor()).sum();
    SoldOrder {
        entry: entry.id(),
        order: order.id,
        state: OrderState::Paid,
        email: order.buyer.email.clone(),
        at: entry.at(),
        earned: Money::new(net, order.total.currency()),
        lines: own()
            .map(|(position, line)| SoldLine {
                position,
                product: line.product,
                title: line.title.clone(),
                price: line.price,
                fee: line.fee,
            })
            .collect(),
    }
}

const ALL: SalesFilter = SalesFilter { from: None, to: None, product: None };

/// Newest first; the own lines of each order in the order of the cart; entries that are no sales, and those without an
/// order, are left out.
pub async fn listed(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (one, two) = (stage.seller(1_000).await, stage.seller(500).await);
    let second =
        Product { price: stage.fixture.naira(30), ..stage.fixture.product(&stage.user(one.0).await) };
    stage.apply(vec![Change::InsertProduct(second.clone())]).await;
    let page = Page::first(Page::MAX);
    assert_eq!(stage.list(one.0, ALL, page).await, [], "nothing was sold");
    let shared = stage.sold(at(5, 0), &[&second, &two.1, &one.1]).await;
    let early = stage.sold(at(3, 0), &[&one.1]).await;
    let others = stage.sold(at(4, 0), &[&two.1]).await;
    let late = stage.sold(at(9, 0), &[&second]).await;
    let moved =
        stage.fixture.transfer(AVAILABLE, AccountKind::CreatorReserved, one.0, stage.fixture.naira(5));
    let bare = stage.fixture.credit(AVAILABLE, one.0, stage.fixture.naira(7));
    stage.post([&moved, &bare]).await;
    let unpaid = stage.order_of(&[&one.1]).await;

    let list = stage.list(one.0, ALL, page).await;
    assert_eq!(list, [&late, &shared, &early].map(|sold| shown(one.0, sold)), "without {}", unpaid.id);
    assert_eq!(list[1].lines.iter().map(|line| line.position).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(stage.list(two.0, ALL, page).await, [&shared, &others].map(|sold| shown(two.0, sold)));
    let nobody = stage.creator().await.id;
    assert_eq!(stage.list(nobody, ALL, page).await, []);
}

/// A page goes on where the one before ended, past any number of other entries.
pub async fn in_pages(harness: &dyn StoreHarness) {
    const SALES: usize = 12;
    let stage = Stage::new(harness).await;
    let seller = stage.seller(1_000).await;
    let mut wanted = Vec::new();
    for number in 0..SALES {
        let millis = i64::try_from(number).expect("a small number");
        wanted.insert(0, shown(seller.0, &stage.sold(at(millis, 0), &[&seller.1]).await));
        // Half way there are many entries that are no sales, more than a store takes at once.
        let between = if number == SALES / 2 { 150 } else { 1 };
        for _ in 0..between {
            let amount = stage.fixture.naira(1);
            let transfer = stage.fixture.transfer(AVAILABLE, AccountKind::CreatorReserved, seller.0, amount);
            let moved = stage.fixture.entry_at(transfer.kind(), at(millis, 500), transfer.lines());
            stage.post([&moved]).await;
        }
    }
    for limit in [1, 2, 5, 12, 13, 100] {
        let (mut read, mut before) = (Vec::new(), None);
        loop {
            let page = stage.list(seller.0, ALL, Page { limit, before }).await;
            assert!(page.len() <= limit as usize, "as many as asked for");
            let Some(last) = page.last() else { break };
            before = Some(last.entry.uuid());
            read.extend(page);
            assert!(read.len() <= SALES, "sales come twice: {read:?}");
        }
        assert_eq!(read, wanted, "pages of {limit}");
    }
}

/// By time to the microsecond, and by product; an order is listed whole when one of its lines is wanted.
pub async fn filtered(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let seller = stage.seller(1_000).await;
    let (creator, book) = (seller.0, seller.1);
    let song =
        Product { price: stage.fixture.naira(30), ..stage.fixture.product(&stage.user(creator).await) };
    stage.apply(vec![Change::InsertProduct(song.clone())]).await;
    let foreign = stage.seller(500).await.1;
    let mut sold = Vec::new();
    for (time, products) in [
        (at(1, 0), vec![&book]),
        (at(1, 1), vec![&song]),
        (at(1, 999), vec![&song, &book]),
        (at(2, 0), vec![&book, &foreign]),
        (at(70_000, 0), vec![&book]),
    ] {
        sold.push(stage.sold(time, &products).await);
    }
    let pick = |numbers: &[usize]| -> Vec<SoldOrder> {
        numbers.iter().map(|number| shown(creator, &sold[*number])).collect()
    };
    let page = Page::first(Page::MAX);
    let between = |from, to| SalesFilter { from, to, product: None };
    for (filter, wanted) in [
        (ALL, vec![4, 3, 2, 1, 0]),
        (between(Some(at(1, 1)), None), vec![4, 3, 2, 1]),
        (between(None, Some(at(1, 1))), vec![0]),
        (between(Some(at(1, 0)), Some(at(2, 0))), vec![2, 1, 0]),
        (between(Some(at(1, 2)), Some(at(1, 999))), vec![]),
        (between(Some(at(2, 0)), Some(at(2, 1))), vec![3]),
        (between(Some(at(3, 0)), None), vec![4]),
        (SalesFilter { product: Some(book.id), ..ALL }, vec![4, 3, 2, 0]),
        (SalesFilter { product: Some(song.id), ..ALL }, vec![2, 1]),
        (SalesFilter { product: Some(song.id), ..between(None, Some(at(1, 2))) }, vec![1]),
        (SalesFilter { product: Some(foreign.id), ..ALL }, vec![]),
    ] {
        assert_eq!(stage.list(creator, filter, page).await, pick(&wanted), "{filter:?}");
    }
    let songs = SalesFilter { product: Some(song.id), ..ALL };
    assert_eq!(stage.list(creator, songs, Page::first(1)).await, pick(&[2]));
    let rest = Page { limit: 1, before: Some(sold[2].1.id().uuid()) };
    assert_eq!(stage.list(creator, songs, rest).await, pick(&[1]));
}
