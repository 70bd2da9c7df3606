//! The balance at Paystack, and its ledger.
//!
//! Guarantees that every change of a balance is a row that says what the balance was afterwards. In test mode
//! Paystack settles nothing, so a balance grows only by [`Control::settle`](super::Control::settle) and
//! [`Control::top_up`](super::Control::top_up). Callers: refunds, transfers, disputes and `control` post rows;
//! `api` answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer;
use super::api::Call;
use super::desk::Desk;
use super::fields::Fields;
use super::http::TwinResponse;
use super::ids::Ids;
use super::paging::Paging;
use super::record::Record;
use super::refusal::Refused;
use super::wire::{self, DOMAIN, INTEGRATION};

/// What made a balance change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Cause {
    /// A payment was settled, or somebody topped the balance up.
    Transaction,
    /// Money was sent, or came back.
    Transfer,
    /// Money was given back, or that failed.
    Refund,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BalanceChanged {
    /// When.
    pub at: i64,
    /// Its number.
    pub row: u64,
    /// Which balance.
    pub currency: String,
    /// By how much; negative is out.
    pub difference: i64,
    /// What it was then.
    pub balance: i64,
    /// For people.
    pub reason: String,
    /// What made it change.
    pub cause: Cause,
    /// The id of that transaction, transfer or refund; zero if there is none.
    pub model_row: u64,
}

/// All rows so far.
#[derive(Default)]
pub(super) struct Ledger {
    rows: Vec<BalanceChanged>,
    balances: BTreeMap<String, i64>,
}

const FIRST_ROW: u64 = 149_000_000;

impl Ledger {
    pub(super) fn apply(&mut self, row: &BalanceChanged) {
        self.balances.insert(row.currency.clone(), row.balance);
        self.rows.push(row.clone());
    }

    pub(super) fn balance(&self, currency: &str) -> i64 {
        self.balances.get(currency).copied().unwrap_or(0)
    }
}

/// Where a balance stands after what this desk has decided already.
pub(super) fn balance(desk: &Desk<'_>, currency: &str) -> i64 {
    let last = desk.records().iter().rev().filter_map(row_of).find(|row| row.currency == currency);
    last.map_or_else(|| desk.state.ledger.balance(currency), |row| row.balance)
}

fn row_of(record: &Record) -> Option<&BalanceChanged> {
    if let Record::BalanceChanged(row) = record { Some(row) } else { None }
}

/// Changes a balance.
pub(super) fn post(
    desk: &mut Desk<'_>,
    currency: &str,
    difference: i64,
    reason: &str,
    (cause, model_row): (Cause, u64),
) {
    let last = desk.records().iter().rev().find_map(row_of).or_else(|| desk.state.ledger.rows.last());
    let row = next_row(&desk.config.ids, last);
    let balance = balance(desk, currency).saturating_add(difference);
    desk.record(Record::BalanceChanged(BalanceChanged {
        at: desk.at,
        row,
        currency: currency.to_owned(),
        difference,
        balance,
        reason: reason.to_owned(),
        cause,
        model_row,
    }));
}

fn next_row(ids: &Ids, last: Option<&BalanceChanged>) -> u64 {
    ids.after("ledger", last.map(|row| row.row), FIRST_ROW)
}

/// `GET /balance`: one row for each currency of the account.
pub(super) fn balances(call: &Call<'_>) -> TwinResponse {
    let shared = call.sandbox.lock();
    let currencies = call.sandbox.config().currencies.iter();
    let rows: Vec<Value> = currencies
        .map(|rules| json!({"currency": rules.code, "balance": shared.state.ledger.balance(rules.code)}))
        .collect();
    answer::ok("Balances retrieved", rows.into())
}

/// `GET /balance/ledger`: the newest row first.
pub(super) fn rows(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let query = Fields::of_query(call.request);
    let paging = Paging::read(&query, 1_000)?;
    let (from, to) = (query.time("from")?, query.time("to")?);
    let shared = call.sandbox.lock();
    let wanted = |at: i64| from.is_none_or(|from| from <= at) && to.is_none_or(|to| at <= to);
    let rows = shared.state.ledger.rows.iter().rev().filter(|row| wanted(row.at));
    let page = paging.cut(rows.map(|row| (row.row, shown(row))).collect());
    Ok(answer::list("Balance ledger retrieved", page.rows, Some(page.meta)))
}

fn shown(row: &BalanceChanged) -> Value {
    let at = wire::time(row.at);
    json!({
        "integration": INTEGRATION, "domain": DOMAIN, "balance": row.balance, "currency": row.currency,
        "difference": row.difference, "reason": row.reason, "model_responsible": row.cause,
        "model_row": row.model_row, "id": row.row, "createdAt": at, "updatedAt": at
    })
}
