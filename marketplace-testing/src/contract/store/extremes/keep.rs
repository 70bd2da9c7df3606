//! Writing a change and reading it back.

use crate::contract::store::{effect::Effect, stage::Stage};
use marketplace_core::commit::Change;

impl Stage {
    /// Applies a change and reads it back.
    pub(super) async fn keeps(&self, change: Change) {
        self.apply(vec![change.clone()]).await;
        let effect = self.effect_of(&change).await;
        let text = format!("{change:?}");
        let short: String = text.chars().take(2_000).collect();
        assert_eq!(effect, Effect::Whole, "not read back equal: {short}");
    }
}
