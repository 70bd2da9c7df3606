//! What every refusal of Paystack means for a reading call, a writing one, and a transfer.

use crate::failure::{Answer, Effect, before_command};
use marketplace_core::payment::{
    GatewayError,
    GatewayErrorKind::{
        Authentication, Declined, Duplicate, InsufficientFunds, InvalidRequest, Malformed, NotFound,
        RateLimited, Transient, UnknownOutcome, WrongState,
    },
};
use serde_json::{Value, json};
use std::time::Duration;

const HTML: &str = "<html><body>502 Bad Gateway</body></html>";
const INVALID_KEY: &str = r#"{"status":false,"message":"Invalid key","meta":{"nextStep":"x"},"type":"validation_error","code":"invalid_Key"}"#;
const SHORT_INVALID_KEY: &str = r#"{"status":false,"message":"Invalid key"}"#;
const DUPLICATE: &str = r#"{"status":false,"message":"Duplicate Transaction Reference","meta":{},"type":"validation_error","code":"duplicate_reference"}"#;
const SHORT_DUPLICATE: &str = r#"{"status":false,"message":"Duplicate Transaction Reference"}"#;
const NO_SUCH: &str =
    r#"{"status":false,"message":"Transaction reference not found.","code":"transaction_not_found"}"#;
const SHORT_NO_SUCH: &str = r#"{"status":false,"message":"Transaction reference not found."}"#;
const MISSING: &str = r#"{"status":false,"message":"Email Address is required","meta":{"nextStep":"Provide all required params "},"type":"validation_error","code":"missing_params"}"#;
const CURRENCY: &str =
    r#"{"status":false,"message":"Currency not supported by merchant","code":"unsupported_currency"}"#;
const LIMITED: &str =
    r#"{"status":false,"message":"Rate limit exceeded!","type":"api_error","code":"rate_limited"}"#;
const BROKEN: &str = r#"{"status":false,"message":"An error occurred","type":"api_error","code":"unknown"}"#;
const SHORT_BROKEN: &str = r#"{"status":false,"message":"An error occurred"}"#;
const STARTER: &str = r#"{"status":false,"message":"You cannot initiate third party payouts as a starter business","type":"api_error","code":"transfer_unavailable"}"#;
const TAKEN: &str = r#"{"status":false,"message":"Please provide a unique reference. Reference already exists on a transfer","meta":{"nextStep":"Create a new reference for the new transfer"},"type":"validation_error","code":"duplicate_transfer_reference"}"#;
const SHORT_TAKEN: &str = r#"{"status":false,"message":"Please provide a unique reference. Reference already exists on a transfer"}"#;
const BULK_TAKEN: &str = r#"{"status":false,"message":"Duplicate reference(s) found: po-1,po-2","type":"api_error","code":"unknown"}"#;
const POOR: &str = r#"{"status":false,"message":"Your balance is not enough to fulfil this request","type":"api_error","code":"unknown"}"#;
const POOR_REFUND: &str =
    r#"{"status":false,"message":"Insufficient balance to fulfill this refund. Please top up."}"#;
const REVERSED: &str = r#"{"status":false,"message":"Transaction has been fully reversed","type":"api_error","code":"transaction_reversed"}"#;
const SHORT_REVERSED: &str = r#"{"status":false,"message":"Transaction has been fully reversed"}"#;
const TOO_MUCH: &str = r#"{"status":false,"message":"Total refund amount cannot exceed original transaction amount","type":"validation_error","code":"invalid_params"}"#;
const REFUND_STATE: &str = r#"{"status":false,"message":"Invalid Refund state, refund status should be \"needs-attention\"","meta":{"nextStep":"x"},"type":"validation_error","code":"invalid_params"}"#;
const PROCESSOR: &str =
    r#"{"status":false,"message":"Account cannot be credited","type":"processor_error","code":"unknown"}"#;
const PROCESSOR_AS_CODE: &str =
    r#"{"status":false,"message":"Account cannot be credited","code":"processor_error"}"#;
