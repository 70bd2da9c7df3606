//! Wallets on the wire: decimal strings beside one currency.

use marketplace_core::{
    id::{EntryId, OrderId},
    ledger::{AccountKind, CurrencyBalances, EntryKind, WalletLine},
    time::Timestamp,
};
use serde::Serialize;

/// All balances of a creator.
#[derive(Debug, Serialize)]
pub(crate) struct BalancesView {
    balances: Vec<BalanceView>,
}

#[derive(Debug, Serialize)]
struct BalanceView {
    currency: &'static str,
    available: String,
    pending: String,
    reserved: String,
    in_payout: String,
    lifetime: String,
}

impl From<Vec<CurrencyBalances>> for BalancesView {
    fn from(rows: Vec<CurrencyBalances>) -> Self {
        let view = |row: CurrencyBalances| BalanceView {
            currency: row.available.currency().code(),
            available: row.available.to_decimal_string(),
            pending: row.pending.to_decimal_string(),
            reserved: row.reserved.to_decimal_string(),
            in_payout: row.in_payout.to_decimal_string(),
            lifetime: row.lifetime.to_decimal_string(),
        };
        Self { balances: rows.into_iter().map(view).collect() }
    }
}

/// A movement on one of a creator's accounts. An entry that moves money between two of them shows as two.
#[derive(Debug, Serialize)]
pub(crate) struct EntryView {
    id: EntryId,
    kind: EntryKind,
    account: &'static str,
    currency: &'static str,
    amount: String,
    balance_after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    releases_at: Option<Timestamp>,
}

impl From<WalletLine> for EntryView {
    fn from(line: WalletLine) -> Self {
        Self {
            id: line.entry,
            kind: line.kind,
            account: account(line.account),
            currency: line.amount.currency().code(),
            amount: line.amount.to_decimal_string(),
            balance_after: line.balance_after.to_decimal_string(),
            order_id: line.order,
            created_at: line.at,
            releases_at: line.releases_at,
        }
    }
}

/// The word that the balances have for it.
const fn account(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::CreatorAvailable => "available",
        AccountKind::CreatorPending => "pending",
        AccountKind::CreatorReserved => "reserved",
        AccountKind::CreatorInPayout => "in_payout",
        AccountKind::CreatorDebt => "debt",
        other => other.as_str(),
    }
}
