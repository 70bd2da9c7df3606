//! A caller that goes away leaves the whole object or nothing.

use super::{
    FilesHarness,
    stage::{AMPLE, IN_PARTS, Stage, body, body_that_hangs, noise},
};
use futures_util::FutureExt;
use std::task::Poll;

/// Polls once and, if the future waits, waits for whatever wakes it. Tells whether it is done.
pub(super) async fn is_done_or_waits<F: Future + Unpin>(future: &mut F) -> bool {
    let mut polled = false;
    std::future::poll_fn(|context| {
        if polled {
            return Poll::Ready(false);
        }
        polled = true;
        future.poll_unpin(context).map(|_| true)
    })
    .await
}

/// Drops the future at every point at which it waits, until it runs through.
pub async fn at_every_wait(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let bytes = noise(150_000, 1);
    for steps in 0.. {
        assert!(steps < 10_000, "it never runs through");
        let key = stage.key();
        let mut put = stage.files().put(&key, body(&bytes), AMPLE);
        let mut is_done = false;
        for _ in 0..steps {
            is_done = is_done_or_waits(&mut put).await;
            if is_done {
                break;
            }
        }
        drop(put);
        if let Some(found) = stage.read(&key, None).await {
            assert!(found == bytes, "{} of {} bytes after {steps} steps", found.len(), bytes.len());
        }
        if is_done {
            assert!(stage.read(&key, None).await.is_some(), "it was put");
            break;
        }
    }
    stage.nothing_remains().await;
}

/// Puts what never ends, and goes away once the store has asked for all of it.
async fn goes_away(harness: &dyn FilesHarness, size: usize) {
    let stage = Stage::new(harness).await;
    let key = stage.key();
    let (asked, body) = body_that_hangs(&noise(size, 1));
    tokio::select! {
        put = stage.files().put(&key, body, AMPLE) => panic!("the body has not ended: {put:?}"),
        asked = asked => asked.expect("the body is kept until the put is over"),
    }
    stage.is_absent(&key).await;
    stage.nothing_remains().await;
    // And the store goes on working.
    let key = stage.put(b"another one").await;
    assert_eq!(stage.read(&key, None).await.expect("it is there"), b"another one");
}

/// While the body is awaited.
pub async fn while_it_waits(harness: &dyn FilesHarness) {
    goes_away(harness, 100_000).await;
}

/// The same when a part of the body is stored already.
pub async fn in_a_later_part(harness: &dyn FilesHarness) {
    goes_away(harness, IN_PARTS).await;
}
