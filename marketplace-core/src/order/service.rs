//! Checkout, and reading orders.

use super::{Buyer, Locale, Order, Orders, decide};
use crate::{
    actor::Actor,
    catalog::{Product, ProductState, Products},
    commit::{CommitFailure, Committer, Refusal, Step},
    error::{ErrorKind, Failure, FieldError, StoreError},
    failpoint::failpoint,
    id::{AppSecret, IdGen, JobId, Nonce, OrderId, ProductId, Purpose, Reference, Token},
    identity::{Email, User},
    market::Rules,
    money::{Money, MoneyError},
    page::{Listed, Page},
    payment::{Attempt, AttemptState, PaymentError, PaymentRows, Payments, attempt_changes},
    time::Clock,
};
use std::sync::Arc;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// Why a checkout was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckoutError {
    /// Some fields are wrong.
    #[error("invalid checkout data")]
    Invalid(Vec<FieldError>),
    /// A product is not on sale, or does not exist.
    #[error("a product is not on sale")]
    NotFound,
    /// The cart holds products of several currencies.
    #[error("one order has one currency")]
    MixedCurrencies,
    /// The gateway does not take the currency.
    #[error("the gateway does not take this currency")]
    CurrencyNotSupported,
    /// The gateway takes no payment as small as this.
    #[error("the total is below the gateway's minimum of {0}")]
    BelowMinimum(Money),
    /// The gateway takes no payment as large as this.
    #[error("the total is above the gateway's maximum of {0}")]
    AboveMaximum(Money),
    /// The key was used for another cart.
    #[error("the idempotency key was used for another cart")]
    KeyReused,
    /// The order is placed, but its payment could not be begun. The same key goes on with it.
    #[error("the payment could not be begun")]
    Payment(#[from] PaymentError),
    /// A sum does not fit.
    #[error("amount out of range")]
    Money(#[from] MoneyError),
    /// A commit failed.
    #[error("a commit failed")]
    Commit(#[from] CommitFailure),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Failure for CheckoutError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_)
            | Self::MixedCurrencies
            | Self::CurrencyNotSupported
            | Self::BelowMinimum(_)
            | Self::AboveMaximum(_)
            | Self::Money(_) => ErrorKind::Invalid,
            Self::NotFound => ErrorKind::NotFound,
            Self::KeyReused => ErrorKind::Conflict,
            Self::Payment(error) => error.kind(),
            Self::Commit(failure) => failure.kind(),
            Self::Store(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::NotFound => "not_found",
            Self::MixedCurrencies => "mixed_currencies",
            Self::CurrencyNotSupported => "currency_not_supported",
            Self::BelowMinimum(_) => "amount_below_minimum",
            Self::AboveMaximum(_) => "amount_above_maximum",
            Self::Money(_) => "amount_out_of_range",
            Self::KeyReused => "idempotency_key_reused",
            Self::Payment(error) => error.code(),
            Self::Commit(failure) => failure.code(),
            Self::Store(error) => error.code(),
        }
    }
    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }
}

/// A cart to be bought.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    /// Names this command: the same serial again goes on with the same order. A UUIDv7 of the present.
    pub serial: Uuid,
    /// The signed-in buyer, if there is one.
    pub buyer: Option<User>,
    /// The guest's address; for a signed-in buyer another address to deliver to.
    pub email: Option<String>,
    /// The buyer's telephone number, for gateways that need it.
    pub phone: Option<String>,
    /// What to buy, each product once.
    pub products: Vec<ProductId>,
    /// The buyer's language.
    pub locale: Locale,
}

/// An order that was placed.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// Its attempt; `None` for a free order.
    pub attempt: Option<Attempt>,
}

/// An order with the attempt that tells most about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    /// The order.
    pub order: Order,
    /// The attempt that paid it, else the newest; `None` for a free order.
    pub attempt: Option<Attempt>,
}

