//! The gateway's sandbox inside a server, as its files tell of it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};
use std::path::{Path, PathBuf};

/// The header of signatures.
pub const SIGNATURE: &str = "x-paystack-signature";

/// The sandbox of one server.
#[derive(Debug, Clone)]
pub struct Twin {
    folder: PathBuf,
}

impl Twin {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The account's secret key.
    ///
    /// # Panics
    /// If the server has made none.
    pub fn key(&self) -> String {
        let text = std::fs::read_to_string(self.folder.join("paystack-secret-key")).expect("the key is kept");
        text.trim().to_owned()
    }

    /// A notice's signature as the gateway makes it.
    pub fn sign(&self, body: &[u8]) -> String {
        sign(&self.key(), body)
    }

    /// Everything that happened at the gateway: each fact is an object with one member, its kind.
    ///
    /// # Panics
    /// If the journal cannot be read.
    pub fn journal(&self) -> Vec<Value> {
        let text =
            std::fs::read_to_string(self.folder.join("paystack.journal")).expect("the journal is kept");
        // The server may be writing the next line.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines =
            whole.lines().map(|line| serde_json::from_str::<Vec<Value>>(line).expect("a line is JSON"));
        lines.flatten().collect()
    }

    /// The facts of one kind.
    pub fn facts(&self, kind: &str) -> Vec<Value> {
        self.journal().iter().filter_map(|fact| fact.get(kind)).cloned().collect()
    }

    /// The exact text of the notice that the gateway sends about a payment, once it was paid.
    pub fn notice_of(&self, reference: &str) -> Option<String> {
        let queued = self.facts("webhook_queued");
        let notice = queued.iter().find(|fact| fact["reference"] == reference)?;
        Some(notice["body"].as_str().expect("a body is text").to_owned())
    }
}

/// HMAC-SHA512 of the bytes, in lower-case hex.
///
/// # Panics
/// Never: HMAC takes keys of any length.
pub fn sign(key: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(key.as_bytes()).expect("any key");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// The same with the shorter hash, which the gateway does not use.
///
/// # Panics
/// Never: HMAC takes keys of any length.
pub fn sign_short(key: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// A notice of a successful charge in the gateway's form, amounts in its own subunits.
pub fn charge_success(id: u64, reference: &str, amount: u64, currency: &str, domain: &str) -> Value {
    json!({
        "event": "charge.success",
        "data": {
            "id": id, "domain": domain, "status": "success", "reference": reference, "amount": amount,
            "requested_amount": amount, "currency": currency, "channel": "card", "fees": 0, "metadata": 0,
            "gateway_response": "Approved", "paid_at": "2026-01-01T00:00:00.000Z",
        },
    })
}
