//! Reading wallets: balances, earnings, lines and their pages.

use super::{
    StoreHarness,
    earnings::quarter,
    stage::{Ordered, Stage},
};
use marketplace_core::{
    commit::Change,
    id::{EntryId, OrderId, UserId},
    ledger::{Account, AccountKind, Cause, EntryKind, JournalEntry, Line, WalletLine},
    money::{Currency, Money},
    page::Page,
};
use std::collections::BTreeMap;

const AVAILABLE: AccountKind = AccountKind::CreatorAvailable;
const DEBT: AccountKind = AccountKind::CreatorDebt;
const PENDING: AccountKind = AccountKind::CreatorPending;
const RESERVED: AccountKind = AccountKind::CreatorReserved;

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

impl Stage {
    /// An entry of these lines on a creator's accounts; what the gateway holds makes it balance.
    fn wallet_entry(
        &self,
        kind: EntryKind,
        order: Option<OrderId>,
        creator: UserId,
        lines: &[(AccountKind, Money)],
    ) -> JournalEntry {
        let mut whole: Vec<(Account, Money)> = Vec::new();
        for (kind, amount) in lines {
            let back = amount.checked_neg().expect("a small amount");
            whole.push((self.fixture.account(*kind, creator), *amount));
            whole.push((self.fixture.platform(AccountKind::GatewayClearing), back));
        }
        self.fixture.entry(kind, order, &whole)
    }

    async fn post_all(&self, entries: &[JournalEntry]) {
        for entry in entries {
            self.apply(vec![Change::Post(entry.clone())]).await;
        }
    }

    async fn lines(&self, creator: UserId, currency: Option<Currency>, page: Page) -> Vec<WalletLine> {
        self.store.wallet_lines(creator, currency, page).await.expect("wallet lines are read")
    }
}

/// What a creator's lines are by the port: those of these entries, newest id first, by kind within an entry, each
/// with the sum up to it in the order of ids.
fn expected(entries: &[JournalEntry], creator: UserId) -> Vec<WalletLine> {
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.id());
    let mut sums = BTreeMap::<(AccountKind, Currency), i64>::new();
    let mut of_entries = Vec::new();
    for entry in sorted {
        let mut lines = Vec::new();
        for line in entry.lines().iter().filter(|line| line.account.owner() == Some(creator)) {
            let currency = line.amount.currency();
            let sum = sums.entry((line.account.kind(), currency)).or_default();
            *sum += line.amount.minor();
            lines.push(WalletLine {
                entry: entry.id(),
                kind: entry.kind(),
                account: line.account.kind(),
                amount: line.amount,
                balance_after: Money::new(*sum, currency),
                order: entry.order(),
                at: entry.at(),
                releases_at: None,
            });
        }
        of_entries.push(lines);
    }
    of_entries.into_iter().rev().flatten().collect()
}

/// Each account that ever moved is listed once, by currency and then kind, also when it is empty again.
pub async fn balances_are_in_order(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, other) = (stage.creator().await.id, stage.creator().await.id);
    let nothing = stage.store.balances_of(creator).await.expect("balances are read");
    assert_eq!(nothing, [], "a creator without entries");
    let fixture = &stage.fixture;
    let francs = |minor| Money::new(minor, Currency::XOF);
    let sale = |creator, lines: &[_]| stage.wallet_entry(EntryKind::Sale, None, creator, lines);
    let entries = [
        sale(creator, &[(DEBT, francs(-4)), (AVAILABLE, dollars(6)), (RESERVED, fixture.naira(7))]),
        sale(creator, &[(AVAILABLE, fixture.naira(5)), (AVAILABLE, francs(2))]),
        sale(other, &[(AVAILABLE, fixture.naira(1_000))]),
        sale(creator, &[(AVAILABLE, fixture.naira(-5)), (AVAILABLE, dollars(1))]),
    ];
    stage.post_all(&entries).await;
    let balances = stage.store.balances_of(creator).await.expect("balances are read");
    let balances: Vec<_> = balances.into_iter().map(|balance| (balance.kind, balance.amount)).collect();
    let wanted = [
        (AVAILABLE, fixture.naira(0)),
        (RESERVED, fixture.naira(7)),
        (AVAILABLE, dollars(7)),
        (AVAILABLE, francs(2)),
        (DEBT, francs(-4)),
    ];
    assert_eq!(balances, wanted, "by currency, then kind");
}

