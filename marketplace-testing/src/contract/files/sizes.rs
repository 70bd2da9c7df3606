//! What was damaged is told as it is, and nothing short looks whole.

use super::{
    FilesHarness, Trouble,
    stage::{Stage, drain, noise},
};
use marketplace_core::file::{ByteRange, BytesError};

/// An object that lost its end has another size from then on: whoever knows the right one notices.
pub async fn told_as_they_are(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let bytes = noise(100_000, 1);
    let key = stage.put(&bytes).await;
    assert_eq!(stage.head(&key).await.map(|meta| meta.size), Some(100_000));
    assert!(stage.read(&key, None).await.expect("it is there") == bytes);
    stage.world().cut(&key, 60_000).await;
    assert_eq!(stage.head(&key).await.map(|meta| meta.size), Some(60_000));
    assert_eq!(stage.open(&key, None).await.expect("it is there").size, 60_000);
    let range = Some(ByteRange { start: 50_000, end: 70_000 });
    assert_eq!(stage.open(&key, range).await.expect("it is there").size, 60_000);
    assert!(stage.read(&key, range).await.expect("it is there") == bytes[50_000..60_000]);
}

/// A stream that ends early ends in an error.
pub async fn breaks_off(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let bytes = noise(500_000, 1);
    let key = stage.put(&bytes).await;
    for range in [None, Some(ByteRange { start: 100_000, end: 450_000 })] {
        if !stage.world().trouble(Trouble::BreaksOff).await {
            return;
        }
        let opened = stage.open(&key, range).await.expect("it is there");
        let broken = drain(opened).await;
        assert!(matches!(broken, Err(BytesError::Broken(_))), "{} bytes look whole", broken.unwrap().len());
        stage.world().heal().await;
    }
    assert!(stage.read(&key, None).await.expect("it is there") == bytes);
}
