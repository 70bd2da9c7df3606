//! Disputes as JSON.
//!
//! Guarantees the differences between the places: times are `createdAt` in answers and `created_at` in
//! webhooks, `attachments` is text in answers and null in webhooks, the dispute of a transaction comes with the
//! ids of its messages. Callers: `calls`, `answers`, `rules`.

use serde_json::{Value, json};

use super::book::Dispute;
use super::facts::{DisputeStatus, EvidenceAdded};
use crate::sandbox::instruments;
use crate::sandbox::state::{Status, Transaction};
use crate::sandbox::wire::{DOMAIN, INTEGRATION, Place, customer_of, event, in_dispute, time};

fn bin_and_last4(transaction: &Transaction) -> (Option<String>, Option<String>) {
    match &transaction.status {
        Status::Success(paid) => {
            let instrument = instruments::of(paid.instrument.as_deref());
            (Some(instrument.bin()), Some(instrument.last4()))
        }
        Status::Open | Status::Failed { .. } => (None, None),
    }
}

struct Said {
    status: DisputeStatus,
    by: String,
    body: Option<String>,
    at: i64,
}

fn story(dispute: &Dispute, transaction: &Transaction) -> Vec<Said> {
    let first = Said {
        status: DisputeStatus::AwaitingMerchantFeedback,
        by: transaction.opened.email.clone(),
        body: Some("debit without value".to_owned()),
        at: dispute.opened.at,
    };
    let moves = dispute.moves.iter().map(|moved| Said {
        status: moved.status,
        by: moved.by.clone(),
        body: moved.message.clone(),
        at: moved.at,
    });
    std::iter::once(first).chain(moves).collect()
}

fn history(story: &[Said]) -> Vec<Value> {
    let line = |said: &Said| json!({"status": said.status, "by": said.by, "createdAt": time(said.at)});
    story.iter().map(line).collect()
}

fn messages(story: &[Said]) -> Vec<Value> {
    let line = |said: &Said| {
        let body = said.body.as_ref()?;
        Some(json!({"sender": said.by, "body": body, "createdAt": time(said.at)}))
    };
    story.iter().filter_map(line).collect()
}

fn common(dispute: &Dispute, transaction: &Transaction, status: &str, place: Place) -> Value {
    let opened = &dispute.opened;
    let (bin, last4) = bin_and_last4(transaction);
    let story = story(dispute, transaction);
    json!({
        "id": opened.dispute, "refund_amount": dispute.refund_amount, "currency": opened.currency,
        "status": dispute.status, "resolution": dispute.resolution, "domain": DOMAIN,
        "transaction": in_dispute(transaction, status, place), "transaction_reference": null,
        "category": opened.category, "customer": customer_of(&transaction.opened), "bin": bin, "last4": last4,
        "dueAt": time(opened.due_at), "resolvedAt": dispute.resolved_at.map(time),
        "evidence": dispute.evidence, "note": null, "history": history(&story), "messages": messages(&story)
    })
}

