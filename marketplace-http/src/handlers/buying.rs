//! Checkout, orders and their payments.

use crate::{
    auth::Caller,
    call::Call,
    idempotency::{self, Command, Key, Turn},
    json::{Object, present, typed},
    limits,
    openapi::wire,
    problem::Problem,
    query::ListView,
    response::{Response, ResponseBody},
    route::Idempotency,
    view::{CheckedOutView, OrderView, PaymentView, PlacedView, TimelineView},
};
use marketplace_core::{
    answer::StoredAnswer,
    id::{OrderId, ProductId, Reference, Token},
    order::{Locale, Order, PlaceOrder, Placed},
    payment::Verified,
    timeline::Viewer,
};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is bought, and by whom: a guest says where to send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = CheckoutInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckoutInput {
    #[schema(value_type = Vec<ItemInput>)]
    items: Vec<Object<ItemInput>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<wire::Email>, nullable = false)]
    email: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, examples("+2348012345678"))]
    phone: Option<String>,
}

/// A product that is bought.
#[derive(Deserialize, ToSchema)]
#[schema(as = CheckoutItemInput)]
#[serde(deny_unknown_fields)]
struct ItemInput {
    #[schema(value_type = wire::ProductId)]
    product_id: String,
}

/// How long `verify` waits for the gateway: longer than a healthy one ever takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The cookie by which a browser shows that it placed an order.
pub(super) const ORDER_COOKIE: &str = "mkt_order";

pub(super) async fn checkout(call: &Call<'_>, body: &[u8]) -> Result<Response, Problem> {
    let key = key(call)?;
    let input: CheckoutInput = typed(body)?;
    let actor = match &call.caller {
        Caller::User(user, _) => user.id.to_string(),
        Caller::Nobody | Caller::Order(_) => {
            let email = input.email.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
            format!("guest:{email}:{}", call.client)
        }
    };
    let route = (call.route.method.as_str(), call.path);
    let command = Command { key, actor: &actor, route, body };
    let ports = call.key_ports();
    let run = match idempotency::begin(ports.get(), &command).await? {
        Turn::Replay(stored) => return replay_checkout(call, stored).await,
        Turn::Run(run) => run,
    };
    let outcome = place(call, input, run.serial).await;
    run.end(ports.get(), outcome.as_ref().map(|(_, stored)| stored)).await;
    let (order, stored) = outcome?;
    Ok(placed(call, &order, stored))
}

async fn place(
    call: &Call<'_>,
    input: CheckoutInput,
    serial: Uuid,
) -> Result<(Order, StoredAnswer), Problem> {
    call.count(&limits::CHECKOUT).await?;
    let mut products = Vec::with_capacity(input.items.len());
    for item in &input.items {
        products.push(item.0.product_id.parse::<ProductId>().map_err(|_| Problem::not_found())?);
    }
    let buyer = call.user().ok().cloned();
    let (email, phone) = (input.email, input.phone);
    let command = PlaceOrder { serial, buyer, email, phone, products, locale: locale(call) };
    let placed: Placed = call.market.checkout().place(command).await?;
    let order = placed.order.clone();
    Ok((order, stored(201, &CheckedOutView::from(placed))?))
}

/// The answer to a placed order: for a guest with the order's token, which is written anew each time.
fn placed(call: &Call<'_>, order: &Order, mut stored: StoredAnswer) -> Response {
    let token = call.market.checkout().token_of(order);
    if matches!(call.caller, Caller::Nobody) && stored.body.last() == Some(&b'}') {
        stored.body.pop();
        stored.body.extend_from_slice(format!(",\"order_token\":\"{}\"}}", token.expose()).as_bytes());
    }
    Response::json_bytes(stored.status, stored.body).with_header("set-cookie", order_cookie(call, &token))
}

async fn replay_checkout(call: &Call<'_>, stored: StoredAnswer) -> Result<Response, Problem> {
    #[derive(Deserialize)]
    struct Kept {
        order: KeptOrder,
    }
    #[derive(Deserialize)]
    struct KeptOrder {
        id: OrderId,
    }
    let kept: Kept = serde_json::from_slice(&stored.body).map_err(|error| Problem::defect(&error))?;
    let view = call.market.checkout().get(kept.order.id).await?.ok_or_else(Problem::not_found)?;
    Ok(placed(call, &view.order, stored).with_header("idempotent-replay", "true"))
}

