//! The houses that the twin knows.
//!
//! Guarantees nothing about the real world: codes and names are as they were seen there, the two that share a
//! code are made up. Callers: `calls`, and recipients through [`find`].

/// A bank, or a keeper of mobile money.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox) struct Bank {
    pub(super) id: u64,
    pub(in crate::sandbox) name: &'static str,
    pub(super) slug: &'static str,
    /// A text: leading zeros count.
    pub(in crate::sandbox) code: &'static str,
    pub(super) country: &'static str,
    pub(in crate::sandbox) currency: &'static str,
    pub(super) kind: &'static str,
    pub(super) active: bool,
}

impl Bank {
    pub(in crate::sandbox) fn takes_transfers(&self) -> bool {
        self.active
    }
}

const fn nigerian(id: u64, name: &'static str, slug: &'static str, code: &'static str) -> Bank {
    Bank { id, name, slug, code, country: "Nigeria", currency: "NGN", kind: "nuban", active: true }
}

const fn ghanaian(id: u64, name: &'static str, slug: &'static str, code: &'static str) -> Bank {
    Bank { country: "Ghana", currency: "GHS", kind: "ghipss", ..nigerian(id, name, slug, code) }
}

const fn telco(id: u64, name: &'static str, slug: &'static str, code: &'static str) -> Bank {
    Bank { kind: "mobile_money", ..ghanaian(id, name, slug, code) }
}

const fn kenyan(id: u64, name: &'static str, slug: &'static str, code: &'static str) -> Bank {
    Bank { country: "Kenya", currency: "KES", kind: "kepss", ..nigerian(id, name, slug, code) }
}

const fn south_african(id: u64, name: &'static str, slug: &'static str, code: &'static str) -> Bank {
    Bank { country: "South Africa", currency: "ZAR", kind: "basa", ..nigerian(id, name, slug, code) }
}

pub(super) const KNOWN: [Bank; 31] = [
    nigerian(1, "Access Bank", "access-bank", "044"),
    nigerian(3, "Ecobank Nigeria", "ecobank-nigeria", "050"),
    nigerian(6, "Fidelity Bank", "fidelity-bank", "070"),
    nigerian(7, "First Bank of Nigeria", "first-bank-of-nigeria", "011"),
    nigerian(8, "First City Monument Bank", "first-city-monument-bank", "214"),
    nigerian(9, "Guaranty Trust Bank", "guaranty-trust-bank", "058"),
    nigerian(14, "Stanbic IBTC Bank", "stanbic-ibtc-bank", "221"),
    nigerian(16, "Sterling Bank", "sterling-bank", "232"),
    nigerian(18, "United Bank For Africa", "united-bank-for-africa", "033"),
    nigerian(20, "Wema Bank", "wema-bank", "035"),
    nigerian(21, "Zenith Bank", "zenith-bank", "057"),
    nigerian(27, "ALAT by WEMA", "alat-by-wema", "035A"),
    nigerian(67, "Kuda Bank", "kuda-bank", "50211"),
    nigerian(171, "Paycom", "paycom", "999992"),
    nigerian(174, "Abbey Mortgage Bank", "abbey-mortgage-bank", "801"),
    Bank { active: false, ..nigerian(180, "Closed Bank", "closed-bank", "099") },
    nigerian(302, "Test Bank", "test-bank", "001"),
    nigerian(810, "First House of a Shared Code", "first-house-of-a-shared-code", "645"),
    nigerian(811, "Second House of a Shared Code", "second-house-of-a-shared-code", "645"),
    ghanaian(80, "GCB Bank Limited", "gcb-bank-limited", "040100"),
    ghanaian(81, "Ecobank Ghana Limited", "ecobank-ghana-limited", "130100"),
    ghanaian(82, "Stanbic Bank Ghana Limited", "stanbic-bank-ghana-limited", "190100"),
    telco(28, "MTN", "mtn-mobile-money", "MTN"),
    telco(29, "Vodafone", "vodafone", "VOD"),
    telco(30, "AirtelTigo", "airteltigo", "ATL"),
    kenyan(400, "Equity Bank", "equity-bank", "68"),
    kenyan(401, "Kenya Commercial Bank", "kenya-commercial-bank", "01"),
    Bank { kind: "mobile_money", ..kenyan(402, "M-PESA", "m-pesa", "MPESA") },
    south_african(500, "Absa Bank Limited", "absa-bank-limited-south-africa", "632005"),
    south_african(501, "Capitec Bank Limited", "capitec-bank-limited", "470010"),
    south_african(502, "First National Bank", "first-national-bank", "250655"),
];

/// The first house with this code.
pub(in crate::sandbox) fn find(code: &str) -> Option<&'static Bank> {
    KNOWN.iter().find(|bank| bank.code == code)
}
