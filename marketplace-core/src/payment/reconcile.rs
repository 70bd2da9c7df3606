//! Comparing the gateway's own list of payments with ours.
//!
//! Guarantees: every payment of the window that the gateway lists as taken is ours and settled, or in review, or was; one
//! that we never heard of, and one that was given back on the gateway's own pages, goes to an operator once, also if it
//! is listed again after it was decided. A payment that cannot be asked about hides none behind it.
//!
//! Does not: believe the list. What it says of our own open payments is asked for one by one, as the sweep does. Payments
//! that began before the window are not compared: who pays, or is given money back, a month after the checkout is heard
//! of by notices alone. An account at the gateway belongs to one marketplace: payments of other systems on it would all
//! be unknown.
//!
//! Called by: a daily job, operators, and (reports alone) the inbox.

use super::{
    AttemptState, PaymentError, PaymentSnapshot, PaymentState, Payments, Review, ReviewReason, Verified,
    Window,
};
use crate::{
    actor::Actor,
    commit::{Change, ChangeSet, Committed, Decision, DecisionKey, DerivedIds, InputHash, Subject},
    id::{Reference, ReviewId},
    money::Money,
};
use std::time::Duration;

/// How far back the daily job looks. Each payment is compared again and again, so that a day's trouble at the gateway
/// hides none.
const BACK: Duration = Duration::from_hours(30 * 24);

/// Younger payments are left to notices and the sweep.
const RECENT: Duration = Duration::from_hours(1);

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Reconciled {
    /// How many payments the gateway listed.
    pub listed: u64,
    /// How many of ours were settled by it.
    pub settled: u64,
    /// How many went to an operator.
    pub reviewed: u64,
    /// How many could not be asked about.
    pub unasked: u64,
}

impl Payments {
    /// Compares the payments that began in a window. A gateway that lists none gives none. Idempotent; cancellation
    /// leaves off anywhere.
    pub async fn reconcile(&self, window: Window) -> Result<Reconciled, PaymentError> {
        let mut reconciled = Reconciled::default();
        if !self.gateway.descriptor().capabilities.lists_payments {
            return Ok(reconciled);
        }
        let mut page = None;
        loop {
            let listing = self.gateway.list(window, page).await?;
            for payment in &listing.items {
                reconciled.listed = reconciled.listed.saturating_add(1);
                let counted = match self.compare(payment, window).await {
                    Ok(Compared::Right) => continue,
                    Ok(Compared::Settled) => &mut reconciled.settled,
                    Ok(Compared::Reviewed) => &mut reconciled.reviewed,
                    Err(PaymentError::Gateway(error)) if !error.kind.is_about_all() => {
                        tracing::warn!(payment.reference = %payment.reference, error = %error, cause = %error.source, "a payment could not be compared");
                        &mut reconciled.unasked
                    }
                    Err(error) => return Err(error),
                };
                *counted = counted.saturating_add(1);
            }
            page = listing.next;
            if page.is_none() {
                tracing::info!(
                    listed = reconciled.listed,
                    settled = reconciled.settled,
                    reviewed = reconciled.reviewed,
                    unasked = reconciled.unasked,
                    "the gateway's payments were compared with ours"
                );
                return Ok(reconciled);
            }
        }
    }

    /// The daily comparison.
    pub(crate) async fn reconcile_daily(&self) -> Result<Reconciled, PaymentError> {
        let until = self.clock.now().saturating_sub(RECENT);
        self.reconcile(Window { from: until.saturating_sub(BACK), until }).await
    }

    async fn compare(&self, payment: &PaymentSnapshot, window: Window) -> Result<Compared, PaymentError> {
        let known = match payment.reference.parse::<Reference>() {
            Ok(reference) => self.rows.payment(&reference).await?,
            Err(_) => None,
        };
        let gone = matches!(payment.state, PaymentState::Reversed | PaymentState::RefundInProgress);
        match known {
            None if payment.state == PaymentState::Paid => {
                self.report_listed(payment, None, ReviewReason::UnknownReference).await
            }
            Some(known) if gone && known.attempt.state == AttemptState::Succeeded => {
                self.report_listed(payment, Some(&known), ReviewReason::RefundedAtGateway).await
            }
            Some(known) if known.attempt.state.is_decided() => Ok(Compared::Right),
            // Its notice may be on its way; gateways do not agree on where a window ends.
            Some(known) if known.attempt.created_at >= window.until => Ok(Compared::Right),
            Some(known) if payment.state == PaymentState::Paid || gone => {
                let before = known.attempt.state;
                self.look(&known.attempt.reference).await?;
                let after = self.stored(&known.attempt.reference).await?.attempt.state;
                Ok(match after {
                    AttemptState::Succeeded => Compared::Settled,
                    AttemptState::NeedsReview if before != after => Compared::Reviewed,
                    _ => Compared::Right,
                })
            }
            None | Some(_) => Ok(Compared::Right),
        }
    }

    async fn report_listed(
        &self,
        payment: &PaymentSnapshot,
        known: Option<&Verified>,
        reason: ReviewReason,
    ) -> Result<Compared, PaymentError> {
        // Whoever told of it first.
        let told = self.rows.reviews_of(&payment.reference).await?;
        if told.iter().any(|review| review.reason == reason) {
            return Ok(Compared::Right);
        }
        let is_new = self.report(&payment.reference, known, Some(payment.charged), reason, "listed").await?;
        Ok(if is_new { Compared::Reviewed } else { Compared::Right })
    }

    /// Puts a payment before an operator, unless this event did so before, or the same is open. Returns whether it was
    /// this event's first time.
    pub(crate) async fn report(
        &self,
        reference: &str,
        known: Option<&Verified>,
        found: Option<Money>,
        reason: ReviewReason,
        event: &str,
    ) -> Result<bool, PaymentError> {
        let at = self.clock.now();
        let order = known.map(|known| known.order.id);
        let head = Decision {
            key: DecisionKey::new("report", format_args!("{reference}:{reason}:{event}")),
            name: "report",
            input: InputHash::of(&(reference, reason, event)),
            subject: order.map_or_else(|| Subject::of(reference), Subject::of),
            actor: Actor::System,
            at,
        };
        let review = Review {
            id: ReviewId::from_uuid(DerivedIds::new(&head.key, at).next()),
            reason,
            reference: reference.to_owned(),
            order,
            expected: known.map(|known| known.attempt.amount),
            found,
            opened_at: at,
            closing: None,
        };
        // Beside an open one it is noted, and no news.
        let others = self.rows.reviews_of(reference).await?;
        let stands = others.iter().any(|other| other.reason == reason && other.closing.is_none());
        let changes = if stands { Vec::new() } else { vec![Change::OpenReview(review)] };
        let set = ChangeSet::new(head, changes);
        let is_new = self.committer.send(&set).await? == Committed::Applied;
        if is_new && !stands {
            tracing::warn!(payment.reference = reference, review.reason = %reason, "a payment needs review");
        }
        Ok(is_new)
    }
}

/// What a look at one payment came to.
enum Compared {
    Right,
    Settled,
    Reviewed,
}
