//! Money on the wire.

use crate::{openapi::wire, problem::Problem};
use marketplace_core::{
    error::FieldError,
    money::{Currency, Money, ParseMoneyError},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `{"amount":"2500.00","currency":"NGN"}`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Money)]
pub(crate) struct MoneyView {
    #[schema(value_type = wire::Amount)]
    amount: String,
    #[schema(value_type = wire::Currency)]
    currency: &'static str,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.to_decimal_string(), currency: money.currency().code() }
    }
}

/// The same as a client sends it.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MoneyInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoneyInput {
    #[schema(value_type = wire::Amount)]
    amount: String,
    #[schema(value_type = wire::Currency)]
    currency: String,
}

impl MoneyInput {
    /// The money; `field` is where it stands.
    pub(crate) fn parse(&self, field: &str) -> Result<Money, Problem> {
        let currency = Currency::from_code(&self.currency)
            .map_err(|_| unknown_currency(format!("{field}.currency")))
            .map_err(|error| Problem::invalid(vec![error]))?;
        Money::parse(&self.amount, currency).map_err(|error| {
            let (code, message) = match error {
                ParseMoneyError::Malformed => (
                    "invalid",
                    format!("an amount of {currency} is plain digits with {} decimals", currency.digits()),
                ),
                ParseMoneyError::OutOfRange => ("out_of_range", "this amount is too large".to_owned()),
            };
            Problem::invalid_field(format!("{field}.amount"), code, message)
        })
    }
}

/// A currency of a query.
pub(crate) fn parse_currency(field: &str, code: &str) -> Result<Currency, Problem> {
    Currency::from_code(code).map_err(|_| Problem::invalid(vec![unknown_currency(field.to_owned())]))
}

fn unknown_currency(field: String) -> FieldError {
    FieldError::new(field, "unknown_currency", "this is no ISO 4217 code of a currency")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_strict() {
        let read = |amount: &str, currency: &str| {
            let input = MoneyInput { amount: amount.to_owned(), currency: currency.to_owned() };
            input.parse("price").map(Money::minor).map_err(|problem| problem.status())
        };
        assert_eq!(read("2500.00", "NGN"), Ok(250_000));
        assert_eq!(read("2500", "XOF"), Ok(2500));
        for (amount, currency) in [
            ("2500", "NGN"),
            ("-1.00", "NGN"),
            ("1e3", "NGN"),
            (" 1.00", "NGN"),
            ("1.00", "ngn"),
            ("1.00", "ZZZ"),
            ("99999999999999999999.00", "NGN"),
            ("", "NGN"),
        ] {
            assert_eq!(read(amount, currency), Err(422), "{amount} {currency}");
        }
    }
}
