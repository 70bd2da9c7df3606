//! The read port of wallets.

use super::{hold, wallet};
use crate::{
    SqliteStore,
    columns::{before, blob},
    sql::ledger as sql,
};
use async_trait::async_trait;
use marketplace_core::{
    error::StoreError,
    id::{HoldId, UserId},
    ledger::{Balance, Hold, Ledger, WalletLine},
    money::{Currency, Money},
    page::Page,
};
use sqlx::query;
use std::cmp::Reverse;

#[async_trait]
impl Ledger for SqliteStore {
    async fn balances_of(&self, creator: UserId) -> Result<Vec<Balance>, StoreError> {
        let list = query(sql::BALANCES_OF).bind(blob(creator.uuid()));
        let mut balances = self.read_list(list, wallet::decode_balance).await?;
        // Kinds have an order of their own, which their words do not.
        balances.sort_by_key(|balance| (balance.amount.currency(), balance.kind));
        Ok(balances)
    }

    async fn earned_by(&self, creator: UserId) -> Result<Vec<Money>, StoreError> {
        let rows = self.read_rows(query(sql::EARNED_BY).bind(blob(creator.uuid()))).await?;
        Ok(wallet::decode_earned(&rows)?)
    }

    async fn wallet_lines(
        &self,
        creator: UserId,
        currency: Option<Currency>,
        page: Page,
    ) -> Result<Vec<WalletLine>, StoreError> {
        let list = query(sql::WALLET_LINES)
            .bind(blob(creator.uuid()))
            .bind(currency.map(Currency::code))
            .bind(before(page))
            .bind(page.limit);
        let mut lines = self.read_list(list, wallet::decode_line).await?;
        lines.sort_by_key(|line| (Reverse(line.entry), line.account, line.amount.currency()));
        Ok(lines)
    }

    async fn hold(&self, id: HoldId) -> Result<Option<Hold>, StoreError> {
        self.read_one(query(sql::HOLD).bind(blob(id.uuid())), hold::decode).await
    }
}
