//! Stopping: the first signal drains, the second ends at once, and in any case the process ends in time.
//!
//! Guarantees: whatever a part waits for, the process has ended [`LIMIT`] after the first signal. A thread with a
//! runtime of its own sees to both, so that a runtime that is busy, or closing, keeps nobody waiting.
//!
//! Does not: tell two signals of one kind apart of which the second comes before the first was taken in: the system
//! keeps one of them.
//!
//! Called by: the servers and the command `worker`.

use marketplace_core::{runtime::TokioTimer, time::Timer};
use std::{io, sync::Arc, thread, time::Duration};
use tokio::{
    runtime::Builder,
    signal::unix::{Signal, SignalKind, signal},
    sync::{oneshot, watch},
};

/// How long requests under way may take after the first signal.
const GRACE: Duration = Duration::from_secs(20);

/// How long everything may take after the first signal: requests, jobs, and closing the database.
const LIMIT: Duration = Duration::from_secs(28);

/// The end of a process. Cheap to clone; all clones are the same one.
#[derive(Debug, Clone)]
pub struct Shutdown {
    begun: watch::Sender<bool>,
    timer: Arc<dyn Timer>,
}

impl Shutdown {
    /// From now on the first SIGINT or SIGTERM begins the end. The next one ends the process with code 130, and so does
    /// the limit with code 0: what was committed is safe, and a job that was not given back is free when its lease ends.
    ///
    /// # Errors
    /// The system gives no thread, or no signals.
    pub async fn listen() -> io::Result<Self> {
        let shutdown = Self { begun: watch::Sender::new(false), timer: Arc::new(TokioTimer) };
        let (ready, listening) = oneshot::channel();
        let own = shutdown.clone();
        thread::Builder::new().name("shutdown".to_owned()).spawn(move || own.watch_over(ready))?;
        listening.await.map_err(io::Error::other)??;
        Ok(shutdown)
    }

    /// Returns when the end has begun.
    pub async fn begun(&self) {
        // The sender is our own, so it is not gone.
        let _ = self.begun.subscribe().wait_for(|begun| *begun).await;
    }

    /// Returns when requests have had their time: twenty seconds from the beginning of the end.
    pub async fn grace_over(&self) {
        self.begun().await;
        self.timer.sleep(GRACE).await;
    }

    /// Begins the end, if no signal has.
    pub(crate) fn begin(&self) {
        self.begun.send_replace(true);
    }

    fn watch_over(self, ready: oneshot::Sender<io::Result<()>>) {
        let prepared = Builder::new_current_thread().enable_all().build().and_then(|runtime| {
            let signals = {
                let _entered = runtime.enter();
                Signals::hear()?
            };
            Ok((runtime, signals))
        });
        // Nobody waits for it only if the program is ending already.
        match prepared {
            Ok((runtime, signals)) => {
                let _ = ready.send(Ok(()));
                let code = runtime.block_on(self.exit_code(signals));
                std::process::exit(code);
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        }
    }

    /// How to end the process, when it is to end whatever it does.
    async fn exit_code(&self, mut signals: Signals) -> i32 {
        tokio::select! {
            () = signals.next() => tracing::info!("stopping; once more to stop at once"),
            () = self.begun() => {}
        }
        self.begin();
        again_or_late(&*self.timer, signals.next()).await
    }
}

/// The same, once the end has begun.
async fn again_or_late(timer: &dyn Timer, again: impl Future<Output = ()>) -> i32 {
    tokio::select! {
        () = again => 130,
        () = timer.sleep(LIMIT) => {
            tracing::warn!("the time to stop is over, and not everything was done; what was committed is safe");
            0
        }
    }
}

/// The signals that stop: one pair of streams for the first and the second, so that none is missed between them.
#[derive(Debug)]
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn hear() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use marketplace_testing::fake::ManualTimer;
    use std::{
        future::{pending, ready},
        pin::pin,
    };

    const MOMENT: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn what_never_ends_is_ended_in_time() {
        let timer = ManualTimer::default();
        let mut end = pin!(again_or_late(&timer, pending()));
        assert_eq!(end.as_mut().now_or_never(), None);
        timer.advance(LIMIT.saturating_sub(MOMENT));
        assert_eq!(end.as_mut().now_or_never(), None);
        timer.advance(MOMENT);
        assert_eq!(end.await, 0);
        assert!(LIMIT < Duration::from_secs(30), "what is promised");
    }

    #[tokio::test]
    async fn the_second_signal_waits_for_nothing() {
        assert_eq!(again_or_late(&ManualTimer::default(), ready(())).await, 130);
    }

    #[tokio::test]
    async fn requests_have_their_time_from_the_beginning_of_the_end() {
        let timer = Arc::new(ManualTimer::default());
        let shutdown = Shutdown { begun: watch::Sender::new(false), timer: timer.clone() };
        let mut grace = pin!(shutdown.grace_over());
        assert_eq!(grace.as_mut().now_or_never(), None);
        timer.advance(LIMIT);
        assert_eq!(grace.as_mut().now_or_never(), None, "nothing has begun");
        shutdown.clone().begin();
        assert_eq!(grace.as_mut().now_or_never(), None);
        timer.advance(GRACE.saturating_sub(MOMENT));
        assert_eq!(grace.as_mut().now_or_never(), None);
        timer.advance(MOMENT);
        grace.await;
        assert!(GRACE < LIMIT, "there is time left to close");
    }
}
