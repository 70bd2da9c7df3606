//! A right that is taken away: no address is given any more, and those that were given are over within a minute.

use crate::server::Server;
use marketplace_core::{
    commit::Change,
    delivery::{DeliveryError, DownloadPlan, EntitlementState, RevokeReason, Source, VisitResult},
    file::ByteRange,
    id::Token,
};
use marketplace_testing::market::{PaidOrder, TestMarketplace};
use std::sync::Arc;

/// Where a download leads, if it leads anywhere.
async fn address(shop: &TestMarketplace, plan: &DownloadPlan, range: Option<ByteRange>) -> Option<String> {
    match shop.market().delivery().bytes(plan, range).await.unwrap() {
        Source::Redirect(address) => Some(address),
        Source::Bytes(_) => None,
    }
}

async fn revoke(shop: &TestMarketplace, sold: &PaidOrder) {
    let rights = shop.store().entitlements_of_order(sold.order.id).await.unwrap();
    let changes = rights
        .iter()
        .map(|right| Change::Revoke {
            id: right.id,
            seen: right.version,
            reason: RevokeReason::Refunded,
            at: shop.now(),
        })
        .collect();
    shop.store().commit(shop.fixture().set(changes)).await.unwrap();
    let rights = shop.store().entitlements_of_order(sold.order.id).await.unwrap();
    assert!(!rights.is_empty());
    assert!(rights.iter().all(|right| right.state == EntitlementState::Revoked), "{rights:?}");
}

#[tokio::test]
async fn after_a_revocation_no_new_address_is_given() {
    let server = Server::start().await;
    let files = Arc::new(server.store());
    let shop = TestMarketplace::with(|builder| builder.files(files));
    let sold = shop.paid_order().await;
    let (creator, product) = (&sold.creator, &sold.product);
    let delivery = shop.market().delivery();
    let mailed: Token = shop.mailed_links(&sold.order.buyer.email).remove(0);
    let rights = shop.store().entitlements_of_order(sold.order.id).await.unwrap();
    let listed = shop.market().catalog().get_own(creator, product.id).await.unwrap();
    let file = listed.files[0].file.id;
    let actor = marketplace_core::Actor::Guest;
    // One link is open, one is not used yet.
    let opened = delivery.claim(&mailed).await.unwrap();
    let unused = delivery.issue(rights[0].id, file, actor).await.unwrap();
    let plan = delivery.download(&opened.session).await.unwrap();
    for range in [None, Some(ByteRange { start: 0, end: 4 })] {
        let address = address(&shop, &plan, range).await.expect("a bucket has addresses");
        assert!(address.contains("X-Amz-Expires=60&"), "it works for a minute at the most: {address}");
    }
    assert!(delivery.page(&unused.token).await.is_ok());
    let before = server.seen().len();

    revoke(&shop, &sold).await;
    for _ in 0..3 {
        let download = delivery.download(&opened.session).await;
        assert!(matches!(download, Err(DeliveryError::Gone)), "{download:?}");
    }
    let claim = delivery.claim(&unused.token).await;
    assert!(matches!(claim, Err(DeliveryError::Gone)), "{claim:?}");
    let page = delivery.page(&unused.token).await;
    assert!(matches!(page, Err(DeliveryError::Gone)), "{page:?}");
    let issue = delivery.issue(rights[0].id, file, actor).await;
    assert!(matches!(issue, Err(DeliveryError::Revoked)), "{issue:?}");
    let why = delivery.refusal(&unused.token).await.unwrap().map(|(_, why)| why);
    assert_eq!(why, Some(VisitResult::Revoked));
    // Nor is one mailed.
    delivery.mail_fresh(&mailed).await.unwrap();
    shop.run_jobs().await;
    assert_eq!(shop.mailed_links(&sold.order.buyer.email).len(), 1);
    assert_eq!(server.seen().len(), before, "the bucket was not even asked");
}

/// Many ask for addresses while the right is taken away: whoever asks after that gets none.
#[tokio::test]
async fn of_many_who_ask_meanwhile_none_gets_one_afterwards() {
    let server = Server::start().await;
    let files = Arc::new(server.store());
    let shop = Arc::new(TestMarketplace::with(|builder| builder.files(files)));
    let sold = shop.paid_order().await;
    let mailed = shop.mailed_links(&sold.order.buyer.email).remove(0);
    let opened = shop.market().delivery().claim(&mailed).await.unwrap();
    let ask = || async {
        let delivery = shop.market().delivery();
        let begun_before = shop.store().entitlements_of_order(sold.order.id).await.unwrap()[0].state;
        let given = delivery.download(&opened.session).await.is_ok();
        (begun_before, given)
    };
    let asking = futures_util::future::join_all((0..64).map(|_| ask()));
    let (asked, ()) = futures_util::future::join(asking, revoke(&shop, &sold)).await;
    for (state, given) in asked {
        assert!(state == EntitlementState::Active || !given, "an address after the revocation");
    }
    assert!(!ask().await.1);
}
