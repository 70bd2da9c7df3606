//! A timer that is moved by hand.

use async_trait::async_trait;
use marketplace_core::time::Timer;
use std::time::Duration;
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, Default)]
struct State {
    elapsed: Duration,
    asleep: usize,
}

/// Sleeps end when the test says that enough time has passed, however much that really was.
#[derive(Debug)]
pub struct ManualTimer(watch::Sender<State>);

impl Default for ManualTimer {
    fn default() -> Self {
        Self(watch::Sender::new(State::default()))
    }
}

impl ManualTimer {
    /// Lets time pass and wakes whoever slept long enough.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|state| state.elapsed = state.elapsed.saturating_add(by));
    }

    /// Waits until at least `sleepers` sleep at the same time.
    pub async fn until_asleep(&self, sleepers: usize) {
        let mut state = self.0.subscribe();
        // The sender lives as long as this borrow of the timer, so waiting cannot fail.
        let _ = state.wait_for(|state| state.asleep >= sleepers).await;
    }
}

/// Counts a sleeper out, also when its future is dropped.
struct Asleep<'a>(&'a ManualTimer);

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| state.asleep -= 1);
    }
}

#[async_trait]
impl Timer for ManualTimer {
    async fn sleep(&self, duration: Duration) {
        let mut state = self.0.subscribe();
        let deadline = state.borrow_and_update().elapsed.saturating_add(duration);
        self.0.send_modify(|state| state.asleep += 1);
        let _asleep = Asleep(self);
        let _ = state.wait_for(|state| state.elapsed >= deadline).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_sleep_ends_when_its_time_has_passed_and_not_before() {
        let timer = Arc::new(ManualTimer::default());
        let sleeper = Arc::clone(&timer);
        let sleep = async move { sleeper.sleep(Duration::from_secs(5)).await };
        let mut sleep = Box::pin(sleep);
        assert!(sleep.as_mut().now_or_never().is_none());
        timer.until_asleep(1).await;
        timer.advance(Duration::from_millis(4_999));
        assert!(sleep.as_mut().now_or_never().is_none());
        timer.advance(Duration::from_millis(1));
        sleep.await;
        assert_eq!(timer.0.borrow().asleep, 0);
    }

    #[tokio::test]
    async fn a_dropped_sleep_is_not_counted() {
        let timer = ManualTimer::default();
        let mut sleep = timer.sleep(Duration::from_secs(5));
        assert!(sleep.as_mut().now_or_never().is_none());
        drop(sleep);
        assert_eq!(timer.0.borrow().asleep, 0);
    }
}
