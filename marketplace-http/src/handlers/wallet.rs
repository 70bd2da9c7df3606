//! A creator's wallet.

use crate::{
    call::Call,
    problem::Problem,
    query::ListView,
    response::Response,
    view::{BalancesView, EntryView, parse_currency},
};

pub(super) async fn balances(call: &Call<'_>) -> Result<Response, Problem> {
    let balances = call.market.wallet().balances(call.user()?.id).await?;
    Response::json(200, &BalancesView::from(balances))
}

pub(super) async fn entries(call: &Call<'_>) -> Result<Response, Problem> {
    let page = call.query.page()?;
    let currency = call.query.get("currency").map(|code| parse_currency("currency", code)).transpose()?;
    let lines = call.market.wallet().entries(call.user()?.id, currency, page).await?;
    Response::json(200, &ListView::of(lines, EntryView::from))
}