/// Earnings are the lines of sales on all accounts of a creator, net, per currency; later movements do not count.
pub async fn earnings_are_net_sales(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, other) = (stage.creator().await.id, stage.creator().await.id);
    assert_eq!(stage.store.earned_by(creator).await.expect("earnings are read"), [], "without a sale");
    let fixture = &stage.fixture;
    let entry = |kind, creator, lines: &[_]| stage.wallet_entry(kind, None, creator, lines);
    let entries = [
        entry(EntryKind::Sale, creator, &[(AVAILABLE, fixture.naira(100)), (DEBT, fixture.naira(-30))]),
        entry(EntryKind::Sale, creator, &[(PENDING, fixture.naira(11)), (RESERVED, dollars(3))]),
        entry(EntryKind::Sale, other, &[(AVAILABLE, fixture.naira(5_000))]),
        fixture.transfer(PENDING, AVAILABLE, creator, fixture.naira(11)),
        entry(EntryKind::Release, creator, &[(AVAILABLE, fixture.naira(-60)), (AVAILABLE, dollars(8))]),
        entry(EntryKind::Sale, creator, &[(AVAILABLE, fixture.naira(-1))]),
    ];
    stage.post_all(&entries).await;
    let mut earned = stage.store.earned_by(creator).await.expect("earnings are read");
    earned.sort_by_key(|amount| amount.currency());
    assert_eq!(earned, [fixture.naira(80), dollars(3)], "net of what sales took");
}

/// Lines come newest entry first and by kind within an entry; only a creator's own; with the balance after each.
pub async fn lines_are_in_order(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let Ordered { creator, order, .. } = stage.ordered().await;
    let other = stage.creator().await.id;
    let whole = Page::first(Page::MAX);
    assert_eq!(stage.lines(creator.id, None, whole).await, [], "a creator without entries");
    let fixture = &stage.fixture;
    let sale = |lines: &[_]| stage.wallet_entry(EntryKind::Sale, Some(order.id), creator.id, lines);
    let shared = [
        (fixture.account(AVAILABLE, creator.id), fixture.naira(8)),
        (fixture.account(AVAILABLE, other), fixture.naira(9)),
        (fixture.platform(AccountKind::GatewayClearing), fixture.naira(-17)),
    ];
    let entries = [
        sale(&[(RESERVED, fixture.naira(7)), (AVAILABLE, fixture.naira(50)), (DEBT, fixture.naira(-2))]),
        stage.wallet_entry(EntryKind::Sale, None, other, &[(AVAILABLE, fixture.naira(1))]),
        fixture.transfer(RESERVED, AVAILABLE, creator.id, fixture.naira(3)),
        fixture.entry(EntryKind::Sale, None, &shared),
        fixture.debit(AVAILABLE, creator.id, fixture.naira(61)),
        sale(&[(AVAILABLE, fixture.naira(4)), (RESERVED, dollars(5))]),
    ];
    stage.post_all(&entries).await;
    for creator in [creator.id, other] {
        assert_eq!(stage.lines(creator, None, whole).await, expected(&entries, creator), "of {creator}");
    }
}

/// The balance after a line goes by the ids of entries, also when an entry with an older id came later.
pub async fn balances_after_lines_go_by_id(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let mut entries = Vec::new();
    for kobo in [500, 30, -20, 7, -1] {
        let amount = stage.fixture.naira(kobo);
        entries.push(stage.wallet_entry(EntryKind::Sale, None, creator, &[(AVAILABLE, amount)]));
    }
    for position in [0, 4, 2, 3, 1] {
        stage.apply(vec![Change::Post(entries[position].clone())]).await;
    }
    let lines = stage.lines(creator, None, Page::first(Page::MAX)).await;
    let after: Vec<_> = lines.iter().map(|line| line.balance_after.minor()).collect();
    assert_eq!(after, [516, 517, 510, 530, 500], "newest id first");
    assert_eq!(lines, expected(&entries, creator));
}

