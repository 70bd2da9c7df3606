//! Accounts that make transfers end badly. Paystack publishes none; these are a convention of the twin.
//!
//! | account number | its transfers |
//! |---|---|
//! | `0000000011` | fail |
//! | `0000000012` | succeed, and are reversed as much later again |
//! | `0000000013` | are blocked |
//! | `0000000014` | are rejected |
//! | `0000000015` | stay pending until [`Control::move_transfer`](crate::sandbox::Control::move_transfer) |
//! | any other | succeed |
//!
//! Callers: `rules`.

use super::facts::TransferStatus;

/// Where a transfer to this account goes from `pending`, if anywhere.
pub(super) fn after_pending(account_number: &str) -> Option<TransferStatus> {
    match account_number {
        "0000000011" => Some(TransferStatus::Failed),
        "0000000013" => Some(TransferStatus::Blocked),
        "0000000014" => Some(TransferStatus::Rejected),
        "0000000015" => None,
        _ => Some(TransferStatus::Success),
    }
}

/// Whether what succeeded comes back by itself.
pub(super) fn comes_back(account_number: &str) -> bool {
    account_number == "0000000012"
}
