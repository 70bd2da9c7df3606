//! The decision to place an order. Pure.

use super::{Buyer, CheckoutError, Locale, Order, OrderLine, OrderState};
use crate::{
    actor::Actor,
    catalog::Product,
    commit::{Change, ChangeSet, Decision, DecisionKey, DerivedIds, InputHash, Subject},
    error::FieldError,
    id::{LineId, Nonce, OrderId, TokenHash},
    market::Rules,
    money::Money,
    payment::{CurrencyRule, deliver},
    time::Timestamp,
    version::Version,
};
use uuid::Uuid;

/// What an order is decided on.
pub(super) struct Cart<'a> {
    pub(super) serial: Uuid,
    pub(super) products: &'a [Product],
    pub(super) buyer: &'a Buyer,
    pub(super) locale: &'a Locale,
    pub(super) token_nonce: Nonce,
    pub(super) token: TokenHash,
    pub(super) at: Timestamp,
}

/// The key of the command that places an order.
pub(super) fn key(serial: Uuid) -> DecisionKey {
    DecisionKey::new("checkout", serial.simple())
}

/// The order of a cart: prices from the products, fees by the rules, all frozen.
pub(super) fn order(cart: &Cart<'_>, rules: &Rules) -> Result<Order, CheckoutError> {
    let currency = match cart.products {
        [] => return Err(invalid("items", "empty", "an order has at least one item")),
        [first, rest @ ..] => {
            let currency = first.price.currency();
            if rest.iter().any(|product| product.price.currency() != currency) {
                return Err(CheckoutError::MixedCurrencies);
            }
            currency
        }
    };
    let key = key(cart.serial);
    let mut ids = DerivedIds::new(&key, cart.at);
    let mut lines = Vec::with_capacity(cart.products.len());
    for product in cart.products {
        lines.push(OrderLine {
            id: LineId::from_uuid(ids.next()),
            product: product.id,
            creator: product.creator,
            title: product.title.clone(),
            price: product.price,
            fee: rules.fee.fee_on(product.price)?,
            fee_rate: rules.fee.rate,
        });
    }
    let total = Money::sum(currency, lines.iter().map(|line| line.price))?;
    let free = total.is_zero();
    Ok(Order {
        id: OrderId::from_uuid(cart.serial),
        buyer: cart.buyer.clone(),
        state: if free { OrderState::Paid } else { OrderState::Pending },
        lines,
        total,
        locale: cart.locale.clone(),
        token_nonce: cart.token_nonce,
        token: cart.token,
        created_at: cart.at,
        paid_at: free.then_some(cart.at),
        version: Version::FIRST,
    })
}

/// Refuses a total that the gateway does not take.
pub(super) fn check_total(total: Money, rule: Option<CurrencyRule>) -> Result<(), CheckoutError> {
    if total.is_zero() {
        return Ok(());
    }
    let rule = rule.ok_or(CheckoutError::CurrencyNotSupported)?;
    if total.minor() < rule.minimum.minor() {
        return Err(CheckoutError::BelowMinimum(rule.minimum));
    }
    if total.minor() > rule.maximum.minor() {
        return Err(CheckoutError::AboveMaximum(rule.maximum));
    }
    Ok(())
}

/// The change set that places an order. `payment` are the rows of its first attempt; a free order has none
/// and is delivered at once.
pub(super) fn place(order: &Order, serial: Uuid, payment: Vec<Change>, actor: Actor) -> ChangeSet {
    let head = Decision {
        key: key(serial),
        name: "checkout",
        input: InputHash::of(&(
            &order.buyer.email,
            order.lines.iter().map(|line| line.product).collect::<Vec<_>>(),
        )),
        subject: Subject::of(order.id),
        actor,
        at: order.created_at,
    };
    let mut changes = vec![Change::InsertOrder(order.clone())];
    if order.total.is_zero() {
        let delivery = DecisionKey::new("deliver", order.id);
        changes.extend(deliver(order, order.created_at, &mut DerivedIds::new(&delivery, order.created_at)));
    } else {
        changes.extend(payment);
    }
    ChangeSet::new(head, changes)
}

pub(super) fn invalid(field: &str, code: &'static str, message: &str) -> CheckoutError {
    CheckoutError::Invalid(vec![FieldError::new(field, code, message)])
}
