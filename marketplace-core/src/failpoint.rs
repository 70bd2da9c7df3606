//! Named points in the flows at which a test pauses or kills the process.
//!
//! Without the feature `failpoints` a point is nothing at all. With it, the `fail` crate reads what to do
//! (`FAILPOINTS=settle.before-commit=pause`) once the host has set it up.

/// Marks a point.
macro_rules! failpoint {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        {
            fail::fail_point!($name);
        }
    };
}
pub(crate) use failpoint;