/// Pages count entries and hold them whole; together they are the list, each line once.
pub async fn pages_hold_whole_entries(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let mut entries = Vec::new();
    for kobo in 1..=7 {
        let amount = stage.fixture.naira(kobo);
        let lines = [(AVAILABLE, amount), (RESERVED, amount), (DEBT, amount)];
        let most = if kobo % 3 == 0 { 1 } else { 3 };
        entries.push(stage.wallet_entry(EntryKind::Sale, None, creator, &lines[..most]));
    }
    stage.post_all(&entries).await;
    let whole = expected(&entries, creator);
    for limit in 1..=8 {
        let mut read = Vec::new();
        let mut before = None;
        loop {
            let lines = stage.lines(creator, None, Page { limit, before }).await;
            let mut ids: Vec<EntryId> = lines.iter().map(|line| line.entry).collect();
            ids.dedup();
            assert!(ids.len() <= limit as usize, "a page of {limit} has {} entries", ids.len());
            let Some(last) = ids.last() else { break };
            before = Some(last.uuid());
            read.extend(lines);
            assert!(read.len() <= whole.len(), "pages of {limit} overlap: {read:?}");
        }
        assert_eq!(read, whole, "in pages of {limit}");
    }
}

/// With a currency only its lines are listed and counted; the balances after them are the same.
pub async fn a_currency_stands_alone(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let mut entries = Vec::new();
    for minor in 1..=6 {
        let lines = [(AVAILABLE, stage.fixture.naira(minor)), (RESERVED, dollars(10 * minor))];
        let lines = match minor % 3 {
            0 => &lines[..],
            1 => &lines[..1],
            _ => &lines[1..],
        };
        entries.push(stage.wallet_entry(EntryKind::Sale, None, creator, lines));
    }
    stage.post_all(&entries).await;
    let whole = expected(&entries, creator);
    for currency in [Currency::NGN, Currency::USD, Currency::GHS] {
        let wanted: Vec<_> =
            whole.iter().filter(|line| line.amount.currency() == currency).cloned().collect();
        let all = stage.lines(creator, Some(currency), Page::first(Page::MAX)).await;
        assert_eq!(all, wanted, "in {currency}");
        let mut read = Vec::new();
        let mut before = None;
        loop {
            let lines = stage.lines(creator, Some(currency), Page { limit: 1, before }).await;
            let Some(last) = lines.last() else { break };
            assert_eq!(lines.len(), 1, "each entry has one line in {currency}");
            before = Some(last.entry.uuid());
            read.extend(lines);
            assert!(read.len() <= wanted.len(), "pages overlap: {read:?}");
        }
        assert_eq!(read, wanted, "in {currency}, one by one");
    }
}

/// The pending line of a sale says when the open hold of its order ends; other lines say nothing, and neither does
/// it once the hold is released.
pub async fn held_lines_say_until_when(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let Ordered { creator, order, .. } = stage.ordered().await;
    let (rival, other) = (stage.creator().await.id, stage.ordered().await.order);
    let fixture = &stage.fixture;
    let amount = fixture.naira(250);
    let sale = |order: OrderId| {
        let lines = [(PENDING, amount), (AVAILABLE, fixture.naira(1))];
        stage.wallet_entry(EntryKind::Sale, Some(order), creator.id, &lines)
    };
    let (held, unheld) = (sale(order.id), sale(other.id));
    let hold = fixture.hold(&order, creator.id, amount);
    let of_rival = fixture.hold(&other, rival, amount);
    stage.post_all(&[held.clone(), unheld.clone()]).await;
    stage.apply(vec![Change::InsertHold(hold.clone()), Change::InsertHold(of_rival)]).await;
    let until = |lines: &[WalletLine]| -> Vec<_> { lines.iter().map(|line| line.releases_at).collect() };
    let whole = Page::first(Page::MAX);
    let lines = stage.lines(creator.id, None, whole).await;
    assert_eq!(until(&lines), [None, None, Some(hold.releases_at), None], "one line of four: {lines:?}");
    let cause = Cause::new(EntryKind::Release, hold.id);
    let back = fixture.naira(-250);
    let out =
        [(fixture.account(PENDING, creator.id), back), (fixture.account(AVAILABLE, creator.id), amount)];
    let out = out.map(|(account, amount)| Line { account, amount });
    let id = EntryId::from_uuid(fixture.uuid());
    let at = fixture.tick();
    let entry = JournalEntry::new(id, EntryKind::Release, cause, Some(order.id), at, out);
    let entry = Change::Post(entry.expect("the lines balance"));
    stage.apply(vec![Change::ReleaseHold { id: hold.id, at }, entry]).await;
    let lines = stage.lines(creator.id, None, whole).await;
    assert_eq!(until(&lines), [None; 6], "nothing is held any more: {lines:?}");
}

