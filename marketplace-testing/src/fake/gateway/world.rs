//! The scripted gateway as its owner sees it.

use super::{GatewayFault, ScriptedGateway, SignedNotice, notice::SIGNATURE_HEADER, notice::signature};
use crate::contract::gateway::{GatewayWorld, Operation, PaidAs, Trouble};
use async_trait::async_trait;
use marketplace_core::{
    id::Reference,
    money::{Currency, Money},
    payment::{
        BankAccount, DisputeSnapshot, DisputeState, Gateway, InstitutionKind, PaymentState, PayoutState,
        RefundSnapshot, RefundState,
    },
    time::Timestamp,
};
use std::sync::Arc;

#[async_trait]
impl GatewayWorld for ScriptedGateway {
    fn stranger(&self) -> Arc<dyn Gateway> {
        Arc::new(Self::stranger(self))
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.secret().to_owned()]
    }

    async fn trouble(&self, operation: Operation, trouble: Trouble) {
        self.fail(operation, GatewayFault::of(operation, trouble));
    }

    async fn pay(&self, reference: &Reference, how: PaidAs) {
        let was_begun = self.change(reference, |payment| {
            payment.state = PaymentState::Paid;
            if let PaidAs::Other(taken) = how {
                payment.charged = taken;
            }
        });
        assert!(was_begun, "only what was begun is paid");
    }

    async fn decline(&self, reference: &Reference) {
        assert!(Self::decline(self, reference), "only what was begun is declined");
    }

    async fn invent_a_state(&self, reference: &Reference) {
        assert!(self.change(reference, |payment| payment.state = PaymentState::Unrecognised));
    }

    async fn answer_in_other_mode(&self, operation: Operation) {
        self.locked(|state| state.other_modes.insert(operation));
    }

    async fn payments(&self) -> Vec<(String, Money)> {
        self.locked(|state| {
            let payments = state.order.iter().filter_map(|name| state.payments.get(name));
            payments
                .map(|payment| (payment.reference.clone(), payment.requested.unwrap_or(payment.charged)))
                .collect()
        })
    }

    async fn paid_notice(&self, reference: &Reference) -> SignedNotice {
        let paid = self.snapshot(reference).expect("it was begun");
        self.notice(&format!("paid-{reference}"), reference, Some(paid.charged))
    }

    fn sign(&self, body: &[u8]) -> SignedNotice {
        self.signed(body)
    }

    fn forge(&self, body: &[u8]) -> SignedNotice {
        let headers = vec![(SIGNATURE_HEADER.to_owned(), signature("another-secret", body))];
        SignedNotice { headers, body: body.to_vec() }
    }

    async fn refunds(&self) -> Vec<(String, Money)> {
        self.locked(|state| {
            let reference = |refund: &RefundSnapshot| {
                let payment = state.payments.values().find(|payment| payment.gateway_id == refund.payment);
                payment.expect("refunds are of payments").reference.clone()
            };
            state.refunds.iter().map(|refund| (reference(refund), refund.amount)).collect()
        })
    }

    async fn move_refund(&self, gateway_id: &str, to: RefundState) {
        self.locked(|state| {
            let refund = state.refunds.iter_mut().find(|refund| refund.gateway_id == gateway_id);
            refund.expect("it was begun").state = to;
        });
    }

    async fn refund_by_hand(&self, reference: &Reference, amount: Money) {
        let payment = self.snapshot(reference).expect("it was begun").gateway_id;
        self.locked(|state| {
            // As at gateways that tell so of any part.
            if let Some(payment) = state.payments.get_mut(reference.as_str()) {
                payment.state = PaymentState::RefundInProgress;
            }
            let (gateway_id, state_now) = (state.next_id(), RefundState::Requested);
            let mode = self.mode();
            state.refunds.push(RefundSnapshot {
                gateway_id,
                id: None,
                payment,
                mode,
                amount,
                state: state_now,
            });
        });
    }

    async fn fund(&self, more: Money) {
        self.locked(|state| {
            let here = state.balances.iter().position(|balance| balance.currency() == more.currency());
            let before = here.map_or(0, |place| state.balances.swap_remove(place).minor());
            state.balances.push(Money::new(before + more.minor(), more.currency()));
        });
    }

    fn account(&self) -> BankAccount {
        BankAccount {
            institution: "001".to_owned(),
            kind: InstitutionKind::Bank,
            number: "0123456789".to_owned(),
            currency: Currency::NGN,
        }
    }

    async fn payouts(&self) -> Vec<(String, Money)> {
        self.locked(|state| state.payouts.iter().map(|one| (one.reference.clone(), one.amount)).collect())
    }

    async fn move_payout(&self, reference: &Reference, to: PayoutState) {
        self.locked(|state| {
            let payout = state.payouts.iter_mut().find(|payout| payout.reference == reference.as_str());
            payout.expect("it was sent").state = to;
        });
    }

    async fn evidence(&self, gateway_id: &str) -> Vec<String> {
        self.locked(|state| {
            let own = state.evidence.iter().filter(|(of, _)| of == gateway_id);
            own.map(|(_, evidence)| evidence.service.clone()).collect()
        })
    }

    async fn lost(&self, gateway_id: &str) -> Money {
        self.locked(|state| {
            let dispute = state.disputes.iter().find(|dispute| dispute.gateway_id == gateway_id);
            dispute.and_then(|dispute| dispute.amount).expect("it was opened")
        })
    }

    async fn dispute(&self, reference: &Reference) -> String {
        let payment = self.snapshot(reference).expect("it was begun");
        self.locked(|state| {
            let gateway_id = state.next_id();
            state.disputes.push(DisputeSnapshot {
                gateway_id: gateway_id.clone(),
                reference: Some(payment.reference),
                mode: payment.mode,
                amount: Some(payment.charged),
                state: DisputeState::AwaitsUs,
                due_at: Some(Timestamp::MAX),
            });
            gateway_id
        })
    }
}
