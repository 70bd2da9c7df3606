//! The one list of the cases of the gateway suite: the table [`CASES`] and the macro
//! [`gateway_contract!`](crate::gateway_contract) are made from it.

use super::CaseFn;

/// Hands the list of topics and cases to another macro of this crate.
#[doc(hidden)]
#[macro_export]
macro_rules! __gateway_cases {
    ($then:ident $given:tt) => {
        $crate::$then! { $given
            collect {
                told_as_data begun exact_amounts outside_the_rules once unknown paid another_amount
                another_currency declined an_unheard_state another_mode listed
            }
            failures {
                a_lost_answer_of_a_start a_broken_gateway an_unreadable_gateway too_many_calls every_other_call
                a_wrong_key nothing_secret_is_shown
            }
            notices {
                signed unsigned altered forged unreadable copies apart
            }
            refunds { whole in_parts too_much adopted found_again states by_hand another_mode }
            payouts {
                houses resolved one_recipient exact_amounts once a_lost_answer unknown_proves_nothing states
                too_little another_mode
            }
            disputes { listed answered accepted another_mode }
        }
    };
}

/// One `#[tokio::test]` per case of the gateway suite, on what a harness makes.
///
/// Call it once in a module of an adapter's tests, with an expression that gives a
/// [`GatewayHarness`](crate::contract::gateway::GatewayHarness). The crate needs `tokio` with the features
/// `macros` and `rt-multi-thread`.
///
/// ```
/// mod contract {
///     marketplace_testing::gateway_contract!(marketplace_testing::fake::ScriptedHarness::default());
/// }
/// ```
#[macro_export]
macro_rules! gateway_contract {
    ($harness:expr) => {
        fn __harness() -> impl $crate::contract::gateway::GatewayHarness {
            $harness
        }
        $crate::__gateway_cases! { __suite_tests (gateway) }
    };
}

/// Every case by its name, `topic::case`.
pub const CASES: &[(&str, CaseFn)] = crate::__gateway_cases! { __suite_table (gateway) };
