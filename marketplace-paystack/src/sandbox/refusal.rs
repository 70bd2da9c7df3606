//! The error bodies of the API.
//!
//! Guarantees the published bodies word for word where there are any, and the published `type` and `code`
//! everywhere; other wordings are a convention of the twin. What belongs to one topic stands with its rules.
//! Callers: every endpoint.

use std::io;

use serde::Serialize;

use super::http::TwinResponse;

pub(super) const CHECK_VALUES: &str = "Ensure that the value(s) you're passing are valid.";
/// The blank at the end is Paystack's.
pub(super) const ALL_PARAMS: &str = "Provide all required params ";

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

/// A refusal as it is sent: with its own words, or with words that name what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    refusal: Refusal,
    message: Option<String>,
    /// Only `status` and `message`.
    is_bare: bool,
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

pub(super) const fn validation(
    message: &'static str,
    next_step: &'static str,
    code: &'static str,
) -> Refusal {
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
pub(super) const MISSING: Refusal = validation("A required field is missing", ALL_PARAMS, "missing_params");
pub(super) const INVALID_PARAMS: Refusal =
    validation("Invalid parameters were sent", CHECK_VALUES, "invalid_params");
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

    pub(super) const fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// An error of the processing and not of the request.
    pub(super) const fn of_api(self) -> Self {
        Self { kind: "api_error", ..self }
    }

    /// The same in other words.
    pub(super) fn saying(self, message: String) -> Refused {
        Refused { refusal: self, message: Some(message), is_bare: false }
    }

    pub(super) fn response(&self) -> TwinResponse {
        Refused::from(*self).response()
    }

    /// Never with more than `status` and `message`.
    pub(super) fn bare(self) -> Refused {
        Refused { is_bare: true, ..self.into() }
    }

    /// Only `status` and `message`.
    pub(super) fn short_response(&self) -> TwinResponse {
        TwinResponse::json(self.status, &serde_json::json!({"status": false, "message": self.message}))
    }
}

impl Refused {
    pub(super) fn message(&self) -> &str {
        self.message.as_deref().unwrap_or(self.refusal.message)
    }

    pub(super) fn response(&self) -> TwinResponse {
        let refusal = &self.refusal;
        if self.is_bare {
            return refusal.short_response();
        }
        let body = Body {
            status: false,
            message: self.message(),
            meta: Meta { next_step: refusal.next_step },
            r#type: refusal.kind,
            code: refusal.code,
            mapping_not_found: refusal.mapping_flag.then_some(false),
        };
        TwinResponse::json(refusal.status, &body)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, message: None, is_bare: false }
    }
}

/// The journal could not be written, so nothing happened.
impl From<io::Error> for Refused {
    fn from(_: io::Error) -> Self {
        BROKEN.into()
    }
}