/// Of these entries, what a creator's accounts hold, by currency and kind, and what sales brought, by currency.
fn sums(entries: &[JournalEntry], creator: UserId) -> (BTreeMap<(Currency, AccountKind), i64>, Vec<Money>) {
    let mut balances = BTreeMap::<(Currency, AccountKind), i64>::new();
    let mut earned = BTreeMap::<Currency, i64>::new();
    for entry in entries {
        for line in entry.lines().iter().filter(|line| line.account.owner() == Some(creator)) {
            let currency = line.amount.currency();
            *balances.entry((currency, line.account.kind())).or_default() += line.amount.minor();
            if entry.kind() == EntryKind::Sale {
                *earned.entry(currency).or_default() += line.amount.minor();
            }
        }
    }
    let earned = earned.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect();
    (balances, earned)
}

/// Earnings, balances and lines are the same whether entries are in the chain, wait for it, or are committed after later
/// ones were chained; in each currency, also one that comes to nothing or that the order has no line in.
pub async fn the_same_in_and_out_of_the_chain(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (seller, other) = (stage.seller(1_000).await, stage.seller(500).await);
    let fixture = &stage.fixture;
    let own = |kind, amount| (fixture.account(kind, seller.0), amount);
    let others = (fixture.account(AVAILABLE, other.0), fixture.naira(450));
    let francs = |minor| Money::new(minor, Currency::XOF);
    let mut orders = Vec::new();
    for _ in 0..4 {
        orders.push(stage.order_of(&[&seller.1, &other.1]).await);
    }
    let entries = [
        fixture.sale(
            &orders[0],
            quarter(0),
            &[own(AVAILABLE, fixture.naira(870)), own(DEBT, fixture.naira(-30)), others],
        ),
        fixture.sale(
            &orders[1],
            quarter(5),
            &[own(RESERVED, fixture.naira(40)), own(AVAILABLE, dollars(9)), others],
        ),
        fixture.sale(&orders[2], quarter(2), &[own(AVAILABLE, francs(5)), own(DEBT, francs(-5))]),
        fixture.transfer(AVAILABLE, RESERVED, seller.0, fixture.naira(25)),
        fixture.sale(
            &orders[3],
            quarter(3),
            &[own(AVAILABLE, dollars(1)), own(RESERVED, fixture.naira(7)), others],
        ),
        fixture.debit(AVAILABLE, seller.0, fixture.naira(845)),
    ];
    let mut posted = Vec::new();
    for (step, (more, chained)) in
        [(&[1, 2][..], 1), (&[0], 1), (&[], 1), (&[3, 4], 10), (&[5], 10)].into_iter().enumerate()
    {
        for number in more {
            posted.push(entries[*number].clone());
            stage.post([&entries[*number]]).await;
        }
        for place in ["posted", "chained"] {
            for creator in [seller.0, other.0] {
                let (balances, earned) = sums(&posted, creator);
                let mut found = stage.store.earned_by(creator).await.expect("earnings are read");
                found.sort_by_key(|amount| amount.currency());
                assert_eq!(found, earned, "earned in step {step}, {place}");
                let found = stage.store.balances_of(creator).await.expect("balances are read");
                let found: Vec<_> = found
                    .iter()
                    .map(|balance| ((balance.amount.currency(), balance.kind), balance.amount.minor()))
                    .collect();
                assert_eq!(found, Vec::from_iter(balances), "balances in step {step}, {place}");
                let lines = stage.lines(creator, None, Page::first(Page::MAX)).await;
                assert_eq!(lines, expected(&posted, creator), "lines in step {step}, {place}");
            }
            let found = stage.store.imbalances(10).await.expect("the audit runs");
            assert_eq!(found, [], "in step {step}, {place}");
            stage.expect_folded_right().await;
            if place == "posted" {
                stage.seal(chained).await;
            }
        }
    }
}
