//! The error bodies of the API.
//!
//! Guarantees the published bodies word for word where there are any, and the published `type` and `code`
//! everywhere; other wordings are a convention of the twin. Callers: `api`, `access`, `initialize`.

use serde::Serialize;

use super::http::TwinResponse;

const CHECK_VALUES: &str = "Ensure that the value(s) you're passing are valid.";
/// The blank at the end is Paystack's.
const ALL_PARAMS: &str = "Provide all required params ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    message: &'static str,
    next_step: &'static str,
    kind: &'static str,
    code: &'static str,
    /// Present on this one error, for no known reason.
    mapping_flag: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    status: bool,
    message: &'a str,
    meta: Meta<'a>,
    r#type: &'a str,
    code: &'a str,
    #[serde(rename = "errorCodeMappingNotFound", skip_serializing_if = "Option::is_none")]
    mapping_not_found: Option<bool>,
}

#[derive(Serialize)]
struct Meta<'a> {
    #[serde(rename = "nextStep")]
    next_step: &'a str,
}

const fn validation(message: &'static str, next_step: &'static str, code: &'static str) -> Refusal {
    Refusal { status: 400, message, next_step, kind: "validation_error", code, mapping_flag: false }
}

pub(super) const INVALID_KEY: Refusal = Refusal {
    status: 401,
    ..validation(
        "Invalid key",
        "Ensure that you provide the correct authorization key for the request",
        "invalid_Key",
    )
};
pub(super) const RATE_LIMITED: Refusal = Refusal {
    status: 429,
    kind: "api_error",
    ..validation("Rate limit exceeded!", "Wait a few minutes and try the API call again", "rate_limited")
};
pub(super) const UNKNOWN_REFERENCE: Refusal = Refusal {
    status: 404,
    ..validation(
        "Transaction reference not found.",
        "Ensure that you're passing the reference of a transaction that exists on this integration",
        "transaction_not_found",
    )
};
pub(super) const DUPLICATE_REFERENCE: Refusal = Refusal {
    mapping_flag: true,
    ..validation(
        "Duplicate Transaction Reference",
        "Try and create the Transaction or Charge with a new reference",
        "duplicate_reference",
    )
};
pub(super) const MALFORMED_BODY: Refusal =
    validation("Request body could not be parsed", CHECK_VALUES, "invalid_params");
pub(super) const EMAIL_MISSING: Refusal =
    validation("Email Address is required", ALL_PARAMS, "missing_params");
pub(super) const EMAIL_INVALID: Refusal =
    validation("Invalid Email Address Passed", CHECK_VALUES, "invalid_email_address");
pub(super) const AMOUNT_MISSING: Refusal = validation("Amount is required", ALL_PARAMS, "missing_params");
pub(super) const AMOUNT_NOT_INTEGER: Refusal =
    validation("\"amount\" must be an integer", CHECK_VALUES, "invalid_amount");
pub(super) const AMOUNT_OUT_OF_RANGE: Refusal =
    validation("Invalid Amount Sent", CHECK_VALUES, "invalid_amount");
pub(super) const CURRENCY_UNSUPPORTED: Refusal =
    validation("Currency not supported by merchant", CHECK_VALUES, "unsupported_currency");
pub(super) const REFERENCE_INVALID: Refusal = validation(
    "Invalid transaction reference. Only -, ., = and alphanumeric characters are allowed",
    CHECK_VALUES,
    "invalid_params",
);
pub(super) const CALLBACK_INVALID: Refusal =
    validation("Invalid callback url", CHECK_VALUES, "invalid_params");
pub(super) const BROKEN: Refusal = Refusal {
    status: 500,
    kind: "api_error",
    ..validation("An error occurred", "Try again later", "unknown")
};

impl Refusal {
    /// An injected failure with a body of the usual shape.
    pub(super) const fn fault(status: u16) -> Self {
        Self { status, ..BROKEN }
    }

    pub(super) fn response(&self) -> TwinResponse {
        let body = Body {
            status: false,
            message: self.message,
            meta: Meta { next_step: self.next_step },
            r#type: self.kind,
            code: self.code,
            mapping_not_found: self.mapping_flag.then_some(false),
        };
        TwinResponse::json(self.status, &body)
    }
}
