//! Money is sent once, exactly, and an outcome that is not known stays one.

use super::{GatewayHarness, Operation, Trouble, stage::Stage};
use marketplace_core::{
    money::Money,
    payment::{BankAccount, GatewayErrorKind, NewRecipient, PayoutState, Payouts},
};
use std::sync::Arc;

/// The stage, if the gateway pays out.
async fn paying(harness: &dyn GatewayHarness) -> Option<(Stage, Arc<dyn Payouts>)> {
    let stage = Stage::new(harness).await;
    let payouts = stage.fresh.payouts.clone()?;
    Some((stage, payouts))
}

/// The houses of a currency, with codes that are texts.
pub async fn houses(harness: &dyn GatewayHarness) {
    let Some((stage, payouts)) = paying(harness).await else { return };
    let account = stage.account();
    let houses = payouts.institutions(account.currency).await.expect("houses are listed");
    assert!(houses.iter().any(|house| house.code == account.institution), "{houses:?}");
    for house in &houses {
        assert_eq!(house.currency, account.currency);
        assert!(!house.code.is_empty() && !house.name.is_empty(), "{house:?}");
    }
}

/// An account has an owner, or is not there.
pub async fn resolved(harness: &dyn GatewayHarness) {
    let Some((stage, payouts)) = paying(harness).await else { return };
    if !stage.descriptor().capabilities.resolves_accounts {
        return;
    }
    let account = stage.account();
    assert!(!payouts.resolve_account(&account).await.expect("it has an owner").is_empty());
    let nobodys = BankAccount { number: "1".to_owned(), ..account.clone() };
    let refused = payouts.resolve_account(&nobodys).await.expect_err("it has none");
    assert!(
        matches!(refused.kind, GatewayErrorKind::InvalidRequest | GatewayErrorKind::NotFound),
        "{refused:?}"
    );
    let shown = format!("{account:?} {refused} {refused:?} {:?}", refused.source);
    assert!(!shown.contains(&account.number), "{shown}");
}

/// One account is one recipient.
pub async fn one_recipient(harness: &dyn GatewayHarness) {
    let Some((stage, payouts)) = paying(harness).await else { return };
    let recipient = NewRecipient { account: stage.account(), name: "Ada Obi".to_owned() };
    let first = payouts.create_recipient(recipient.clone()).await.expect("it is made known");
    assert_eq!(payouts.create_recipient(recipient).await.expect("it is known"), first);
}

/// What is sent arrives as it is.
pub async fn exact_amounts(harness: &dyn GatewayHarness) {
    let Some((stage, payouts)) = paying(harness).await else { return };
    let payout = stage.payout().await;
    let snapshot = payouts.send(payout.clone()).await.expect("it is sent");
    assert_eq!((snapshot.reference.as_str(), snapshot.amount), (payout.reference.as_str(), payout.amount));
    assert!(matches!(snapshot.state, PayoutState::InProgress | PayoutState::Paid), "{snapshot:?}");
    assert_eq!(stage.world().payouts().await, [(payout.reference.to_string(), payout.amount)]);
    let fetched = payouts.fetch(&payout.reference).await.expect("it is known");
    assert_eq!((fetched.amount, fetched.mode), (payout.amount, stage.descriptor().mode));
}

/// The same reference again is the same payout.
pub async fn once(harness: &dyn GatewayHarness) {
    let Some((stage, payouts)) = paying(harness).await else { return };
    let payout = stage.payout().await;
    payouts.send(payout.clone()).await.expect("it is sent");
    match payouts.send(payout.clone()).await {
        Ok(again) => assert_eq!(again.reference, payout.reference.as_str()),
        Err(error) => assert_eq!(error.kind, GatewayErrorKind::Duplicate),
    }
    assert_eq!(stage.world().payouts().await.len(), 1, "money goes out once");
}

/// After a lost answer the payout is found under its own reference, and sent again it does not go out twice.
pub async fn a_lost_answer(harness: &dyn GatewayHarness) {
    let Some((stage, payouts)) = paying(harness).await else { return };
    let payout = stage.payout().await;
    stage.world().trouble(Operation::Send, Trouble::AnswerLost).await;
    let lost = payouts.send(payout.clone()).await.expect_err("the answer is lost");
    assert_eq!(lost.kind, GatewayErrorKind::UnknownOutcome);
    assert_eq!(payouts.fetch(&payout.reference).await.expect("it is there").amount, payout.amount);
    if let Err(error) = payouts.send(payout.clone()).await {
        assert_eq!(error.kind, GatewayErrorKind::Duplicate);
    }
    assert_eq!(stage.world().payouts().await, [(payout.reference.to_string(), payout.amount)]);
    stage.world().trouble(Operation::Send, Trouble::Down).await;
    let mut other = payout;
    other.reference = stage.fixture.reference();
    let broken = payouts.send(other).await.expect_err("it is broken");
    assert_eq!(broken.kind, GatewayErrorKind::UnknownOutcome, "it may have been sent");
}

/// A payout that is not there has no state: least of all a failed one.
pub async fn unknown_proves_nothing(harness: &dyn GatewayHarness) {
    let Some((stage, payouts)) = paying(harness).await else { return };
    let unknown = payouts.fetch(&stage.fixture.reference()).await.expect_err("nobody sent it");
    assert_eq!(unknown.kind, GatewayErrorKind::NotFound);
}

/// A payout is told as it stands, also when it comes back after it was paid.
pub async fn states(harness: &dyn GatewayHarness) {
    let Some((stage, payouts)) = paying(harness).await else { return };
    for way in [&[PayoutState::Paid, PayoutState::Reversed][..], &[PayoutState::Failed]] {
        let payout = stage.payout().await;
        payouts.send(payout.clone()).await.expect("it is sent");
        for state in way {
            stage.world().move_payout(&payout.reference, *state).await;
            assert_eq!(payouts.fetch(&payout.reference).await.expect("it is known").state, *state);
        }
    }
}

/// More than we have there is refused, and that is certain.
pub async fn too_little(harness: &dyn GatewayHarness) {
    let Some((stage, payouts)) = paying(harness).await else { return };
    let mut payout = stage.payout().await;
    payout.amount = Money::new(payout.amount.minor() * 11, payout.amount.currency());
    let refused = payouts.send(payout).await.expect_err("there is too little");
    assert_eq!(refused.kind, GatewayErrorKind::InsufficientFunds);
    assert_eq!(stage.world().payouts().await, []);
}

/// The mode is the gateway's word.
pub async fn another_mode(harness: &dyn GatewayHarness) {
    let Some((stage, payouts)) = paying(harness).await else { return };
    let payout = stage.payout().await;
    payouts.send(payout.clone()).await.expect("it is sent");
    stage.world().answer_in_other_mode(Operation::FetchPayout).await;
    assert_eq!(payouts.fetch(&payout.reference).await.expect("it is known").mode, stage.other_mode());
}
