//! The one list of the cases of the store suite.
//!
//! Both the table [`CASES`] and the macro [`store_contract!`](crate::store_contract) are made from it, so a
//! case that is in one is in the other. `tests/it/listed.rs` compares the list with the sources, so a case that
//! is written is listed; `tests/it/planted.rs` proves that cases fail on stores with bugs.

use super::CaseFn;

/// Hands the list of topics and cases to another macro of this crate.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_cases {
    ($then:ident $given:tt) => {
        $crate::$then! { $given
            insert_user { applies undone replays key_reused raced dropped answer_lost }
            update_user { applies undone replays key_reused raced dropped answer_lost }
            insert_product { applies undone replays key_reused raced dropped answer_lost }
            update_product { applies undone replays key_reused raced dropped answer_lost }
            insert_file { applies undone replays key_reused raced dropped answer_lost }
            advance_upload { applies undone replays key_reused raced dropped answer_lost }
            remove_file { applies undone replays key_reused raced dropped answer_lost }
            insert_order { applies undone replays key_reused raced dropped answer_lost }
            advance_order { applies undone replays key_reused raced dropped answer_lost }
            insert_attempt { applies undone replays key_reused raced dropped answer_lost }
            advance_attempt { applies undone replays key_reused raced dropped answer_lost }
            post { applies undone replays key_reused raced dropped answer_lost }
            insert_hold { applies undone replays key_reused raced dropped answer_lost }
            release_hold { applies undone replays key_reused raced dropped answer_lost }
            grant { applies undone replays key_reused raced dropped answer_lost }
            revoke { applies undone replays key_reused raced dropped answer_lost }
            issue_link { applies undone replays key_reused raced dropped answer_lost }
            claim_link { applies undone replays key_reused raced dropped answer_lost }
            take { applies undone replays key_reused raced dropped answer_lost }
            enqueue { applies undone replays key_reused raced dropped answer_lost }
            insert_notice { applies undone replays key_reused raced dropped answer_lost }
            close_notice { applies undone replays key_reused raced dropped answer_lost }
            insert_refund { applies undone replays key_reused raced dropped answer_lost }
            advance_refund { applies undone replays key_reused raced dropped answer_lost }
            open_review { applies undone replays key_reused raced dropped answer_lost }
            close_review { applies undone replays key_reused raced dropped answer_lost }
            guards {
                user_version product_version order_version attempt_version entitlement_version
                removes_a_file_once moves_an_upload_once releases_a_hold_once claims_a_link_once closes_a_notice_once
                makes_a_file_of_an_upload_once takes_no_closed_upload user_id user_email
                user_email_of_an_update product_id product_slug product_slug_of_an_update file_id
                file_version_id order_id order_token attempt_reference open_attempt open_attempt_of_an_update
                entry_id entry_cause hold_id entitlement_id entitlement_of_a_line link_id link_token
                download_id download_token job_id notice_key review_id leaves_out_a_job_of_a_live_name
                leaves_out_a_second_review
                opens_a_closed_review_again closes_a_review_once sets_paid_at_for_payment_only
                keeps_the_time_of_the_first_payment
            }
            refunds { of_a_payment one_at_a_time raced stale }
            races {
                one_version every_version one_link one_slug one_email one_open_attempt one_upload one_release
                one_entitlement one_revocation one_cause one_notice one_live_name one_review ten_of_a_limit
                ten_of_a_balance no_circle no_collision
            }
            groups {
                each_hears_of_its_own applied_once refused_leaves_nothing a_broken_set_is_alone some_order
                callers_that_go_away
            }
            serial { as_one_by_one }
            limits {
                the_cap_is_exact a_cap_of_zero_is_shut giving_back_stops_at_zero giving_back_is_never_refused
                big_numbers_do_not_wrap takes_of_a_set_add_up counters_are_apart
            }
            ledger {
                balances_are_sums every_line_counts floors_are_exactly_zero other_accounts_have_no_floor
                floors_stand_apart one_line_below_its_floor_is_enough credits_count_at_once
                parallel_postings_add_up parallel_spending_stays_above_the_floor the_largest_amounts_fit
                a_balance_never_wraps the_audit_finds_what_is_not_held
            }
            wallet {
                balances_are_in_order earnings_are_net_sales lines_are_in_order balances_after_lines_go_by_id
                pages_hold_whole_entries a_currency_stands_alone held_lines_say_until_when
                the_same_in_and_out_of_the_chain
            }
            sets {
                an_empty_set_is_a_decision a_large_set_is_one later_changes_see_earlier_ones order_matters
                the_first_refusal_wins money_moves_on_within_a_set
            }
            extremes { texts names ruled_names bytes payloads moments money numbers words }
            jobs {
                claimed_in_order not_before_its_time claimed_once unique_while_live enqueued_once next_due
                shown_whole buried_and_revived revived_by_name
            }
            batches { completed extended released released_as_it_was raced large }
            leases { taken_over zombies_are_powerless ended_once extended put_back_counts }
            answers { answered reused reopened forgotten taken_over expired purged raced scoped }
            sessions { started_once ended_once all_of_one_user expired }
            uploads {
                opened_once announced tagged_once counted stale_in_order closed_once became_a_file checked
                closed_or_filed refused_or_filed
            }
            pages {
                products_of published_products orders_of entitlements_of_user reviews refunds jobs_in searched
                searched_in_pages
            }
            payments {
                payment open_notice closed_notice each_reader_hears_of_its_own readers_that_go_away of_one_moment
            }
            seals { tail appended refused raced }
            events { in_order told_once refused_ones_are_silent in_pages readers_miss_nothing }
            earnings {
                counted_by_quarter shared_by_lines late_entries_count refused_links_add_nothing raced
                the_largest_amounts
            }
            sales { listed in_pages filtered }
            reads {
                unknown attempts_of files_of entitlements_of_order redemption redemptions_at_once links_of mails_about
                healthy
            }
            visits { counted_in_one_row whatever_the_order raced of_their_links only_of_links dropped }
        }
    };
}

/// One `#[tokio::test]` per case of the store suite, on the stores that a harness makes.
///
/// Call it once in a module of an adapter's tests, with an expression that gives a
/// [`StoreHarness`](crate::contract::store::StoreHarness). The crate needs `tokio` with the features
/// `macros` and `rt-multi-thread`.
///
/// ```
/// mod contract {
///     marketplace_testing::store_contract!(marketplace_testing::memory::MemoryHarness::default());
/// }
/// ```
#[macro_export]
macro_rules! store_contract {
    ($harness:expr) => {
        fn __harness() -> impl $crate::contract::store::StoreHarness {
            $harness
        }
        $crate::__store_cases! { __suite_tests (store) }
    };
}

/// Every case by its name, `topic::case`, for runners that do more than a test per case.
pub const CASES: &[(&str, CaseFn)] = crate::__store_cases! { __suite_table (store) };