fn with(mut object: Value, more: Value) -> Value {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

fn attachments(dispute: &Dispute) -> String {
    dispute.attachment.clone().unwrap_or_else(|| "[]".to_owned())
}

/// A row of `GET /dispute`, or with [`Place::Object`] the object of `GET /dispute/{id}`.
pub(super) fn shown(dispute: &Dispute, transaction: &Transaction, status: &str, place: Place) -> Value {
    let times = json!({
        "attachments": attachments(dispute), "createdAt": time(dispute.opened.at),
        "updatedAt": time(dispute.updated_at())
    });
    with(common(dispute, transaction, status, place), times)
}

/// The answer of `GET /dispute/transaction/{id}`.
pub(super) fn of_transaction(dispute: &Dispute, transaction: &Transaction, status: &str) -> Value {
    let opened = &dispute.opened;
    let (bin, last4) = bin_and_last4(transaction);
    let story = story(dispute, transaction);
    let extend = |lines: Vec<Value>, first: u64, extra: Value| -> Vec<Value> {
        let number = |index: usize| first.saturating_add(u64::try_from(index).unwrap_or(u64::MAX));
        let line = |(index, line): (usize, Value)| {
            let at = line["createdAt"].clone();
            let more = json!({"id": number(index), "dispute": opened.dispute, "updatedAt": at});
            with(with(line, more), extra.clone())
        };
        lines.into_iter().enumerate().map(line).collect()
    };
    json!({
        "history": extend(history(&story), 6_094, json!({})),
        "messages": extend(messages(&story), 148, json!({"is_deleted": 0})),
        "currency": opened.currency, "last4": last4, "bin": bin, "transaction_reference": null,
        "merchant_transaction_reference": null, "refund_amount": dispute.refund_amount,
        "status": dispute.status, "domain": DOMAIN, "resolution": dispute.resolution,
        "category": opened.category, "note": null, "attachments": attachments(dispute), "id": opened.dispute,
        "integration": INTEGRATION, "transaction": in_dispute(transaction, status, Place::Object),
        "created_by": null, "evidence": dispute.evidence, "resolvedAt": dispute.resolved_at.map(time),
        "createdAt": time(opened.at), "updatedAt": time(dispute.updated_at()), "dueAt": time(opened.due_at)
    })
}

/// The answer of `PUT /dispute/{id}/resolve`.
pub(super) fn resolved(dispute: &Dispute, transaction: &Transaction, status: &str) -> Value {
    let opened = &dispute.opened;
    let (bin, last4) = bin_and_last4(transaction);
    let last = dispute.moves.last();
    let (sender, body) =
        last.map_or(("", ""), |last| (last.by.as_str(), last.message.as_deref().unwrap_or("")));
    let at = time(dispute.updated_at());
    json!({
        "currency": opened.currency, "last4": last4, "bin": bin, "transaction_reference": null,
        "merchant_transaction_reference": null, "refund_amount": dispute.refund_amount,
        "status": dispute.status, "domain": DOMAIN, "resolution": dispute.resolution,
        "category": opened.category, "note": null, "attachments": attachments(dispute), "id": opened.dispute,
        "integration": INTEGRATION, "transaction": in_dispute(transaction, status, Place::Object),
        "created_by": 30, "evidence": dispute.evidence, "resolvedAt": dispute.resolved_at.map(time),
        "createdAt": time(opened.at), "updatedAt": at, "dueAt": time(opened.due_at),
        "message": {
            "dispute": opened.dispute, "sender": sender, "body": body, "id": 148, "createdAt": at,
            "updatedAt": at
        }
    })
}

/// The answer of `PUT /dispute/{id}`, which is a list of one.
pub(super) fn updated(dispute: &Dispute, transaction: &Transaction, status: &str) -> Value {
    let opened = &dispute.opened;
    let (bin, last4) = bin_and_last4(transaction);
    json!([{
        "currency": opened.currency, "last4": last4, "bin": bin, "transaction_reference": null,
        "merchant_transaction_reference": null, "refund_amount": dispute.refund_amount,
        "status": dispute.status, "domain": DOMAIN, "resolution": dispute.resolution, "source": "bank",
        "category": opened.category, "note": null, "attachments": attachments(dispute), "id": opened.dispute,
        "transaction": in_dispute(transaction, status, Place::Object),
        "customer": customer_of(&transaction.opened), "organization": 1, "evidence": dispute.evidence,
        "resolvedAt": dispute.resolved_at.map(time), "createdAt": time(opened.at),
        "updatedAt": time(dispute.updated_at()), "dueAt": time(opened.due_at)
    }])
}

/// The answer of `POST /dispute/{id}/evidence`.
pub(super) fn evidence(evidence: &EvidenceAdded) -> Value {
    let at = time(evidence.at);
    let mut object = json!({
        "customer_email": evidence.customer_email, "customer_name": evidence.customer_name,
        "customer_phone": evidence.customer_phone, "service_details": evidence.service_details,
        "dispute": evidence.dispute, "id": evidence.evidence, "createdAt": at, "updatedAt": at
    });
    for (name, value) in
        [("delivery_address", &evidence.delivery_address), ("delivery_date", &evidence.delivery_date)]
    {
        if let Some(value) = value {
            object = with(object, json!({name: value}));
        }
    }
    object
}

/// The text of a webhook.
pub(super) fn notice(name: &str, dispute: &Dispute, transaction: &Transaction, status: &str) -> String {
    let times = json!({
        "attachments": null, "created_at": time(dispute.opened.at), "updated_at": time(dispute.updated_at())
    });
    event(name, with(common(dispute, transaction, status, Place::Webhook), times))
}
