//! Paystack's published test instruments, and what they do.
//!
//! Guarantees the published numbers, steps and outcomes, refunds included. Brands, signatures and the text of a
//! failed challenge are a convention of the twin. What pays through the charge API only stands in
//! `charge::accounts`. Callers: `page` and `charge` (steps), `transaction` (outcome), `refund` (how it ends),
//! `wire` (what is shown of it).

use super::charge;
use super::refund::RefundStatus;

/// A card, or an account that pays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instrument {
    pub(super) number: &'static str,
    /// What the payment page calls it.
    pub(super) label: &'static str,
    pub(super) channel: &'static str,
    pub(super) brand: &'static str,
    /// Who keeps it.
    pub(super) bank: &'static str,
    pub(super) country: &'static str,
    pub(super) signature: &'static str,
    pub(super) reusable: bool,
    /// What the payer is asked before it pays, in this order.
    pub(super) steps: &'static [Step],
    /// Why it does not pay, if it does not.
    pub(super) declines: Option<&'static str>,
    /// How refunds to it end.
    pub(super) refunds: RefundStatus,
}

/// One question to the payer, with the only right answer if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// The form field.
    pub(super) field: &'static str,
    pub(super) prompt: &'static str,
    pub(super) answer: Option<&'static str>,
}

pub(super) const fn step(field: &'static str, prompt: &'static str, answer: Option<&'static str>) -> Step {
    Step { field, prompt, answer }
}

const fn pin(answer: &'static str) -> Step {
    step("pin", "Card PIN", Some(answer))
}

pub(super) const OTP: Step = step("otp", "One-time password (none is sent)", Some("123456"));
const PHONE: Step = step("phone", "Telephone number", None);
const BANK: Step = step("bank", "Your bank asks: type success", Some("success"));

pub(super) const fn card(number: &'static str, label: &'static str, signature: &'static str) -> Instrument {
    Instrument {
        number,
        label,
        channel: "card",
        brand: "visa",
        bank: "TEST BANK",
        country: "NG",
        signature,
        reusable: true,
        steps: &[],
        declines: None,
        refunds: RefundStatus::Processed,
    }
}

/// Pays at once; what is used when nobody says otherwise.
pub(super) const DEFAULT: Instrument = card("4084084084084081", "Visa: pays", "SIG_yEXu7dLBeqG0kU7g95Ke");

pub(super) const KNOWN: [Instrument; 12] = [
    DEFAULT,
    Instrument {
        brand: "verve",
        steps: &[pin("1111")],
        ..card("507850785078507812", "Verve: PIN 1111", "SIG_Vn7dpQ2hTjLwYc0eR5sA")
    },
    Instrument {
        brand: "verve",
        steps: &[pin("1234"), OTP],
        ..card("5060666666666666666", "Verve: PIN 1234, password 123456", "SIG_k3Zx9mWb1QfTgH6uYoPa")
    },
    Instrument {
        brand: "verve",
        steps: &[pin("0000"), PHONE, OTP],
        ..card(
            "507850785078507804",
            "Verve: PIN 0000, telephone, password 123456",
            "SIG_r8Lc4vNs2EyJdK7tBxMq",
        )
    },
    Instrument {
        brand: "mastercard",
        steps: &[BANK],
        ..card("5192602720584796", "Mastercard: the bank asks", "SIG_f5Ho1iUe9SzCnX3wVgRb")
    },
    Instrument {
        declines: Some("Declined"),
        ..card("4084080000005408", "Visa: declined", "SIG_a0Tp6jMk8DlZqW2xFyGc")
    },
    Instrument {
        brand: "verve",
        steps: &[pin("0000")],
        declines: Some("Token Not Generated. Customer Not Registered on Token Platform"),
        ..card("507850785078507853", "Verve: PIN 0000, no token", "SIG_u4Bv7hEn3RoIcS9kLzXd")
    },
    Instrument {
        declines: Some("Insufficient Funds"),
        ..card("4084080000670037", "Visa: insufficient funds", "SIG_w2Gy5tOa6PxKmJ1fQeVh")
    },
    Instrument {
        refunds: RefundStatus::Failed,
        ..card("4084080000671803", "Visa: pays, refunds fail", "SIG_z9Ci0rDb4UsLnH8vTkYj")
    },
    Instrument {
        refunds: RefundStatus::NeedsAttention,
        ..card("4084080000671902", "Visa: pays, refunds need attention", "SIG_e7Xq3gFw5MaBpO2yJuNl")
    },
    Instrument {
        channel: "eft",
        brand: "",
        reusable: false,
        refunds: RefundStatus::Failed,
        ..card("1012204936", "EFT account: pays, refunds fail", "")
    },
    Instrument {
        channel: "eft",
        brand: "",
        reusable: false,
        refunds: RefundStatus::NeedsAttention,
        ..card("1012204935", "EFT account: pays, refunds need attention", "")
    },
];

/// The instrument with this number, blanks ignored.
pub(super) fn find(number: &str) -> Option<&'static Instrument> {
    let digits: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    KNOWN.iter().chain(&charge::ACCOUNTS).find(|known| known.number == digits)
}

/// The one that paid; an old journal does not say.
pub(super) fn of(number: Option<&str>) -> &'static Instrument {
    const FIRST: &Instrument = &DEFAULT;
    number.and_then(find).unwrap_or(FIRST)
}

impl Instrument {
    fn is_numbered(&self) -> bool {
        matches!(self.channel, "card" | "eft") && self.number.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// The first digits, as they are shown: of anything but a card three at the most.
    pub(super) fn bin(&self) -> String {
        if self.is_numbered() {
            return self.number.get(..6).unwrap_or(self.number).to_owned();
        }
        let digits = self.number.trim_start_matches('+').get(..3);
        format!(
            "{}XXX",
            digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())).unwrap_or("XXX")
        )
    }

    /// The last ones.
    pub(super) fn last4(&self) -> String {
        let last =
            |count: usize| self.number.get(self.number.len().saturating_sub(count)..).unwrap_or_default();
        if self.is_numbered() { last(4).to_owned() } else { format!("X{}", last(3)) }
    }

    /// Nothing but cards expires.
    pub(super) fn exp_year(&self) -> &'static str {
        if self.is_numbered() { "2030" } else { "9999" }
    }

    /// With the blank that Paystack leaves behind it.
    pub(super) fn card_type(&self) -> String {
        match self.channel {
            "bank_transfer" => "transfer".to_owned(),
            "ussd" => "offline".to_owned(),
            _ if self.is_numbered() => format!("{} ", self.brand),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{find, of};

    #[test]
    fn numbers_are_found_as_they_are_printed() {
        let card = find("4084 0800 0067 1803").unwrap();
        assert_eq!((card.bin(), card.last4()), ("408408".to_owned(), "1803".to_owned()));
        let phone = find("0551234987").unwrap();
        assert_eq!((phone.bin(), phone.last4()), ("055XXX".to_owned(), "X987".to_owned()));
        assert!(find("4084").is_none());
        assert_eq!(of(None).number, of(Some("unheard of")).number);
    }
}
