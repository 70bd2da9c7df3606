//! Payouts of the scripted gateway.

use super::{GatewayCall, GatewayDefect, ScriptedGateway};
use crate::contract::gateway::Operation;
use async_trait::async_trait;
use marketplace_core::{
    id::Reference,
    money::{Currency, Money},
    payment::{
        BankAccount, GatewayError, GatewayErrorKind, Institution, InstitutionKind, NewRecipient,
        PayoutSnapshot, PayoutState, Payouts, SendPayout,
    },
};

#[async_trait]
impl Payouts for ScriptedGateway {
    async fn institutions(&self, currency: Currency) -> Result<Vec<Institution>, GatewayError> {
        let house = |(code, name, kind): (&str, &str, InstitutionKind)| Institution {
            code: code.to_owned(),
            name: name.to_owned(),
            kind,
            currency,
        };
        self.call(|_| {
            let houses = [
                ("001", "Test Bank", InstitutionKind::Bank),
                ("MTN", "Test Telephones", InstitutionKind::MobileMoney),
            ];
            Ok(houses.map(house).to_vec())
        })
    }

    /// An account has an owner if its number has ten digits.
    async fn resolve_account(&self, account: &BankAccount) -> Result<String, GatewayError> {
        self.call(|_| {
            if account.number.len() == 10 {
                Ok("Ada Obi".to_owned())
            } else {
                Err(GatewayErrorKind::InvalidRequest)
            }
        })
    }

    async fn create_recipient(&self, recipient: NewRecipient) -> Result<String, GatewayError> {
        self.call(|state| {
            let known = state.recipients.iter().position(|account| *account == recipient.account);
            let number = known.unwrap_or_else(|| {
                state.recipients.push(recipient.account);
                state.recipients.len() - 1
            });
            Ok(format!("recipient-{number}"))
        })
    }

    async fn send(&self, payout: SendPayout) -> Result<PayoutSnapshot, GatewayError> {
        let renames = self.has(GatewayDefect::RenamesPayouts);
        self.call(|state| {
            state.calls.push(GatewayCall::Send(payout.clone()));
            let met = state.meet(Operation::Send);
            met.refused()?;
            let mut reference = payout.reference.to_string();
            if state.payouts.iter().any(|known| known.reference == reference) {
                if !renames {
                    return Err(GatewayErrorKind::Duplicate);
                }
                reference = format!("{reference}-2");
            }
            let balance = state.balances.iter_mut().find(|one| one.currency() == payout.amount.currency());
            let balance = balance.ok_or(GatewayErrorKind::InsufficientFunds)?;
            let left = balance.minor() - payout.amount.minor();
            if left < 0 {
                return Err(GatewayErrorKind::InsufficientFunds);
            }
            *balance = Money::new(left, balance.currency());
            let snapshot = PayoutSnapshot {
                reference,
                gateway_id: Some(state.next_id()),
                mode: self.mode(),
                amount: payout.amount,
                fee: None,
                state: PayoutState::InProgress,
            };
            state.payouts.push(snapshot.clone());
            met.answered(PayoutSnapshot { reference: payout.reference.to_string(), ..snapshot })
        })
    }

    async fn fetch(&self, reference: &Reference) -> Result<PayoutSnapshot, GatewayError> {
        let found = self.call(|state| {
            let met = state.meet(Operation::FetchPayout);
            met.refused()?;
            let found = state.payouts.iter().find(|payout| payout.reference == reference.as_str()).cloned();
            let mode = state.modes(Operation::FetchPayout);
            met.answered(found.map(|found| PayoutSnapshot { mode: mode(found.mode), ..found }))
        });
        let nothing = PayoutSnapshot {
            reference: reference.to_string(),
            gateway_id: None,
            mode: self.mode(),
            amount: Money::zero(Currency::NGN),
            fee: None,
            state: PayoutState::Failed,
        };
        let fails = self.has(GatewayDefect::FailsUnknownPayouts).then(|| nothing.clone());
        let found = match found {
            Err(error) if self.has(GatewayDefect::FailsUnreadablePayouts) => match error.kind {
                GatewayErrorKind::Malformed => Ok(Some(nothing)),
                _ => Err(error),
            },
            found => found,
        };
        let Some(mut told) = found?.or(fails) else {
            return self.call(|_| Err(GatewayErrorKind::NotFound));
        };
        told.mode = self.told_mode(told.mode);
        if self.has(GatewayDefect::MissesReversals) && told.state == PayoutState::Reversed {
            told.state = PayoutState::Paid;
        }
        Ok(told)
    }
}
