//! The words in which Paystack refuses: codes, kinds and texts, and what they are about.
//!
//! Guarantees: every word that Paystack documents or was seen to send, in one table; case does not matter,
//! because Paystack's own differs (`invalid_Key`); a text is looked at only for refusals that are also seen
//! without a code.
//!
//! Does not: decide what a refusal means for a caller, which depends on the call and on the status (`failure`).
//!
//! Called by: `failure`.

use crate::wire::Envelope;

/// References that are in use.
const DUPLICATE_CODES: [&str; 2] = ["duplicate_reference", "duplicate_transfer_reference"];
const DUPLICATE_TEXTS: [&str; 3] =
    ["duplicate transaction reference", "duplicate reference(s) found", "please provide a unique reference"];

/// A key, or what the business may not do.
const ACCOUNT_CODES: [&str; 3] = ["invalid_key", "unsupported_currency", "transfer_unavailable"];
const ACCOUNT_TEXTS: [&str; 3] =
    ["invalid key", "currency not supported by merchant", "you cannot initiate third party payouts"];

/// Money that was given back already, wholly or in part, and refunds that do not wait for details.
const STATE_TEXTS: [&str; 3] = [
    "transaction has been fully reversed",
    "total refund amount cannot exceed original transaction amount",
    "invalid refund state",
];

/// What Paystack finds wrong with a transfer, where it says so without a code.
const TRANSFER_TEXTS: [&str; 3] =
    ["your reference contains illegal", "recipient specified is invalid", "bank code is invalid"];

/// Accounts and banks that do not take a transfer.
const DECLINED_TEXTS: [&str; 2] = ["account closed", "sorry, we can't make the transfer to this recipient"];

/// A refusal, in lower case; empty where there is none.
pub(crate) struct Refusal {
    code: String,
    kind: String,
    message: String,
}

impl Refusal {
    pub(crate) fn of(envelope: Option<&Envelope>) -> Self {
        let lower = |part: Option<&String>| part.map(|text| text.to_ascii_lowercase()).unwrap_or_default();
        Self {
            code: lower(envelope.and_then(|envelope| envelope.code.as_ref())),
            kind: lower(envelope.and_then(|envelope| envelope.kind.as_ref())),
            message: lower(envelope.and_then(|envelope| envelope.message.as_ref())),
        }
    }

    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.code == code
    }

    pub(crate) fn is_duplicate(&self) -> bool {
        DUPLICATE_CODES.contains(&self.code.as_str()) || self.begins_with(&DUPLICATE_TEXTS)
    }

    pub(crate) fn is_about_the_account(&self) -> bool {
        ACCOUNT_CODES.contains(&self.code.as_str()) || self.begins_with(&ACCOUNT_TEXTS)
    }

    pub(crate) fn is_about_the_state(&self) -> bool {
        self.code == "transaction_reversed" || self.begins_with(&STATE_TEXTS)
    }

    /// Such as `Your balance is not enough to fulfil this request`.
    pub(crate) fn is_about_our_balance(&self) -> bool {
        let short = ["not enough", "insufficient"].iter().any(|word| self.message.contains(word));
        short && self.message.contains("balance")
    }

    /// Such as `transaction_not_found`, or `Transfer not found` without a code.
    pub(crate) fn is_about_something_missing(&self) -> bool {
        self.code.ends_with("_not_found") || self.message.trim_end_matches('.').ends_with(" not found")
    }

    pub(crate) fn is_by_a_processor(&self) -> bool {
        self.is_of("processor_error") || self.begins_with(&DECLINED_TEXTS)
    }

    /// Whether it names what is wrong with the request, so that nothing can have been executed.
    pub(crate) fn is_certain(&self) -> bool {
        let coded = ["invalid_", "missing_"].iter().any(|part| self.code.starts_with(part));
        coded || self.is_of("validation_error") || self.begins_with(&TRANSFER_TEXTS)
    }

    /// Paystack's specification has the kinds in the place of the code.
    fn is_of(&self, kind: &str) -> bool {
        self.kind == kind || self.code == kind
    }

    fn begins_with(&self, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.message.starts_with(text))
    }
}
