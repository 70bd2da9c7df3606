//! Sign-in sessions.

use super::{
    StoreHarness,
    stage::{Stage, at_once},
};
use marketplace_core::{
    identity::{Session, User},
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};

async fn start(stage: &Stage, user: &User) -> Session {
    let session = stage.fixture.session(user);
    stage.store.start_session(session.clone()).await.expect("a session is started");
    session
}

/// What the session's token finds at `now`.
async fn find(stage: &Stage, session: &Session, now: Timestamp) -> Option<Session> {
    stage.store.session(&session.token, now).await.expect("a session is looked for")
}

async fn end(stage: &Stage, session: &Session, now: Timestamp) -> bool {
    stage.store.end_session(&session.token, now).await.expect("a session is ended")
}

/// A session is found by its token as it was started; starting it again changes nothing.
pub async fn started_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let user = stage.customer().await;
    let (session, other) = (start(&stage, &user).await, start(&stage, &user).await);
    stage.store.start_session(session.clone()).await.expect("the same session again is no error");
    let now = stage.fixture.tick();
    assert_eq!(find(&stage, &session, now).await, Some(session.clone()));
    assert_eq!(find(&stage, &other, now).await, Some(other), "two sessions of one user stand side by side");
    let unknown = stage.fixture.session(&user);
    assert_eq!(find(&stage, &unknown, now).await, None, "a token that was never given");
    let ended = stage.store.end_sessions(user.id, now).await.expect("sessions are ended");
    assert_eq!(ended, 2, "the session that was started twice is one");
}

/// A session ends at once, and once; starting it again does not bring it back.
pub async fn ended_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let user = stage.customer().await;
    let (session, other) = (start(&stage, &user).await, start(&stage, &user).await);
    let now = stage.fixture.tick();
    assert!(end(&stage, &session, now).await, "it was alive");
    assert_eq!(find(&stage, &session, now).await, None, "it is over at once");
    assert!(!end(&stage, &session, now).await, "it is over already");
    assert!(!end(&stage, &stage.fixture.session(&user), now).await, "an unknown one was never alive");
    stage.store.start_session(session.clone()).await.expect("the same session again is no error");
    assert_eq!(find(&stage, &session, now).await, None, "it stays over");
    assert_eq!(find(&stage, &other, now).await, Some(other.clone()), "the other one is alive");

    let calls = (0..16).map(|_| {
        let (store, token) = (Arc::clone(&stage.store), other.token);
        async move { store.end_session(&token, now).await.expect("a session is ended") }
    });
    let ended = at_once(calls).await.into_iter().filter(|ended| *ended).count();
    assert_eq!(ended, 1, "of 16 that end it at once");
}

/// All sessions of one user end, and no others; only those that were alive are counted.
pub async fn all_of_one_user(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (user, bystander) = (stage.customer().await, stage.customer().await);
    let mut own = Vec::new();
    for _ in 0..4 {
        own.push(start(&stage, &user).await);
    }
    let spared = start(&stage, &bystander).await;
    let mut expired = stage.fixture.session(&user);
    expired.expires_at = expired.created_at.saturating_add(Duration::from_micros(1));
    stage.store.start_session(expired).await.expect("a session is started");
    let now = stage.fixture.tick();
    assert!(end(&stage, &own[0], now).await);
    let end_all = async |id| stage.store.end_sessions(id, now).await.expect("sessions are ended");
    assert_eq!(end_all(user.id).await, 3, "four were started and one was ended; a fifth is expired");
    for session in &own {
        assert_eq!(find(&stage, session, now).await, None);
    }
    assert_eq!(end_all(user.id).await, 0, "none is left");
    assert_eq!(end_all(stage.customer().await.id).await, 0, "somebody without a session");
    assert_eq!(find(&stage, &spared, now).await, Some(spared), "another user's session is alive");
}

/// A session is alive until its time, to the microsecond, and then over.
pub async fn expired(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let session = start(&stage, &stage.customer().await).await;
    let (end_at, tick) = (session.expires_at, Duration::from_micros(1));
    assert_eq!(find(&stage, &session, end_at.saturating_sub(tick)).await, Some(session.clone()));
    for late in [end_at, end_at.saturating_add(tick), Timestamp::MAX] {
        assert_eq!(find(&stage, &session, late).await, None, "at {late}, for {session:?}");
        assert!(!end(&stage, &session, late).await, "at {late} it is not alive");
        let ended = stage.store.end_sessions(session.user, late).await.expect("sessions are ended");
        assert_eq!(ended, 0, "at {late}");
    }
}