const CLOSED: &str = r#"{"status":false,"message":"Account closed"}"#;
const NO_TRANSFER: &str = r#"{"status":false,"message":"Transfer not found","meta":{"nextStep":"x"},"type":"validation_error","code":"transfer_not_found"}"#;
const SHORT_NO_TRANSFER: &str = r#"{"status":false,"message":"Transfer not found"}"#;
const RECIPIENT: &str = r#"{"status":false,"message":"Recipient specified is invalid","type":"validation_error","code":"invalid_transfer_recipient"}"#;
const SHORT_RECIPIENT: &str = r#"{"status":false,"message":"Recipient specified is invalid"}"#;

fn judge(effect: Effect, status: u16, body: &str) -> Result<Value, GatewayError> {
    let body = Some(body.as_bytes().to_vec());
    let answer = Answer { status, reset: None, request_id: None, body };
    answer.judge(effect).map(|envelope| envelope.data)
}

#[test]
fn every_refusal_has_one_meaning_per_effect() {
    let limited = RateLimited { after: None };
    for (status, body, write, read) in [
        (401, INVALID_KEY, Authentication, Authentication),
        (401, SHORT_INVALID_KEY, Authentication, Authentication),
        (400, SHORT_INVALID_KEY, Authentication, Authentication),
        (401, "", Authentication, Authentication),
        (403, HTML, Authentication, Authentication),
        (400, CURRENCY, Authentication, Authentication),
        (400, STARTER, Authentication, Authentication),
        (400, DUPLICATE, Duplicate, Duplicate),
        (404, DUPLICATE, Duplicate, Duplicate),
        (200, SHORT_DUPLICATE, Duplicate, Duplicate),
        (500, DUPLICATE, Duplicate, Duplicate),
        (429, LIMITED, limited, limited),
        (429, HTML, limited, limited),
        (400, LIMITED, limited, limited),
        (404, NO_SUCH, NotFound, NotFound),
        (400, NO_SUCH, NotFound, NotFound),
        (400, SHORT_NO_SUCH, NotFound, NotFound),
        (404, BROKEN, InvalidRequest, NotFound),
        (404, "", UnknownOutcome, Malformed),
        (404, HTML, UnknownOutcome, Malformed),
        (400, MISSING, InvalidRequest, InvalidRequest),
        (422, MISSING, InvalidRequest, InvalidRequest),
        (400, BROKEN, InvalidRequest, InvalidRequest),
        (400, REVERSED, WrongState, WrongState),
        (400, SHORT_REVERSED, WrongState, WrongState),
        (400, TOO_MUCH, WrongState, WrongState),
        (422, REFUND_STATE, WrongState, WrongState),
        (400, POOR_REFUND, InsufficientFunds, InsufficientFunds),
        (400, PROCESSOR, Declined, Transient),
        (400, PROCESSOR_AS_CODE, Declined, Transient),
        (502, PROCESSOR, UnknownOutcome, Transient),
        (400, HTML, UnknownOutcome, Malformed),
        (400, "", UnknownOutcome, Malformed),
        (408, BROKEN, UnknownOutcome, Transient),
        (408, REVERSED, UnknownOutcome, Transient),
        (500, BROKEN, UnknownOutcome, Transient),
        (500, POOR_REFUND, UnknownOutcome, Transient),
        (502, HTML, UnknownOutcome, Transient),
        (503, "", UnknownOutcome, Transient),
        (504, "{\"status\":tr", UnknownOutcome, Transient),
        (200, "", UnknownOutcome, Malformed),
        (200, HTML, UnknownOutcome, Malformed),
        (200, "{\"status\":true,\"mess", UnknownOutcome, Malformed),
        (200, "[]", UnknownOutcome, Malformed),
        (200, "{}", UnknownOutcome, Malformed),
        (200, BROKEN, UnknownOutcome, Malformed),
        (204, "", UnknownOutcome, Malformed),
        (302, HTML, UnknownOutcome, Malformed),
    ] {
        assert_eq!(judge(Effect::Writes, status, body).unwrap_err().kind, write, "write: {status} {body}");
        assert_eq!(judge(Effect::Reads, status, body).unwrap_err().kind, read, "read: {status} {body}");
    }
}

