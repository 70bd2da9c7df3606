//! One-time passwords of transfers: `POST /transfer/finalize_transfer` and `POST /transfer/resend_otp`, and the calls
//! that switch them, which end with the process as every behaviour does.
//!
//! Guarantees that a wrong password ends the transfer: it is `failed`, and its reference is used up. The right
//! one is 123456, which is a convention of the twin. Caller: `api`.

use super::facts::TransferStatus;
use super::{rules, wire};
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::refusal::{self, CHECK_VALUES, Refusal, Refused, validation};

const UNKNOWN: Refusal =
    validation("Transfer not found", CHECK_VALUES, "transfer_not_found").with_status(404);
const NOT_WAITING: Refusal =
    validation("Transfer is not currently awaiting OTP", CHECK_VALUES, "invalid_params");
const WRONG: Refusal = validation("OTP could not be verified", CHECK_VALUES, "unknown").of_api();

const PASSWORD: &str = "123456";

pub(in crate::sandbox) fn finalize(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let fields = Fields::of_body(call.request)?;
    let (code, otp) = (fields.required("transfer_code")?, fields.required("otp")?);
    let (id, is_right) = call.sandbox.decide(|desk| {
        let transfer = desk.state.payouts.by_code(&code).ok_or(UNKNOWN)?;
        if transfer.status != TransferStatus::Otp {
            return Err(Refused::from(NOT_WAITING));
        }
        let is_right = otp == PASSWORD;
        if is_right {
            rules::confirm(desk, transfer)?;
        } else {
            rules::move_to(desk, transfer, TransferStatus::Failed);
        }
        Ok((transfer.started.transfer, is_right))
    })?;
    if !is_right {
        return Err(WRONG.into());
    }
    call.sandbox.catch_up();
    let shared = call.sandbox.lock();
    let transfer = shared.state.payouts.transfer(id).ok_or(refusal::BROKEN)?;
    Ok(answer::ok("Transfer has been queued", wire::finalized(transfer)))
}

pub(in crate::sandbox) fn resend(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let fields = Fields::of_body(call.request)?;
    let code = fields.required("transfer_code")?;
    fields.required("reason")?;
    let shared = call.sandbox.lock();
    let transfer = shared.state.payouts.by_code(&code).ok_or(UNKNOWN)?;
    if transfer.status != TransferStatus::Otp {
        return Err(NOT_WAITING.into());
    }
    Ok(answer::done("OTP has been resent"))
}

/// Begins to switch passwords off: the account's owner gets one.
pub(in crate::sandbox) fn disable_otp() -> TwinResponse {
    answer::done("OTP has been sent to mobile number ending with 4321")
}

/// Switches them off.
pub(in crate::sandbox) fn finalize_disable_otp(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    if Fields::of_body(call.request)?.required("otp")? != PASSWORD {
        return Err(WRONG.into());
    }
    call.sandbox.lock().behaviour.transfer_otp = false;
    Ok(answer::done("OTP requirement for transfers has been disabled"))
}

/// Switches them on.
pub(in crate::sandbox) fn enable_otp(call: &Call<'_>) -> TwinResponse {
    call.sandbox.lock().behaviour.transfer_otp = true;
    answer::done("OTP requirement for transfers has been enabled")
}