/// What checkout needs.
#[derive(Debug, Clone)]
pub struct Checkout {
    /// Reads orders.
    pub orders: Arc<dyn Orders>,
    /// Reads products.
    pub products: Arc<dyn Products>,
    /// Reads attempts.
    pub attempts: Arc<dyn PaymentRows>,
    /// Begins payments.
    pub payments: Payments,
    /// Commits decisions.
    pub committer: Committer,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Nonces and job ids.
    pub ids: Arc<dyn IdGen>,
    /// Derives order tokens.
    pub secret: AppSecret,
    /// The fee rule.
    pub rules: Arc<Rules>,
}

/// The most products in one order.
const MAX_ITEMS: usize = 50;

impl Checkout {
    /// Places an order and begins its payment; a free order is paid and delivered at once.
    ///
    /// Atomic in two steps: the order with its attempt is stored before the gateway is called. Idempotent under
    /// `serial`: after any failure the same command goes on with the same order, with a new attempt if the
    /// old one came to nothing. The caller makes sure that a serial runs once at a time.
    pub async fn place(&self, command: PlaceOrder) -> Result<Placed, CheckoutError> {
        let buyer = buyer(&command)?;
        let actor = command.buyer.as_ref().map_or(Actor::Guest, |user| Actor::User(user.id));
        check_items(&command.products)?;
        let id = OrderId::from_uuid(command.serial);
        let at = self.clock.now();
        let nonce = Nonce::generate(&*self.ids);
        let token = self.secret.derive(Purpose::Order, command.serial, &nonce).hash();

        let round = || async {
            if let Some(order) = self.orders.order(id).await? {
                let same = order.buyer == buyer
                    && order.lines.iter().map(|line| line.product).eq(command.products.iter().copied());
                return if same { Ok(Step::Done((order, None))) } else { Err(CheckoutError::KeyReused) };
            }
            let products = self.on_sale(&command.products).await?;
            let cart = decide::Cart {
                serial: command.serial,
                products: &products,
                buyer: &buyer,
                locale: &command.locale,
                token_nonce: nonce,
                token,
                at,
            };
            let order = decide::order(&cart, &self.rules)?;
            let descriptor = self.payments.gateway.descriptor();
            decide::check_total(order.total, descriptor.rule(order.total.currency()))?;
            if !order.total.is_zero() && buyer.phone.is_none() && descriptor.capabilities.needs_phone {
                return Err(decide::invalid(
                    "phone",
                    "required",
                    "the gateway asks for the payment by telephone",
                ));
            }
            let attempt = (!order.total.is_zero())
                .then(|| self.payments.new_attempt(&order, Reference::of_command(command.serial, 0), at));
            let rows = attempt
                .as_ref()
                .map(|attempt| attempt_changes(attempt, JobId::generate(&*self.ids, at)))
                .unwrap_or_default();
            Ok(Step::Commit(decide::place(&order, command.serial, rows, actor), (order, attempt)))
        };
        let (order, fresh) = match self.committer.run(round).await {
            Ok((placed, _)) => placed,
            Err(CheckoutError::Commit(CommitFailure::Refused(Refusal::KeyReused))) => {
                return Err(CheckoutError::KeyReused);
            }
            Err(error) => return Err(error),
        };
        failpoint!("checkout.after-order");
        let attempt = match fresh {
            Some(attempt) => Some(self.payments.start(&order, attempt).await?),
            None if order.total.is_zero() => None,
            None => self.go_on(&order, command.serial, actor).await?,
        };
        // A webhook may have been faster than the gateway's answer.
        let order = self.orders.order(order.id).await?.unwrap_or(order);
        Ok(Placed { order, attempt })
    }

    /// The payment of an order that this command placed before.
    async fn go_on(
        &self,
        order: &Order,
        serial: Uuid,
        actor: Actor,
    ) -> Result<Option<Attempt>, CheckoutError> {
        match self.payments.retry(order.id, serial, actor).await {
            Ok(attempt) => Ok(Some(attempt)),
            // There is nothing to begin; the order tells the rest.
            Err(
                PaymentError::AlreadyPaid
                | PaymentError::StillOpen
                | PaymentError::InReview
                | PaymentError::OrderOver,
            ) => Ok(self.view(order.clone()).await?.attempt),
            Err(error) => Err(error.into()),
        }
    }

