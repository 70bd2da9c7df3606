//! Exact money.
//!
//! Guarantees: every amount is a whole number of minor units of one ISO 4217 currency; every operation is
//! checked; sums of parts equal the whole to the last minor unit. There is no floating point number, no
//! default currency, and no order between currencies.
//!
//! Does not: convert between currencies, or know how a gateway scales amounts on its wire (that is the
//! adapter's business).
//!
//! Called by: everything that touches an amount.

mod allocate;
mod amount;
mod currency;
mod rate;

pub use allocate::allocate;
pub use amount::{Money, MoneyError, ParseMoneyError};
pub use currency::{Currency, UnknownCurrency};
pub use rate::{Rate, RateError};
