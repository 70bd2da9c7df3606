//! Two clients of one creator change the same thing at once.

use super::at_once;
use marketplace_core::{catalog::ProductEdit, identity::Role};
use marketplace_testing::market::TestMarketplace;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn edits_that_meet_are_both_made() {
    for _ in 0..25 {
        let shop = Arc::new(TestMarketplace::new());
        let (creator, product) = shop.creator_with_product().await;
        let edits = ["One title", "Another title"].map(|title| {
            let (shop, creator) = (Arc::clone(&shop), creator.clone());
            let edit = ProductEdit { title: Some(title.to_owned()), ..ProductEdit::default() };
            async move { shop.market().catalog().edit(&creator, product.id, edit).await }
        });
        for edited in at_once(edits.into()).await {
            edited.expect("the one that comes second is decided anew on what the first one wrote");
        }
        let stored = shop.store().product(product.id).await.expect("products are read").expect("is there");
        assert_eq!(stored.version.as_i64(), product.version.as_i64() + 2);
        shop.expect_healthy_ledger().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_meet_are_both_given() {
    for _ in 0..25 {
        let shop = Arc::new(TestMarketplace::new());
        let user = shop.register(Role::Customer).await;
        let names = ["One", "Another", "A third"].map(|name| {
            let (shop, id) = (Arc::clone(&shop), user.id);
            async move { shop.market().identity().rename(id, name).await }
        });
        for renamed in at_once(names.into()).await {
            renamed.expect("the one that comes second is decided anew on what the first one wrote");
        }
        let stored = shop.store().user(user.id).await.expect("users are read").expect("is there");
        assert_eq!(stored.version.as_i64(), user.version.as_i64() + 3);
        shop.expect_healthy_ledger().await;
    }
}