#[test]
fn of_a_transfer_only_a_refusal_that_is_known_is_believed() {
    for (status, body, kind) in [
        (400, TAKEN, Duplicate),
        (404, TAKEN, Duplicate),
        (400, SHORT_TAKEN, Duplicate),
        (404, BULK_TAKEN, Duplicate),
        (400, POOR, InsufficientFunds),
        (400, STARTER, Authentication),
        (400, PROCESSOR, Declined),
        (400, CLOSED, Declined),
        (400, RECIPIENT, InvalidRequest),
        (400, SHORT_RECIPIENT, InvalidRequest),
        (404, RECIPIENT, InvalidRequest),
        (400, MISSING, InvalidRequest),
        (404, NO_TRANSFER, InvalidRequest),
        (429, LIMITED, RateLimited { after: None }),
        (401, SHORT_INVALID_KEY, Authentication),
        (400, BROKEN, UnknownOutcome),
        (400, SHORT_BROKEN, UnknownOutcome),
        (404, BROKEN, UnknownOutcome),
        (404, SHORT_NO_TRANSFER, UnknownOutcome),
        (404, "", UnknownOutcome),
        (408, RECIPIENT, UnknownOutcome),
        (500, RECIPIENT, UnknownOutcome),
        (502, PROCESSOR, UnknownOutcome),
        (500, POOR, UnknownOutcome),
        (200, HTML, UnknownOutcome),
        (200, BROKEN, UnknownOutcome),
    ] {
        assert_eq!(judge(Effect::Pays, status, body).unwrap_err().kind, kind, "{status} {body}");
    }
    for body in [NO_TRANSFER, SHORT_NO_TRANSFER] {
        assert_eq!(judge(Effect::Reads, 404, body).unwrap_err().kind, NotFound);
        assert_eq!(judge(Effect::Reads, 400, body).unwrap_err().kind, NotFound);
    }
}

#[test]
fn only_an_accepted_call_has_data() {
    let accepted = r#"{"status":true,"message":"ok","data":{"reference":"r"}}"#;
    for effect in [Effect::Reads, Effect::Writes, Effect::Pays] {
        assert_eq!(judge(effect, 200, accepted).unwrap(), json!({"reference": "r"}));
        assert_eq!(judge(effect, 201, accepted).unwrap(), json!({"reference": "r"}));
    }
    for effect in [Effect::Writes, Effect::Pays] {
        assert_eq!(judge(effect, 500, accepted).unwrap_err().kind, UnknownOutcome);
        assert_eq!(judge(effect, 400, accepted).unwrap_err().kind, UnknownOutcome);
    }
    assert_eq!(judge(Effect::Reads, 404, accepted).unwrap_err().kind, Malformed);
}

#[test]
fn an_unreadable_look_before_a_command_is_no_unreadable_command() {
    for (body, kind) in [(HTML, Transient), (SHORT_INVALID_KEY, Authentication), (NO_SUCH, NotFound)] {
        let status = if body == HTML { 200 } else { 400 };
        assert_eq!(before_command(judge(Effect::Reads, status, body).unwrap_err()).kind, kind, "{body}");
    }
}

#[test]
fn a_long_answer_is_unclear_and_a_long_wait_is_cut() {
    let long = |status| Answer { status, reset: None, request_id: None, body: None };
    assert_eq!(long(200).judge(Effect::Writes).unwrap_err().kind, UnknownOutcome);
    assert_eq!(long(200).judge(Effect::Reads).unwrap_err().kind, Malformed);
    assert_eq!(long(401).judge(Effect::Reads).unwrap_err().kind, Authentication);
    for (reset, after) in [(17, 17), (1_893_456_000, 3600)] {
        let answer = Answer { reset: Some(Duration::from_secs(reset)), ..long(429) };
        let kind = answer.judge(Effect::Reads).unwrap_err().kind;
        assert_eq!(kind, RateLimited { after: Some(Duration::from_secs(after)) });
    }
}
