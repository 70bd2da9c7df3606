//! The one list of the cases of the suite of file stores: the table [`CASES`] and the macro
//! [`files_contract!`](crate::files_contract) are made from it.

use super::CaseFn;

/// Hands the list of topics and cases to another macro of this crate.
#[doc(hidden)]
#[macro_export]
macro_rules! __files_cases {
    ($then:ident $given:tt) => {
        $crate::$then! { $given
            put { whole nothing odd_pieces megabytes not_before_its_end replaced }
            limits { exact one_more told_by_the_body endless in_a_later_part }
            broken { leaves_nothing in_a_later_part keeps_the_old }
            dropped { at_every_wait while_it_waits in_a_later_part }
            ranges { every_edge of_nothing of_megabytes }
            missing { told_as_none deleted deleted_twice lost }
            sizes { told_as_they_are breaks_off }
            parallel { puts readers one_key readers_that_go_away }
            troubles { down full nothing_secret_is_shown }
            addresses {
                as_told opened in_parts saved_under_its_name never_in_place expired at_most_a_minute altered
                of_another_object foreign for_reading_only of_nothing
            }
            parts {
                limits in_order out_of_order one a_dozen replaced exact broken endless megabytes resumed at_once
                of_two_uploads of_no_upload one_way_only dropped_at_every_wait dropped_while_it_waits
            }
            joins {
                missing wrong_tag wrong_size wrong_numbers too_small without_the_rest twice at_once
                after_a_lost_answer dropped_at_every_wait of_no_upload an_object_like_any_other
            }
            aborts {
                nothing_is_left twice objects_stay all_of_a_key after_a_lost_beginning only_its_own
                dropped_at_every_wait
            }
            part_addresses {
                as_told well_formed expired at_most_a_day altered of_another_object of_another_upload foreign
                for_sending_only of_an_upload_that_is_over
            }
            part_troubles { down full }
        }
    };
}

/// One `#[tokio::test]` per case of the suite of file stores, on what a harness makes.
///
/// Call it once in a module of an adapter's tests, with an expression that gives a
/// [`FilesHarness`](crate::contract::files::FilesHarness). The crate needs `tokio` with the features `macros` and
/// `rt-multi-thread`.
///
/// ```
/// mod contract {
///     marketplace_testing::files_contract!(marketplace_testing::fake::MemoryFilesHarness::default());
/// }
/// ```
#[macro_export]
macro_rules! files_contract {
    ($harness:expr) => {
        fn __harness() -> impl $crate::contract::files::FilesHarness {
            $harness
        }
        $crate::__files_cases! { __suite_tests (files) }
    };
}

/// Every case by its name, `topic::case`.
pub const CASES: &[(&str, CaseFn)] = crate::__files_cases! { __suite_table (files) };
