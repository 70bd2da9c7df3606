//! Each guard of each change on its own: what is refused, with which refusal, and what is left out quietly.
//!
//! Guarantees: the row that was there first is untouched after a refusal, and the place that a guard protects
//! is free again where the ports say so.
//!
//! Does not: let callers meet; `races` does. Floors are in `ledger`, counters in `limits`.

mod left_out;
mod once;
mod order;
mod taken;
mod taken_later;
mod version;

pub use left_out::{
    leaves_out_a_job_of_a_live_name, leaves_out_a_second_review, opens_a_closed_review_again,
};
pub use once::{
    claims_a_link_once, closes_a_notice_once, closes_a_review_once, makes_a_file_of_an_upload_once,
    moves_an_upload_once, releases_a_hold_once, removes_a_file_once, takes_no_closed_upload,
};
pub use order::{keeps_the_time_of_the_first_payment, sets_paid_at_for_payment_only};
pub use taken::{
    attempt_reference, file_id, file_version_id, open_attempt, open_attempt_of_an_update, order_id,
    order_token, product_id, product_slug, product_slug_of_an_update, user_email, user_email_of_an_update,
    user_id,
};
pub use taken_later::{
    download_id, download_token, entitlement_id, entitlement_of_a_line, entry_cause, entry_id, hold_id,
    job_id, link_id, link_token, notice_key, review_id,
};
pub use version::{attempt_version, entitlement_version, order_version, product_version, user_version};
