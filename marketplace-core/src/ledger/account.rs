//! Accounts.

use crate::{id::UserId, text::words};
use std::{fmt, str::FromStr};

/// What an account stands for. Amounts on it are positive when the marketplace owes them to the account's
/// holder, negative when somebody owes them to the marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// What the gateway holds for us: negative until it is paid out.
    GatewayClearing,
    /// What gateways kept: negative.
    GatewayFees,
    /// The marketplace's own fees.
    PlatformRevenue,
    /// Taxes to pass on.
    Tax,
    /// Given back to payers and not yet left the gateway.
    Refunds,
    /// Earned, and held until a date.
    CreatorPending,
    /// Free to pay out.
    CreatorAvailable,
    /// Held for a refund or dispute that is being decided.
    CreatorReserved,
    /// On its way to a bank.
    CreatorInPayout,
    /// Owed by a creator: negative.
    CreatorDebt,
}
words!(AccountKind {
    GatewayClearing = "gateway_clearing",
    GatewayFees = "gateway_fees",
    PlatformRevenue = "platform_revenue",
    Tax = "tax",
    Refunds = "refunds",
    CreatorPending = "creator_pending",
    CreatorAvailable = "creator_available",
    CreatorReserved = "creator_reserved",
    CreatorInPayout = "creator_in_payout",
    CreatorDebt = "creator_debt",
});

impl AccountKind {
    /// Whether the account belongs to a creator.
    pub const fn is_owned(self) -> bool {
        matches!(
            self,
            Self::CreatorPending
                | Self::CreatorAvailable
                | Self::CreatorReserved
                | Self::CreatorInPayout
                | Self::CreatorDebt
        )
    }

    /// Whether no debit may take it below zero.
    pub const fn has_floor(self) -> bool {
        matches!(
            self,
            Self::CreatorPending | Self::CreatorAvailable | Self::CreatorReserved | Self::CreatorInPayout
        )
    }
}

/// An account: a kind, and its creator for kinds that have one. It exists as soon as it is named, once per
/// currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    kind: AccountKind,
    owner: Option<UserId>,
}

impl Account {
    /// An account of the marketplace. `None` for kinds that belong to creators.
    pub const fn of_platform(kind: AccountKind) -> Option<Self> {
        if kind.is_owned() { None } else { Some(Self { kind, owner: None }) }
    }

    /// An account of a creator. `None` for kinds that belong to the marketplace.
    pub const fn of_creator(kind: AccountKind, owner: UserId) -> Option<Self> {
        if kind.is_owned() { Some(Self { kind, owner: Some(owner) }) } else { None }
    }

    pub(crate) const CLEARING: Self = Self { kind: AccountKind::GatewayClearing, owner: None };
    pub(crate) const GATEWAY_FEES: Self = Self { kind: AccountKind::GatewayFees, owner: None };
    pub(crate) const REFUNDS: Self = Self { kind: AccountKind::Refunds, owner: None };
    pub(crate) const REVENUE: Self = Self { kind: AccountKind::PlatformRevenue, owner: None };

    pub(crate) const fn pending(owner: UserId) -> Self {
        Self { kind: AccountKind::CreatorPending, owner: Some(owner) }
    }

    pub(crate) const fn available(owner: UserId) -> Self {
        Self { kind: AccountKind::CreatorAvailable, owner: Some(owner) }
    }

    /// The kind.
    pub const fn kind(self) -> AccountKind {
        self.kind
    }

    /// The creator, for kinds that have one.
    pub const fn owner(self) -> Option<UserId> {
        self.owner
    }
}

/// Written as `platform_revenue` or `creator_pending:usr_…`.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            Some(owner) => write!(f, "{}:{owner}", self.kind),
            None => fmt::Display::fmt(&self.kind, f),
        }
    }
}

/// The text names no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an account")]
pub struct ParseAccountError;

impl FromStr for Account {
    type Err = ParseAccountError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = match text.split_once(':') {
            Some((kind, owner)) => {
                let kind = kind.parse().map_err(|_| ParseAccountError)?;
                Self::of_creator(kind, owner.parse().map_err(|_| ParseAccountError)?)
            }
            None => Self::of_platform(text.parse().map_err(|_| ParseAccountError)?),
        };
        parsed.ok_or(ParseAccountError)
    }
}
