//! A gateway without a page: the payer's telephone is needed, and rings by itself.

use marketplace_core::{
    actor::Actor,
    error::Failure as _,
    order::{OrderState, PlaceOrder},
    payment::{AttemptState, Collect as _},
};
use marketplace_testing::{fake::ScriptedGateway, market::TestMarketplace};
use std::{sync::Arc, time::Duration};

#[tokio::test]
async fn a_payer_is_asked_by_telephone_and_the_sweep_finds_the_payment() {
    let gateway = Arc::new(ScriptedGateway::pushing());
    let mounted = gateway.clone();
    let shop = TestMarketplace::with(move |builder| builder.gateway(mounted));
    let (_, product) = shop.creator_with_product().await;
    let checkout =
        |phone: Option<&str>| PlaceOrder { phone: phone.map(str::to_owned), ..shop.checkout_of(&[&product]) };
    for (phone, code) in
        [(None, "required"), (Some("0712345678"), "invalid"), (Some("+254 712 x"), "invalid")]
    {
        let refused = shop.market().checkout().place(checkout(phone)).await.expect_err("nobody can be asked");
        assert_eq!((refused.fields()[0].field.as_str(), refused.fields()[0].code), ("phone", code));
    }
    assert_eq!(gateway.calls(), [], "the gateway heard nothing");

    let placed =
        shop.market().checkout().place(checkout(Some("+254 712 345 678"))).await.expect("it is placed");
    let attempt = placed.attempt.expect("an attempt");
    assert_eq!((attempt.state, &attempt.authorization_url), (AttemptState::Pending, &None));
    let asked = &gateway.started()[0];
    assert_eq!(asked.phone.as_ref().map(|phone| phone.as_str()), Some("+254712345678"));

    // The payer may still confirm, so there is no second payment.
    let serial = shop.market().ids().uuid(shop.now());
    let again = shop.market().payments().retry(placed.order.id, serial, Actor::Guest).await;
    assert_eq!(again.expect_err("one is open").code(), "payment_open");
    shop.pass(Duration::from_mins(5)).await;
    assert_eq!(shop.order(placed.order.id).await.state, OrderState::Pending);

    // The payer lets it ring, and is asked again on the same telephone.
    assert!(gateway.decline(&attempt.reference));
    shop.pass(Duration::from_mins(10)).await;
    let serial = shop.market().ids().uuid(shop.now());
    let second = shop.market().payments().retry(placed.order.id, serial, Actor::Guest).await.expect("anew");
    assert_eq!(gateway.started()[1].phone, asked.phone);
    assert!(gateway.pay(&second.reference, None));
    shop.pass(Duration::from_mins(1)).await;
    assert_eq!(shop.order(placed.order.id).await.state, OrderState::Paid);
    assert!(gateway.descriptor().capabilities.needs_phone);
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn what_costs_nothing_needs_no_telephone() {
    let shop = TestMarketplace::with(|builder| builder.gateway(Arc::new(ScriptedGateway::pushing())));
    let creator = shop.register(marketplace_core::identity::Role::Creator).await;
    let product = shop.product(&creator, shop.fixture().naira(0)).await;
    let placed = shop.market().checkout().place(shop.checkout_of(&[&product])).await.expect("it is placed");
    assert_eq!(placed.order.state, OrderState::Paid);
}