fn order_cookie(call: &Call<'_>, token: &Token) -> String {
    let secure = if call.market.base_url().starts_with("https://") { "; Secure" } else { "" };
    let path = if call.prefix().is_empty() { "/" } else { call.prefix() };
    format!("{ORDER_COOKIE}={}; Path={path}; HttpOnly; SameSite=Lax{secure}", token.expose())
}

/// The first language that the client names, if it is a tag.
fn locale(call: &Call<'_>) -> Locale {
    let named = call.headers.get("accept-language").unwrap_or_default();
    let first = named.split([',', ';']).next().unwrap_or_default().trim();
    first.parse().unwrap_or_default()
}

fn key(call: &Call<'_>) -> Result<Option<Key>, Problem> {
    let key = Key::read(call.headers)?;
    if key.is_none() && call.route.idempotency == Idempotency::Required {
        return Err(Problem::new(400, "idempotency_key_required", "this needs an Idempotency-Key header"));
    }
    Ok(key)
}

fn stored(status: u16, view: &impl serde::Serialize) -> Result<StoredAnswer, Problem> {
    match Response::json(status, view)?.body {
        ResponseBody::Bytes(bytes) => Ok(StoredAnswer { status, body: bytes.to_vec() }),
        ResponseBody::Empty | ResponseBody::Stream(..) => Ok(StoredAnswer { status, body: Vec::new() }),
    }
}

pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let orders = call.market.checkout().list(call.user()?, call.query.page()?).await?;
    Response::json(200, &ListView::of(orders, OrderView::from))
}

pub(super) async fn show(call: &Call<'_>) -> Result<Response, Problem> {
    let view = call.market.checkout().get(call.id("id")?).await?;
    let view = view.filter(|view| call.caller.owns(&view.order)).ok_or_else(Problem::not_found)?;
    Response::json(200, &OrderView::from(view))
}

/// What became of an order, to each who may know of it.
pub(super) async fn timeline(call: &Call<'_>) -> Result<Response, Problem> {
    let view = call.market.checkout().get(call.id("id")?).await?.ok_or_else(Problem::not_found)?;
    let viewer = match &call.caller {
        Caller::Nobody => None,
        Caller::User(user, _) => Viewer::of(&view.order, user),
        Caller::Order(own) => (own.id == view.order.id).then_some(Viewer::Buyer),
    };
    let viewer = viewer.ok_or_else(Problem::not_found)?;
    let steps = call.market.timeline().of(&view.order, viewer).await?;
    Response::json(200, &TimelineView::from(steps))
}

pub(super) async fn new_payment(call: &Call<'_>) -> Result<Response, Problem> {
    let key = key(call)?;
    let view = call.market.checkout().get(call.id("id")?).await?;
    let order =
        view.map(|view| view.order).filter(|order| call.caller.owns(order)).ok_or_else(Problem::not_found)?;
    let actor = match &call.caller {
        Caller::User(user, _) => user.id.to_string(),
        Caller::Nobody | Caller::Order(_) => format!("order:{}", order.id),
    };
    let route = (call.route.method.as_str(), call.path);
    // A body of `{}` and none at all are the same request.
    let command = Command { key, actor: &actor, route, body: &[] };
    let ports = call.key_ports();
    let run = match idempotency::begin(ports.get(), &command).await? {
        Turn::Replay(stored) => {
            let answer = Response::json_bytes(stored.status, stored.body);
            return Ok(answer.with_header("idempotent-replay", "true"));
        }
        Turn::Run(run) => run,
    };
    let began = async {
        call.count(&limits::CHECKOUT).await?;
        let attempt = call.market.payments().retry(order.id, run.serial, call.caller.actor()).await?;
        stored(201, &PaymentView::from(attempt))
    };
    let outcome = began.await;
    run.end(ports.get(), outcome.as_ref()).await;
    let stored = outcome?;
    Ok(Response::json_bytes(stored.status, stored.body))
}

pub(super) async fn verify(call: &Call<'_>) -> Result<Response, Problem> {
    let reference: Reference = call.id("reference")?;
    let known: Verified = call.market.payments().stored(&reference).await?;
    if !call.caller.owns(&known.order) {
        return Err(Problem::not_found());
    }
    let verified = call.market.payments().verify(&reference, PATIENCE, call.caller.actor()).await?;
    Response::json(200, &PlacedView::from(verified))
}
