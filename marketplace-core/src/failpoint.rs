//! Named points in the flows at which a test stops a flow or kills the process.
//!
//! Without the feature `failpoints` a point is nothing at all. With it, each point says in the log that it was
//! reached, which is what a test waits for, and then does what the `fail` crate was told. `FAILPOINTS=name=return`
//! stops the flow there for ever, without blocking the thread it runs on; the crate's other actions (`panic`,
//! `sleep`, …) work, too.

/// Marks a point in an async function.
macro_rules! failpoint {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        {
            tracing::debug!(target: "marketplace::failpoint", failpoint = $name, "reached");
            if fail::eval($name, |_| ()).is_some() {
                std::future::pending::<()>().await;
            }
        }
    };
}
pub(crate) use failpoint;
