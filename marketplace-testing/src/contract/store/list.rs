//! The one list of the cases of the store suite.
//!
//! Both the table [`CASES`] and the macro [`store_contract!`](crate::store_contract) are made from it, so a
//! case that is in one is in the other. A case that is written but not listed does not compile without a
//! warning about dead code in this crate's own tests: `tests/it/listed.rs` counts them.

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
            open_review { applies undone replays key_reused raced dropped answer_lost }
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
        fn __store_harness() -> impl $crate::contract::store::StoreHarness {
            $harness
        }
        $crate::__store_cases! { __store_tests () }
    };
}

/// Writes the tests of a list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_tests {
    (() $($topic:ident { $($case:ident)* })*) => {$(
        mod $topic {
            $(
                #[::tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    $crate::contract::store::$topic::$case(&super::__store_harness()).await;
                }
            )*
        }
    )*};
}

/// Writes the table of a list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_table {
    (() $($topic:ident { $($case:ident)* })*) => {
        &[$($(
            (concat!(stringify!($topic), "::", stringify!($case)), |harness| {
                Box::pin($crate::contract::store::$topic::$case(harness))
            }),
        )*)*]
    };
}

/// Every case by its name, `topic::case`, for runners that do more than a test per case.
pub const CASES: &[(&str, CaseFn)] = crate::__store_cases! { __store_table () };
