//! The routes of the API.
//!
//! Guarantees one name for each method and path that the twin models. Callers: `api` finds them, tests order
//! faults for them.

use serde::{Deserialize, Serialize};

/// A call of the API, as it can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Route {
    /// `POST /transaction/initialize`
    Initialize,
    /// `GET /transaction/verify/{reference}`
    Verify,
    /// `GET /transaction`
    ListTransactions,
    /// `GET /transaction/{id}`
    FetchTransaction,
    /// `GET /transaction/timeline/{id_or_reference}`
    Timeline,
    /// `GET /transaction/totals`
    Totals,
    /// `POST /transaction/charge_authorization`
    ChargeAuthorization,
    /// `POST /customer/authorization/deactivate`
    DeactivateAuthorization,
    /// `POST /charge`
    Charge,
    /// `GET /charge/{reference}`
    CheckCharge,
    /// `POST /charge/submit_pin`
    SubmitPin,
    /// `POST /charge/submit_otp`
    SubmitOtp,
    /// `POST /charge/submit_phone`
    SubmitPhone,
    /// `POST /charge/submit_birthday`
    SubmitBirthday,
    /// `POST /charge/submit_address`
    SubmitAddress,
    /// `POST /refund`
    CreateRefund,
    /// `GET /refund`
    ListRefunds,
    /// `GET /refund/{id}`
    FetchRefund,
    /// `POST /refund/retry_with_customer_details/{id}`
    RetryRefund,
    /// `GET /bank`
    ListBanks,
    /// `GET /bank/resolve`
    ResolveAccount,
    /// `POST /transferrecipient`
    CreateRecipient,
    /// `GET /balance`
    Balance,
    /// `GET /balance/ledger`
    BalanceLedger,
    /// `POST /transfer`
    InitiateTransfer,
    /// `POST /transfer/bulk`
    BulkTransfer,
    /// `POST /transfer/disable_otp`
    DisableOtp,
    /// `POST /transfer/disable_otp_finalize`
    FinalizeDisableOtp,
    /// `POST /transfer/enable_otp`
    EnableOtp,
    /// `POST /transfer/finalize_transfer`
    FinalizeTransfer,
    /// `POST /transfer/resend_otp`
    ResendOtp,
    /// `GET /transfer`
    ListTransfers,
    /// `GET /transfer/verify/{reference}`
    VerifyTransfer,
    /// `GET /transfer/{id_or_code}`
    FetchTransfer,
    /// `GET /dispute`
    ListDisputes,
    /// `GET /dispute/{id}`
    FetchDispute,
    /// `GET /dispute/transaction/{id}`
    TransactionDispute,
    /// `PUT /dispute/{id}`
    UpdateDispute,
    /// `POST /dispute/{id}/evidence`
    AddEvidence,
    /// `GET /dispute/{id}/upload_url`
    UploadUrl,
    /// `PUT /dispute/{id}/resolve`
    ResolveDispute,
}

/// The route of a call, and what stands in the variable place of its path.
pub(super) fn find<'a>(method: &str, segments: &[&'a str]) -> Option<(Route, &'a str)> {
    let found = match (method, segments) {
        ("POST", ["transaction", "initialize"]) => (Route::Initialize, ""),
        ("GET", ["transaction", "verify", reference]) => (Route::Verify, *reference),
        ("GET", ["transaction"]) => (Route::ListTransactions, ""),
        ("GET", ["transaction", "totals"]) => (Route::Totals, ""),
        ("GET", ["transaction", "timeline", name]) => (Route::Timeline, *name),
        ("GET", ["transaction", id]) if is_number(id) => (Route::FetchTransaction, *id),
        ("POST", ["transaction", "charge_authorization"]) => (Route::ChargeAuthorization, ""),
        ("POST", ["customer", "authorization", "deactivate"]) => (Route::DeactivateAuthorization, ""),
        ("POST", ["charge"]) => (Route::Charge, ""),
        ("GET", ["charge", reference]) => (Route::CheckCharge, *reference),
        ("POST", ["charge", "submit_pin"]) => (Route::SubmitPin, ""),
        ("POST", ["charge", "submit_otp"]) => (Route::SubmitOtp, ""),
        ("POST", ["charge", "submit_phone"]) => (Route::SubmitPhone, ""),
        ("POST", ["charge", "submit_birthday"]) => (Route::SubmitBirthday, ""),
        ("POST", ["charge", "submit_address"]) => (Route::SubmitAddress, ""),
        ("POST", ["refund"]) => (Route::CreateRefund, ""),
        ("GET", ["refund"]) => (Route::ListRefunds, ""),
        ("GET", ["refund", id]) => (Route::FetchRefund, *id),
        ("POST", ["refund", "retry_with_customer_details", id]) => (Route::RetryRefund, *id),
        ("GET", ["bank"]) => (Route::ListBanks, ""),
        ("GET", ["bank", "resolve"]) => (Route::ResolveAccount, ""),
        ("POST", ["transferrecipient"]) => (Route::CreateRecipient, ""),
        ("GET", ["balance"]) => (Route::Balance, ""),
        ("GET", ["balance", "ledger"]) => (Route::BalanceLedger, ""),
        ("POST", ["transfer"]) => (Route::InitiateTransfer, ""),
        ("POST", ["transfer", "bulk"]) => (Route::BulkTransfer, ""),
        ("POST", ["transfer", "disable_otp"]) => (Route::DisableOtp, ""),
        ("POST", ["transfer", "disable_otp_finalize"]) => (Route::FinalizeDisableOtp, ""),
        ("POST", ["transfer", "enable_otp"]) => (Route::EnableOtp, ""),
        ("POST", ["transfer", "finalize_transfer"]) => (Route::FinalizeTransfer, ""),
        ("POST", ["transfer", "resend_otp"]) => (Route::ResendOtp, ""),
        ("GET", ["transfer"]) => (Route::ListTransfers, ""),
        ("GET", ["transfer", "verify", reference]) => (Route::VerifyTransfer, *reference),
        ("GET", ["transfer", name]) => (Route::FetchTransfer, *name),
        ("GET", ["dispute"]) => (Route::ListDisputes, ""),
        ("GET", ["dispute", "transaction", id]) => (Route::TransactionDispute, *id),
        ("GET", ["dispute", id]) => (Route::FetchDispute, *id),
        ("PUT", ["dispute", id]) => (Route::UpdateDispute, *id),
        ("POST", ["dispute", id, "evidence"]) => (Route::AddEvidence, *id),
        ("GET", ["dispute", id, "upload_url"]) => (Route::UploadUrl, *id),
        ("PUT", ["dispute", id, "resolve"]) => (Route::ResolveDispute, *id),
        _ => return None,
    };
    Some(found)
}

fn is_number(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}
