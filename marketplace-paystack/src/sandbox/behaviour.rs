//! How the account and the API behave where Paystack can behave in more than one way.
//!
//! Guarantees a default that is Paystack's own wherever that is known. What is decided by a behaviour is
//! written into the records with what happened, so that a replay does not depend on it; the behaviour itself
//! is not in the journal and ends with the process. Callers: hosts through
//! [`SandboxBuilder::behaviour`](super::SandboxBuilder::behaviour), tests through
//! [`Control::behave`](super::Control::behave).

use std::time::Duration;

use serde::Deserialize;

/// Switches of the account and of the API. The default is what Paystack does, as far as it is known, with no
/// limits and no delays that a test would have to wait for, except that money takes its time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Behaviour {
    /// Calls allowed in a minute; Paystack allows 100 for test keys. None, the default, allows any number.
    pub rate_limit: Option<u32>,
    /// A wrong key is refused with the short body: no `meta`, `type` and `code`.
    pub short_refusals: bool,
    /// The status of "no such transaction": 404, and seen as 400.
    pub unknown_reference_status: u16,
    /// Fees are passed on to the payer: `amount` is `requested_amount` and the fees.
    pub fees_on_payer: bool,
    /// How long a charge is `pending` after the payer's last answer: not at all. An account that is charged by
    /// token takes ten seconds at least.
    pub charge_time: Duration,
    /// Mobile money asks the payer, who has three minutes, as in live mode. In test mode it pays at once.
    pub mobile_money_waits: bool,
    /// What comes of charging a saved card.
    pub saved_cards: SavedCards,
    /// `reversal_pending` in place of `reversal-pending`.
    pub reversals_with_underscore: bool,
    /// Webhooks of refunds come without `id` and notes.
    pub short_refund_hooks: bool,
    /// From `pending` to `processing`, and from there to the end: five minutes each.
    pub refund_step: Duration,
    /// Transfers wait for a one-time password, which is 123456.
    pub transfer_otp: bool,
    /// The business may not pay third parties.
    pub starter_business: bool,
    /// How long a transfer is `pending`: a minute. Zero answers with its end at once.
    pub transfer_time: Duration,
    /// How long a new transfer is not found: not at all. Its reference is taken meanwhile.
    pub transfer_hidden: Duration,
    /// The status of a transfer reference that is taken: 400, and seen as 404.
    pub duplicate_transfer_status: u16,
    /// How many accounts of real banks are resolved in a day; Paystack's test mode allows 3. None, the
    /// default, allows any number. Bank 001 does not count.
    pub resolves_a_day: Option<u32>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            rate_limit: None,
            short_refusals: false,
            unknown_reference_status: 404,
            fees_on_payer: false,
            charge_time: Duration::ZERO,
            mobile_money_waits: false,
            saved_cards: SavedCards::Pay,
            reversals_with_underscore: false,
            short_refund_hooks: false,
            refund_step: Duration::from_mins(5),
            transfer_otp: false,
            starter_business: false,
            transfer_time: Duration::from_mins(1),
            transfer_hidden: Duration::ZERO,
            duplicate_transfer_status: 400,
            resolves_a_day: None,
        }
    }
}

/// What comes of charging a saved card that may be charged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SavedCards {
    /// It pays.
    #[default]
    Pay,
    /// Its bank declines, which Paystack's test cards cannot show.
    Decline,
    /// Its bank wants to ask the payer: the charge is paused, and the payer pays on the page.
    Challenge,
}

/// A length of time as the clock counts it.
pub(super) fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}
