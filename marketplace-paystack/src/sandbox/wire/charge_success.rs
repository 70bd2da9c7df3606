//! The `charge.success` webhook, and `bank.transfer.rejected`.
//!
//! Guarantees one text for one payment. Caller: `transaction`.

use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use super::parts::{
    Authorization, Customer, DOMAIN, Empty, INTEGRATION, NULL, Null, Sender, card, customer, event, time,
};
use crate::sandbox::instruments;
use crate::sandbox::record::{Initialized, Paid};

#[derive(Serialize)]
struct Event<'a> {
    event: &'static str,
    data: Charged<'a>,
}

/// The `data` of `charge.success`.
#[derive(Serialize)]
struct Charged<'a> {
    id: u64,
    domain: &'static str,
    status: &'static str,
    reference: &'a str,
    amount: u64,
    message: Option<&'static str>,
    gateway_response: &'static str,
    paid_at: String,
    created_at: String,
    channel: &'static str,
    currency: &'a str,
    ip_address: Null,
    metadata: &'a Value,
    fees_breakdown: Null,
    log: Null,
    fees: u64,
    fees_split: Null,
    authorization: Authorization<'a>,
    customer: Customer<'a>,
    plan: Empty,
    subaccount: Empty,
    split: Empty,
    order_id: Null,
    #[serde(rename = "paidAt")]
    paid_at_again: String,
    requested_amount: u64,
    pos_transaction_data: Null,
    source: Source,
}

#[expect(clippy::struct_field_names, reason = "the names are Paystack's")]
#[derive(Serialize)]
struct Source {
    r#type: &'static str,
    source: &'static str,
    entry_point: &'static str,
    identifier: Null,
}

const SENDER: Sender = Sender {
    sender_country: "NG",
    sender_bank: "Test Bank",
    sender_bank_account_number: "XXXXXX7890",
    sender_name: "TEST SENDER",
    narration: "Test transfer",
};

/// The exact text of the `charge.success` webhook.
pub(in crate::sandbox) fn charge_success(opened: &Initialized, paid: &Paid) -> io::Result<String> {
    // Where `verify` has `""`, the samples of the webhook have the number zero.
    let zero = Value::from(0);
    let instrument = instruments::of(paid.instrument.as_deref());
    let sender = (instrument.channel == "bank_transfer").then_some(SENDER);
    let metadata = if opened.metadata == "" { &zero } else { &opened.metadata };
    let event = Event {
        event: "charge.success",
        data: Charged {
            id: opened.id,
            domain: "test",
            status: "success",
            reference: &opened.reference,
            amount: paid.amount,
            message: (instrument.channel == "mobile_money").then_some("madePayment"),
            gateway_response: "Approved",
            paid_at: time(paid.at),
            created_at: time(opened.at),
            channel: instrument.channel,
            currency: &paid.currency,
            ip_address: NULL,
            metadata,
            fees_breakdown: NULL,
            log: NULL,
            fees: paid.fees,
            fees_split: NULL,
            authorization: Authorization {
                receiver_bank_account_number: Some(NULL),
                receiver_bank: Some(NULL),
                sender,
                ..card(paid)
            },
            customer: customer(opened, Some(Empty {})),
            plan: Empty {},
            subaccount: Empty {},
            split: Empty {},
            order_id: NULL,
            paid_at_again: time(paid.at),
            requested_amount: paid.requested_amount,
            pos_transaction_data: NULL,
            source: Source {
                r#type: "api",
                source: "merchant_api",
                entry_point: opened.entry.as_str(),
                identifier: NULL,
            },
        },
    };
    Ok(serde_json::to_string(&event)?)
}

/// The exact text of the `bank.transfer.rejected` webhook, which names no reference.
pub(in crate::sandbox) fn transfer_rejected(opened: &Initialized, amount: u64) -> String {
    let at = time(opened.at);
    let data = json!({
        "bank_transfer": {
            "amount": amount.to_string(), "message": "incorrect amount sent",
            "message_type": "INCORRECT_AMOUNT", "transaction_id": opened.id.to_string()
        },
        "customer": {
            "first_name": null, "last_name": null, "email": opened.email, "phone": null, "metadata": null,
            "domain": DOMAIN, "customer_code": opened.customer_code, "risk_action": "default",
            "id": opened.customer_id, "integration": INTEGRATION, "createdAt": at, "updatedAt": at
        }
    });
    event("bank.transfer.rejected", data)
}
