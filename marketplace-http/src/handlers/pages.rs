//! Where a buyer's browser comes back to, and the plain page of an order.

use super::buying::ORDER_COOKIE;
use crate::{
    auth::cookie,
    call::Call,
    limits,
    problem::Problem,
    response::Response,
    view::{gone_page, order_page, payment_status},
};
use marketplace_core::{
    Actor,
    id::{Reference, Token},
    payment::PaymentError,
};
use std::time::Duration;

/// How long a returning browser waits for the gateway.
const PATIENCE: Duration = Duration::from_secs(3);

/// A visit proves nothing: the gateway is asked, and only the browser that placed the order is led on.
pub(super) async fn pay_return(call: &Call<'_>) -> Result<Response, Problem> {
    call.count(&limits::API).await?;
    let named = call.query.get("reference").or_else(|| call.query.get("trxref"));
    let Some(reference) = named.and_then(|text| text.parse::<Reference>().ok()) else {
        return Ok(Response::html(404, payment_status(None), None));
    };
    let verified = match call.market.payments().verify(&reference, PATIENCE, Actor::Guest).await {
        Ok(verified) => verified,
        Err(PaymentError::NotFound) => return Ok(Response::html(404, payment_status(None), None)),
        Err(error) => return Err(error.into()),
    };
    let proof = cookie(call.headers, ORDER_COOKIE).and_then(|text| text.parse::<Token>().ok());
    match proof {
        // Hashes are compared, so the time it takes tells nothing of the token.
        Some(token) if token.hash() == verified.order.token => {
            let page = call.market.checkout().page_of(&verified.order);
            Ok(Response::redirect(303, format!("{}/o/{page}", call.prefix())))
        }
        _ => Ok(Response::html(200, payment_status(Some(verified.order.state)), None)),
    }
}

pub(super) async fn order(call: &Call<'_>) -> Result<Response, Problem> {
    let Some(order) = call.market.checkout().by_page(call.params.get("token")).await? else {
        call.count(&limits::UNKNOWN_TOKEN).await?;
        return Ok(Response::html(410, gone_page(false), None));
    };
    let view = call.market.checkout().get(order.id).await?.ok_or_else(Problem::not_found)?;
    Ok(Response::html(200, order_page(&view), None))
}
