//! What every suite makes of the one list of its cases.
//!
//! Called by: the lists of the suites, which hand their topics and cases on to these macros with the suite's name.

/// Writes the tests of a list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __suite_tests {
    (($suite:ident) $($topic:ident { $($case:ident)* })*) => {$(
        mod $topic {
            $(
                #[::tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    $crate::contract::$suite::$topic::$case(&super::__harness()).await;
                }
            )*
        }
    )*};
}

/// Writes the table of a list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __suite_table {
    (($suite:ident) $($topic:ident { $($case:ident)* })*) => {
        &[$($(
            (concat!(stringify!($topic), "::", stringify!($case)), |harness| {
                Box::pin($crate::contract::$suite::$topic::$case(harness))
            }),
        )*)*]
    };
}
