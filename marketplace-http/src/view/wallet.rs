//! Wallets on the wire: decimal strings beside one currency.

use crate::openapi::wire;
use marketplace_core::{
    id::{EntryId, OrderId},
    ledger::{AccountKind, CurrencyBalances, EntryKind, WalletLine},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// All balances of a creator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Wallet)]
pub(crate) struct BalancesView {
    balances: Vec<BalanceView>,
}

/// The balances in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletBalance)]
struct BalanceView {
    #[schema(value_type = wire::Currency)]
    currency: &'static str,
    #[schema(value_type = wire::Balance)]
    available: String,
    #[schema(value_type = wire::Balance)]
    pending: String,
    #[schema(value_type = wire::Balance)]
    reserved: String,
    #[schema(value_type = wire::Balance)]
    in_payout: String,
    #[schema(value_type = wire::Balance)]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletEntry)]
pub(crate) struct EntryView {
    #[schema(value_type = wire::EntryId)]
    id: EntryId,
    #[schema(value_type = wire::EntryKind)]
    kind: EntryKind,
    #[schema(examples("pending"))]
    account: &'static str,
    #[schema(value_type = wire::Currency)]
    currency: &'static str,
    #[schema(value_type = wire::Balance)]
    amount: String,
    #[schema(value_type = wire::Balance)]
    balance_after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::OrderId>, nullable = false)]
    order_id: Option<OrderId>,
    #[schema(value_type = wire::Timestamp)]
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::Timestamp>, nullable = false)]
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
