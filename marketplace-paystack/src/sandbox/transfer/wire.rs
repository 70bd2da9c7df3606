//! Recipients and transfers as JSON.
//!
//! Guarantees that `recipient` is a number when a transfer is begun and an object later, that `integration` is
//! an object in webhooks and a number elsewhere, and that the webhook of a success and those of a failure spell
//! their times differently, as the samples do. Callers: `calls`, `otp`, `recipient`, `rules`.

use serde_json::{Value, json};

use super::book::Transfer;
use super::facts::{RecipientCreated, TransferStarted, TransferStatus};
use crate::sandbox::wire::{DOMAIN, INTEGRATION, event, time};

fn details(recipient: &RecipientCreated) -> Value {
    json!({
        "authorization_code": null, "account_number": recipient.account_number, "account_name": null,
        "bank_code": recipient.bank_code, "bank_name": recipient.bank_name
    })
}

/// The object of a recipient.
pub(super) fn recipient(recipient: &RecipientCreated) -> Value {
    let at = time(recipient.at);
    json!({
        "active": true, "createdAt": at, "currency": recipient.currency,
        "description": recipient.description.as_deref().unwrap_or_default(), "domain": DOMAIN, "email": null,
        "id": recipient.recipient, "integration": INTEGRATION, "metadata": null, "name": recipient.name,
        "recipient_code": recipient.code, "type": recipient.kind, "updatedAt": at, "is_deleted": false,
        "isDeleted": false, "details": details(recipient)
    })
}

/// The number of the request that made a transfer.
fn request(started: &TransferStarted) -> u64 {
    started.transfer.saturating_add(207_700_000)
}

/// The answer that begins it.
pub(super) fn queued(transfer: &Transfer) -> Value {
    let started = &transfer.started;
    json!({
        "transfersessionid": [], "transfertrials": [], "domain": DOMAIN, "amount": started.amount,
        "currency": started.currency, "reference": started.reference, "source": "balance",
        "source_details": null, "reason": started.reason, "status": transfer.status, "failures": null,
        "transfer_code": started.code, "titan_code": null, "transferred_at": null, "id": started.transfer,
        "integration": INTEGRATION, "request": request(started), "recipient": started.recipient,
        "createdAt": time(started.at), "updatedAt": time(transfer.moved_at)
    })
}

/// A row of the answer that begins many.
pub(super) fn row(transfer: &Transfer, to: &RecipientCreated) -> Value {
    let started = &transfer.started;
    json!({
        "reference": started.reference, "recipient": to.code, "amount": started.amount,
        "transfer_code": started.code, "currency": started.currency, "status": transfer.started.status
    })
}

/// The answer that begins one that waits for a one-time password.
pub(super) fn waiting(transfer: &Transfer) -> Value {
    let started = &transfer.started;
    json!({
        "reference": started.reference, "integration": INTEGRATION, "domain": DOMAIN,
        "amount": started.amount, "currency": started.currency, "source": "balance",
        "reason": started.reason, "recipient": started.recipient, "status": transfer.status,
        "transfer_code": started.code, "id": started.transfer, "createdAt": time(started.at),
        "updatedAt": time(transfer.moved_at)
    })
}

/// The answer to a right one-time password.
pub(super) fn finalized(transfer: &Transfer) -> Value {
    let started = &transfer.started;
    json!({
        "domain": DOMAIN, "amount": started.amount, "currency": started.currency,
        "reference": started.reference, "source": "balance", "source_details": null,
        "reason": started.reason, "status": transfer.status, "failures": null,
        "transfer_code": started.code, "titan_code": null, "transferred_at": null, "id": started.transfer,
        "integration": INTEGRATION, "recipient": started.recipient, "createdAt": time(started.at),
        "updatedAt": time(transfer.moved_at)
    })
}

/// The object of `GET /transfer/{id_or_code}` and `GET /transfer/verify/{reference}`.
pub(super) fn fetched(transfer: &Transfer, to: &RecipientCreated) -> Value {
    let started = &transfer.started;
    json!({
        "amount": started.amount, "createdAt": time(started.at), "currency": started.currency,
        "domain": DOMAIN, "failures": null, "id": started.transfer, "integration": INTEGRATION,
        "reason": started.reason, "reference": started.reference, "source": "balance",
        "source_details": null, "status": transfer.status, "titan_code": null,
        "transfer_code": started.code, "request": request(started), "transferred_at": null,
        "updatedAt": time(transfer.moved_at), "recipient": recipient(to),
        "session": {"provider": null, "id": null}, "fee_charged": started.fee, "fees_breakdown": null,
        "gateway_response": null
    })
}

/// The text of a webhook.
pub(super) fn notice(
    started: &TransferStarted,
    to: &RecipientCreated,
    status: TransferStatus,
    at: i64,
) -> String {
    let mut receiver = recipient(to);
    if let Some(receiver) = receiver.as_object_mut() {
        receiver.remove("isDeleted");
    }
    let mut data = json!({
        "amount": started.amount, "currency": started.currency, "domain": DOMAIN, "failures": null,
        "id": started.transfer,
        "integration": {
            "id": INTEGRATION, "is_live": false, "business_name": "Sandbox",
            "logo_path": "https://shop.example/logo.png"
        },
        "reason": started.reason, "reference": started.reference, "source": "balance",
        "source_details": null, "status": status, "titan_code": null, "transfer_code": started.code,
        "transferred_at": null, "recipient": receiver
    });
    let (created_at, updated_at) = (json!(time(started.at)), json!(time(at)));
    let rest = if status == TransferStatus::Success {
        json!({
            "createdAt": created_at, "updatedAt": updated_at, "session": {"provider": null, "id": null},
            "fee_charged": started.fee, "gateway_response": null
        })
    } else {
        let session = format!("1100{:026}", started.transfer);
        json!({
            "created_at": created_at, "updated_at": updated_at,
            "session": {"provider": "nip", "id": session}
        })
    };
    if let (Some(data), Value::Object(rest)) = (data.as_object_mut(), rest) {
        data.extend(rest);
    }
    event(&format!("transfer.{}", status.as_str()), data)
}
