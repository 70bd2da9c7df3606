//! A store that does not do its work says why, and never that nothing is there.

use super::{
    FilesHarness, Trouble,
    stage::{AMPLE, IN_PARTS, Stage, body, noise, request},
};
use marketplace_core::file::FileError;

/// What a call says that a store in trouble did not do.
fn is_unavailable<T: std::fmt::Debug>(call: &str, result: Result<T, FileError>) {
    assert!(matches!(result, Err(FileError::Unavailable(_))), "{call}: {result:?}");
}

/// A store that is down is no store without objects, and its owner has set nothing up wrongly.
pub async fn down(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let (key, new) = (stage.put(b"one").await, stage.key());
    if !stage.world().trouble(Trouble::Down).await {
        return;
    }
    is_unavailable("head", stage.files().head(&key).await);
    is_unavailable("head of nothing", stage.files().head(&new).await);
    is_unavailable("open", stage.files().open(&key, None).await);
    is_unavailable("put", stage.files().put(&new, body(b"two"), AMPLE).await);
    is_unavailable("delete", stage.files().delete(&key).await);
    stage.world().heal().await;
    assert_eq!(stage.read(&key, None).await.expect("it is still there"), b"one");
    stage.is_absent(&new).await;
    stage.files().put(&new, body(b"two"), AMPLE).await.expect("it is put");
    assert_eq!(stage.read(&new, None).await.expect("it is there"), b"two");
    stage.nothing_remains().await;
}

/// A full store keeps nothing of what does not fit, and everything else.
pub async fn full(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let key = stage.put(b"one").await;
    if !stage.world().trouble(Trouble::Full).await {
        return;
    }
    for size in [1_000_000, IN_PARTS] {
        let new = stage.key();
        is_unavailable("put", stage.files().put(&new, body(&noise(size, 1)), AMPLE).await);
        stage.is_absent(&new).await;
    }
    assert_eq!(stage.read(&key, None).await.expect("it is there"), b"one");
    stage.files().delete(&key).await.expect("this is how there is room again");
    stage.is_absent(&key).await;
    stage.world().heal().await;
    stage.nothing_remains().await;
    let key = stage.put(b"two").await;
    assert_eq!(stage.read(&key, None).await.expect("it is there"), b"two");
}

/// No key is shown by the adapter or by its errors.
pub async fn nothing_secret_is_shown(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let mut shown = vec![format!("{:?}", stage.files())];
    let mut show = |error: FileError| {
        let mut text = format!("{error} {error:?}");
        let mut cause = std::error::Error::source(&error);
        while let Some(deeper) = cause {
            text = format!("{text} {deeper} {deeper:?}");
            cause = deeper.source();
        }
        shown.push(text);
    };
    let key = stage.put(b"one").await;
    for trouble in [Trouble::Down, Trouble::Full] {
        if stage.world().trouble(trouble).await {
            stage
                .files()
                .put(&key, body(&noise(1_000_000, 1)), AMPLE)
                .await
                .map(|_| ())
                .map_err(&mut show)
                .ok();
            stage.files().head(&key).await.map(|_| ()).map_err(&mut show).ok();
            stage.world().heal().await;
        }
    }
    let mut secrets = stage.world().secrets();
    if let Some(addresses) = &stage.fresh.addresses {
        let stranger = addresses.stranger();
        shown.push(format!("{stranger:?}"));
        let address = stage.address(&key, request()).await;
        for secret in &secrets {
            assert!(!address.contains(secret.as_str()), "an address tells a key");
        }
    }
    secrets.retain(|secret| !secret.is_empty());
    for text in shown {
        assert!(!secrets.iter().any(|secret| text.contains(secret.as_str())), "{text}");
    }
}