    /// An order, to whoever may see it (the caller has checked).
    pub async fn get(&self, id: OrderId) -> Result<Option<OrderView>, CheckoutError> {
        match self.orders.order(id).await? {
            Some(order) => Ok(Some(self.view(order).await?)),
            None => Ok(None),
        }
    }

    /// The order that a token opens.
    pub async fn by_token(&self, token: &Token) -> Result<Option<Order>, CheckoutError> {
        Ok(self.orders.order_by_token(&token.hash()).await?)
    }

    /// The order whose page has this secret part in its address.
    pub async fn by_page(&self, address: &str) -> Result<Option<Order>, CheckoutError> {
        let id = address.get(..32).and_then(|id| Uuid::try_parse(id).ok());
        let Some(id) = id else { return Ok(None) };
        let order = self.orders.order(OrderId::from_uuid(id)).await?;
        Ok(order.filter(|order| {
            let expected = order.page_by(&self.secret);
            bool::from(expected.as_bytes().ct_eq(address.as_bytes()))
        }))
    }

    /// The secret part of the address `/o/…` of an order's page; for its buyer only.
    pub fn page_of(&self, order: &Order) -> String {
        order.page_by(&self.secret)
    }

    /// A user's own orders, newest first.
    pub async fn list(&self, user: &User, page: Page) -> Result<Listed<OrderView>, CheckoutError> {
        let orders = self.orders.orders_of(user.id, page.with_lookahead()).await?;
        let orders = Listed::cut(orders, page, |order| order.id.uuid());
        let mut items = Vec::with_capacity(orders.items.len());
        for order in orders.items {
            items.push(self.view(order).await?);
        }
        Ok(Listed { items, next: orders.next })
    }

    /// The token that opens an order alone; for its buyer only.
    pub fn token_of(&self, order: &Order) -> Token {
        order.token_by(&self.secret)
    }

    async fn view(&self, order: Order) -> Result<OrderView, CheckoutError> {
        let mut attempts = self.attempts.attempts_of(order.id).await?;
        let told = attempts.iter().position(|attempt| attempt.state == AttemptState::Succeeded);
        let attempt = match told {
            Some(position) => Some(attempts.swap_remove(position)),
            None => attempts.pop(),
        };
        Ok(OrderView { order, attempt })
    }

    async fn on_sale(&self, ids: &[ProductId]) -> Result<Vec<Product>, CheckoutError> {
        let mut products = Vec::with_capacity(ids.len());
        for id in ids {
            let product = self.products.product(*id).await?;
            let on_sale = product.filter(|product| product.state == ProductState::Published);
            products.push(on_sale.ok_or(CheckoutError::NotFound)?);
        }
        Ok(products)
    }
}

fn buyer(command: &PlaceOrder) -> Result<Buyer, CheckoutError> {
    let user = command.buyer.as_ref();
    let email = match (&command.email, user) {
        (Some(text), _) => text
            .parse::<Email>()
            .map_err(|_| decide::invalid("email", "invalid", "this is not an e-mail address"))?,
        (None, Some(user)) => user.email.clone(),
        (None, None) => {
            return Err(decide::invalid(
                "email",
                "required",
                "a guest needs an e-mail address for the delivery",
            ));
        }
    };
    let phone = command.phone.as_deref().map(str::parse).transpose();
    let phone = phone.map_err(|_| {
        decide::invalid("phone", "invalid", "a telephone number begins with + and the country")
    })?;
    Ok(Buyer { user: user.map(|user| user.id), email, phone })
}

fn check_items(ids: &[ProductId]) -> Result<(), CheckoutError> {
    if ids.is_empty() {
        return Err(decide::invalid("items", "empty", "an order has at least one item"));
    }
    if ids.len() > MAX_ITEMS {
        return Err(decide::invalid("items", "too_many", "an order has at most 50 items"));
    }
    for (position, id) in ids.iter().enumerate() {
        if ids.iter().take(position).any(|earlier| earlier == id) {
            let field = format!("items[{position}].product_id");
            return Err(decide::invalid(&field, "duplicate", "each product is in an order once"));
        }
    }
    Ok(())
}
