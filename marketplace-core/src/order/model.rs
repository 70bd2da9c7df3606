//! Orders and their lines.

use crate::{
    id::{AppSecret, CreatorId, LineId, Nonce, OrderId, ProductId, Purpose, Token, TokenHash, UserId},
    identity::{Email, Phone},
    money::{Money, Rate},
    text::words,
    time::Timestamp,
    version::Version,
};
use std::{fmt, str::FromStr};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// Waits for its payment.
    Pending,
    /// Paid (or free), delivered.
    Paid,
    /// Nobody paid in time. A late payment still makes it `Paid`.
    Expired,
    /// Given up by the buyer or an operator. A late payment still makes it `Paid`.
    Cancelled,
    /// Paid, and a part was given back.
    PartiallyRefunded,
    /// Paid, and all was given back.
    Refunded,
    /// Paid, and the payer disputes it at their bank.
    Disputed,
}
words!(OrderState {
    Pending = "pending",
    Paid = "paid",
    Expired = "expired",
    Cancelled = "cancelled",
    PartiallyRefunded = "partially_refunded",
    Refunded = "refunded",
    Disputed = "disputed",
});

impl OrderState {
    /// Whether the buyer's money has come, whatever became of it afterwards.
    pub const fn has_been_paid(self) -> bool {
        matches!(self, Self::Paid | Self::PartiallyRefunded | Self::Refunded | Self::Disputed)
    }

    /// Whether a decision may move an order from this state to `to`.
    pub const fn may_become(self, to: Self) -> bool {
        match self {
            Self::Pending => matches!(to, Self::Paid | Self::Expired | Self::Cancelled),
            Self::Expired | Self::Cancelled => matches!(to, Self::Paid),
            Self::Paid => matches!(to, Self::PartiallyRefunded | Self::Refunded | Self::Disputed),
            Self::PartiallyRefunded => matches!(to, Self::Refunded | Self::Disputed),
            Self::Disputed => matches!(to, Self::Paid | Self::PartiallyRefunded | Self::Refunded),
            Self::Refunded => false,
        }
    }
}

/// Who buys: always an address, and the account if the buyer was signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    /// The buyer's account.
    pub user: Option<UserId>,
    /// Where the delivery goes.
    pub email: Email,
    /// Where a gateway asks for the payment that has no page.
    pub phone: Option<Phone>,
}

/// The buyer's language, a BCP 47 tag such as `en` or `fr-CI`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locale(String);

/// The text is no language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag")]
pub struct ParseLocaleError;

impl Locale {
    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl Default for Locale {
    /// English.
    fn default() -> Self {
        Self("en".to_owned())
    }
}
impl FromStr for Locale {
    type Err = ParseLocaleError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let language = parts.next().unwrap_or_default();
        let language_ok =
            (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
        let rest_ok = parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        if language_ok && rest_ok && text.len() <= 35 {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseLocaleError)
        }
    }
}
impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One product in an order, as it was when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// Its id.
    pub id: LineId,
    /// What was bought.
    pub product: ProductId,
    /// Who earns it.
    pub creator: CreatorId,
    /// The product's title then.
    pub title: String,
    /// The product's price then.
    pub price: Money,
    /// The marketplace's fee on this line, frozen. Of the price's currency, at most the price.
    pub fee: Money,
    /// The rate that gave the fee.
    pub fee_rate: Rate,
}

/// Something bought, or about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Who buys.
    pub buyer: Buyer,
    /// Where it stands.
    pub state: OrderState,
    /// What was bought, at least one line, in the order of the cart.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines.
    pub total: Money,
    /// The buyer's language.
    pub locale: Locale,
    /// Part of the derivation of its token.
    pub token_nonce: Nonce,
    /// The hash of its token, which opens this order alone; unique.
    pub token: TokenHash,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it was first paid.
    pub paid_at: Option<Timestamp>,
    /// Counts changes.
    pub version: Version,
}

impl Order {
    /// The token that opens this order alone.
    pub(crate) fn token_by(&self, secret: &AppSecret) -> Token {
        secret.derive(Purpose::Order, self.id.uuid(), &self.token_nonce)
    }

    /// The secret part of the address of this order's page: its id, and a token of its own purpose. It is checked
    /// by deriving it again, so nothing of it is stored; and it signs nobody in.
    pub(crate) fn page_by(&self, secret: &AppSecret) -> String {
        let token = secret.derive(Purpose::OrderPage, self.id.uuid(), &self.token_nonce);
        format!("{}{}", self.id.uuid().simple(), token.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paid_never_becomes_unpaid() {
        for from in OrderState::ALL.iter().filter(|state| state.has_been_paid()) {
            for to in OrderState::ALL.iter().filter(|state| !state.has_been_paid()) {
                assert!(!from.may_become(*to), "{from} -> {to}");
            }
        }
        assert!(OrderState::Expired.may_become(OrderState::Paid), "a late success is honoured");
    }

    #[test]
    fn locales_are_tags() {
        assert!("fr-CI".parse::<Locale>().is_ok());
        for wrong in ["", "e", "en_US", "en-", "x\r\n", "english"] {
            assert!(wrong.parse::<Locale>().is_err(), "{wrong}");
        }
    }
}
