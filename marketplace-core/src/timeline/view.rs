//! Who sees what of a timeline. Pure.

use super::model::{Scope, Step, StepKind};
use crate::{
    id::CreatorId,
    identity::{Email, Role, User},
    order::Order,
    payment::AttemptState,
};

/// As whom somebody looks at an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Its buyer: everything of the order but what is internal.
    Buyer,
    /// A creator who sold a line of it: what became of their own lines.
    Creator(CreatorId),
    /// An operator: everything.
    Operator,
}

impl Viewer {
    /// As whom a user may look at an order; `None`: not at all. A creator sees an order once it has been paid: before
    /// that nothing is sold.
    pub fn of(order: &Order, user: &User) -> Option<Self> {
        if user.role == Role::Admin {
            return Some(Self::Operator);
        }
        if order.buyer.user == Some(user.id) {
            return Some(Self::Buyer);
        }
        let sells = order.lines.iter().any(|line| line.creator == user.id);
        (sells && order.state.has_been_paid()).then_some(Self::Creator(user.id))
    }

    /// The steps that this viewer may know of, with what they may know of each.
    pub(super) fn sees(self, steps: Vec<Step>, buyer: &Email) -> Vec<Step> {
        match self {
            Self::Operator => steps,
            Self::Buyer => steps.into_iter().filter_map(for_buyer).collect(),
            Self::Creator(creator) => {
                steps.into_iter().filter_map(|step| for_creator(step, creator, buyer)).collect()
            }
        }
    }
}

fn for_buyer(step: Step) -> Option<Step> {
    match step.scope {
        Scope::Order | Scope::Payer | Scope::Line(_) => {}
        Scope::Creator(_) | Scope::Operator => return None,
    }
    let result = match step.result {
        // For its payer it came to nothing.
        Some(state) if step.kind == StepKind::PaymentBegun && state == AttemptState::Dismissed.as_str() => {
            Some(AttemptState::Failed.as_str())
        }
        result => result,
    };
    Some(Step { result, reason: None, by: None, job: None, failures: None, ..step })
}

fn for_creator(step: Step, creator: CreatorId, buyer: &Email) -> Option<Step> {
    match step.scope {
        Scope::Order => {}
        Scope::Line(of) | Scope::Creator(of) if of == creator => {}
        Scope::Line(_) | Scope::Creator(_) | Scope::Payer | Scope::Operator => return None,
    }
    let failed = step.kind == StepKind::Mail && step.result == Some("failed");
    Some(Step {
        buyer: step.buyer.is_some().then(|| buyer.masked()),
        reason: step.reason.filter(|_| failed).map(|reason| without_addresses(&reason)),
        // The sum of all lines tells of the others.
        amount: None,
        by: None,
        job: None,
        ..step
    })
}

/// The text without anything like an e-mail address. Our own mailer leaves them out; another one may not.
fn without_addresses(text: &str) -> String {
    let words = text.split(' ').map(|word| if word.contains('@') { "<address>" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
