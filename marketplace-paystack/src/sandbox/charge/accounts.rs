//! What pays through the charge API and not on the page: accounts, telephones, and ways without any.
//!
//! Guarantees the published numbers and answers. The card that asks for an address, the numbers of ways that have
//! none, and every name are a convention of the twin: Paystack publishes no card of that kind. Callers:
//! `instruments` finds them, `calls` names them.

use crate::sandbox::instruments::{Instrument, OTP, Step, card, step};

const BIRTHDAY: Step = step("birthday", "Date of birth", Some("2007-04-15"));
const ADDRESS: Step = step("address", "Address", None);
const SHORT_OTP: Step = step("otp", "One-time password (none is sent)", Some("1234"));

/// Takes ten seconds at least.
pub(super) const KUDA: &str = "+2348100000000";
/// What the payer dials for it.
pub(super) const USSD: &str = "ussd-737";
/// A page of somebody else's.
pub(super) const EFT: &str = "eft-ozow";
/// An account made for one payment.
pub(super) const TRANSFER: &str = "bank-transfer";
/// What pays a bill in the payer's own time.
pub(super) const PAYBILL: &str = "mpesa-offline";

const fn other(number: &'static str, label: &'static str, channel: &'static str) -> Instrument {
    Instrument { channel, brand: "", reusable: false, ..card(number, label, "") }
}

const fn telephone(number: &'static str, label: &'static str, brand: &'static str) -> Instrument {
    Instrument { brand, bank: brand, ..other(number, label, "mobile_money") }
}

pub(in crate::sandbox) const ACCOUNTS: [Instrument; 10] = [
    Instrument {
        brand: "Zenith Emandate",
        bank: "Zenith Bank",
        steps: &[BIRTHDAY, OTP],
        ..other("0000000000", "Zenith account: birthday 2007-04-15, password 123456", "bank")
    },
    Instrument { brand: "Kuda", bank: "Kuda Bank", ..other(KUDA, "Kuda account by token 123456", "bank") },
    Instrument { country: "GH", ..telephone("0551234987", "MTN", "Mtn") },
    Instrument { country: "KE", ..telephone("+254710000000", "M-PESA", "M-pesa") },
    Instrument {
        country: "CI",
        steps: &[SHORT_OTP],
        ..telephone("0700000000", "Orange: password 1234", "Orange")
    },
    Instrument { bank: "Guaranty Trust Bank", ..other(USSD, "USSD", "ussd") },
    Instrument { country: "ZA", ..other(EFT, "Ozow", "eft") },
    Instrument {
        brand: "Managed Account",
        bank: "Test Bank",
        ..other(TRANSFER, "Bank transfer", "bank_transfer")
    },
    Instrument { country: "KE", ..telephone(PAYBILL, "M-PESA, a bill", "M-pesa") },
    Instrument {
        steps: &[ADDRESS],
        ..card("4084080000009999", "Visa: asks for an address", "SIG_q1Yt8uIo3PaSdF6gHjKl")
    },
];
