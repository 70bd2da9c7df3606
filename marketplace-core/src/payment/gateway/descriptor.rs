//! What a gateway is and can, as data.

use crate::{
    money::{Currency, Money},
    text::words,
};

/// Play money or real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Play money.
    Test,
    /// Real money.
    Live,
}
words!(Mode { Test = "test", Live = "live" });

/// What a gateway accepts in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyRule {
    /// The smallest payment.
    pub minimum: Money,
    /// The largest payment.
    pub maximum: Money,
}

/// What a gateway can. A service asks this before it begins something that would fail in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Payers go to a page of the gateway. If not, they confirm on a device of theirs.
    pub redirects: bool,
    /// A payment needs the payer's telephone number.
    pub needs_phone: bool,
    /// Payments can be listed, for reconciliation.
    pub lists_payments: bool,
    /// The gateway sends notices; without them the sweep alone finds out.
    pub sends_notices: bool,
    /// It implements [`super::Refunds`].
    pub refunds: bool,
    /// A payment may be given back in parts.
    pub partial_refunds: bool,
    /// It implements [`super::Disputes`].
    pub disputes: bool,
    /// It implements [`super::Payouts`].
    pub payouts: bool,
    /// The name of an account's owner can be looked up before it is paid.
    pub resolves_accounts: bool,
}

impl Capabilities {
    /// A gateway that takes payments on a page of its own, and nothing else.
    pub fn redirecting() -> Self {
        Self { redirects: true, ..Self::default() }
    }

    /// A gateway that asks payers on their telephones, and nothing else.
    pub fn pushing() -> Self {
        Self { needs_phone: true, ..Self::default() }
    }

    /// With lists of payments.
    #[must_use]
    pub const fn with_lists(self) -> Self {
        Self { lists_payments: true, ..self }
    }

    /// With notices.
    #[must_use]
    pub const fn with_notices(self) -> Self {
        Self { sends_notices: true, ..self }
    }

    /// With refunds, `partial` ones too.
    #[must_use]
    pub const fn with_refunds(self, partial: bool) -> Self {
        Self { refunds: true, partial_refunds: partial, ..self }
    }

    /// With disputes.
    #[must_use]
    pub const fn with_disputes(self) -> Self {
        Self { disputes: true, ..self }
    }

    /// With payouts; `resolves`: the names of accounts can be looked up.
    #[must_use]
    pub const fn with_payouts(self, resolves: bool) -> Self {
        Self { payouts: true, resolves_accounts: resolves, ..self }
    }
}

/// What a gateway is and can, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Its stable name, kept on every attempt: lower case.
    pub name: &'static str,
    /// Test or live, by its key.
    pub mode: Mode,
    /// What it accepts, one rule per currency.
    pub currencies: Vec<CurrencyRule>,
    /// What it can.
    pub capabilities: Capabilities,
}

impl Descriptor {
    /// The rule of a currency, if the gateway takes it.
    pub fn rule(&self, currency: Currency) -> Option<CurrencyRule> {
        self.currencies.iter().copied().find(|rule| rule.minimum.currency() == currency)
    }
}
