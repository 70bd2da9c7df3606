//! The library and one-time links.
//!
//! Guarantees: looking at a link uses nothing up; a claim from another site is refused; unknown tokens are
//! counted against their client, known ones never; a link that is over looks the same whatever the reason; what came
//! to a link is noted once its answer is decided.

use crate::{
    auth::Caller,
    call::Call,
    limits,
    problem::Problem,
    query::ListView,
    response::Response,
    view::{LibraryItemView, LinkView, gone_page, link_page, sent_page},
};
use marketplace_core::{
    delivery::{DeliveryError, Entitlement, Opened, VisitKind, VisitResult},
    id::{EntitlementId, FileId, Token},
    page::Listed,
};

pub(super) async fn library(call: &Call<'_>) -> Result<Response, Problem> {
    let page = call.query.page()?;
    let delivery = call.market.delivery();
    let items = match &call.caller {
        Caller::User(user, _) => delivery.library(user, page).await?,
        Caller::Order(order) => Listed { items: delivery.library_of_order(order).await?, next: None },
        Caller::Nobody => return Err(Problem::unauthenticated()),
    };
    Response::json(200, &ListView::of(items, LibraryItemView::from))
}

pub(super) async fn issue(call: &Call<'_>) -> Result<Response, Problem> {
    let id: EntitlementId = call.id("entitlement_id")?;
    let file: FileId = call.id("file_id")?;
    let right = call.market.delivery().entitlement(id).await?;
    right.filter(|right| owns(&call.caller, right)).ok_or_else(Problem::not_found)?;
    let fresh = call.market.delivery().issue(id, file, call.caller.actor()).await?;
    let url = call.address(format_args!("/d/{}", fresh.token.expose()));
    Response::json(201, &LinkView { url, expires_at: fresh.link.expires_at })
}

fn owns(caller: &Caller, right: &Entitlement) -> bool {
    match caller {
        Caller::Nobody => false,
        Caller::User(user, _) => right.user == Some(user.id),
        Caller::Order(order) => right.order == order.id,
    }
}

pub(super) async fn page(call: &Call<'_>) -> Result<Response, Problem> {
    let Some(token) = call.token("token") else { return gone(call, VisitKind::Look, None).await };
    match call.market.delivery().page(&token).await {
        Ok(page) => {
            call.note(page.link, VisitKind::Look, VisitResult::Shown).await;
            Ok(Response::html(200, link_page(&page), call.options.file_origin.as_deref()))
        }
        Err(DeliveryError::Gone) => gone(call, VisitKind::Look, Some(&token)).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn claim(call: &Call<'_>) -> Result<Response, Problem> {
    refuse_other_sites(call)?;
    if call.query.get("fresh").is_some() {
        return fresh(call).await;
    }
    let Some(token) = call.token("token") else { return gone(call, VisitKind::Claim, None).await };
    let error = match call.market.delivery().claim(&token).await {
        Ok(Opened { link, session }) => {
            call.note(link, VisitKind::Claim, VisitResult::Opened).await;
            return Ok(Response::redirect(303, format!("{}/f/{}", call.prefix(), session.expose())));
        }
        Err(DeliveryError::Gone) => return gone(call, VisitKind::Claim, Some(&token)).await,
        Err(error) => error,
    };
    let result = match &error {
        DeliveryError::Broken => Some(VisitResult::Damaged),
        DeliveryError::File(_) => Some(VisitResult::Unavailable),
        // The store itself is in trouble.
        _ => None,
    };
    if let Some(result) = result
        && let Ok(Some(link)) = call.market.delivery().links.link_by_token(&token.hash()).await
    {
        call.note(link.id, VisitKind::Claim, result).await;
    }
    Err(error.into())
}

pub(super) async fn fresh(call: &Call<'_>) -> Result<Response, Problem> {
    refuse_other_sites(call)?;
    call.count(&limits::FRESH_LINK).await?;
    if let Some(token) = call.token("token") {
        call.market.delivery().mail_fresh(&token).await?;
    }
    Ok(Response::html(202, sent_page(), None))
}

/// The page of a link that is over. A token that never was one counts against its client, all others for the timeline.
async fn gone(call: &Call<'_>, kind: VisitKind, token: Option<&Token>) -> Result<Response, Problem> {
    let refusal = match token {
        Some(token) => call.market.delivery().refusal(token).await?,
        None => None,
    };
    match refusal {
        Some((link, result)) => call.note(link, kind, result).await,
        None => call.count(&limits::UNKNOWN_TOKEN).await?,
    }
    Ok(Response::html(410, gone_page(true), None))
}

/// A form on another site must not act in a visitor's name, even though the token is all that counts here.
fn refuse_other_sites(call: &Call<'_>) -> Result<(), Problem> {
    if call.headers.get("sec-fetch-site").is_some_and(|site| site.trim() == "cross-site") {
        return Err(Problem::new(403, "cross_site", "this form was sent from another site"));
    }
    Ok(())
}
