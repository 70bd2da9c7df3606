//! The mail jobs: what the marketplace writes, and when.
//!
//! Guarantees: a mail is written and handed over by a job, never inside a request; its Message-ID is the same
//! at every try. Links are issued when the mail is written, so a mail that waited does not carry expired
//! ones; links of a mail that was lost on the way stay good until they expire.

use super::{Composer, LinkLine, Mail, MailError, Mailer, Message, OrderSummary, SoldLine};
use crate::{
    actor::Actor,
    catalog::Products,
    delivery::{Delivery, DeliveryError},
    error::{ErrorKind, Failure},
    failpoint::failpoint,
    id::{CreatorId, EntitlementId, FileId, OrderId, Token},
    identity::{Email, Users},
    job::{Handler, Job, JobFailure, JobOutcome, field, kinds},
    money::Money,
    order::{Locale, Order, Orders},
    payment::{AttemptState, PaymentRows},
};
use async_trait::async_trait;
use std::sync::Arc;

/// Runs `mail.purchase`, `mail.sold` and `mail.fresh-link`.
#[derive(Debug, Clone)]
pub struct MailJobs {
    /// Reads orders.
    pub orders: Arc<dyn Orders>,
    /// Reads references.
    pub attempts: Arc<dyn PaymentRows>,
    /// Reads creators.
    pub users: Arc<dyn Users>,
    /// Reads titles.
    pub products: Arc<dyn Products>,
    /// Issues links.
    pub delivery: Delivery,
    /// Writes.
    pub composer: Arc<dyn Composer>,
    /// Sends.
    pub mailer: Arc<dyn Mailer>,
    /// What addresses begin with, without a slash at the end.
    pub base_url: String,
}

#[async_trait]
impl Handler for MailJobs {
    fn kinds(&self) -> &'static [&'static str] {
        &[kinds::MAIL_PURCHASE, kinds::MAIL_SOLD, kinds::MAIL_FRESH_LINK]
    }

    async fn run(&self, job: &Job) -> Result<JobOutcome, JobFailure> {
        match job.new.kind.as_str() {
            kinds::MAIL_PURCHASE => self.purchase(field(job, "order")?).await,
            kinds::MAIL_SOLD => self.sold(field(job, "order")?, field(job, "creator")?).await,
            _ => self.fresh_link(job, field(job, "entitlement")?, field(job, "file")?).await,
        }
    }
}

impl MailJobs {
    async fn purchase(&self, id: OrderId) -> Result<JobOutcome, JobFailure> {
        let order = self.order(id).await?;
        let issued = self.delivery.issue_all(&order).await.map_err(undelivered)?;
        if !issued.any_active {
            // Everything was revoked before the mail was written.
            return Ok(JobOutcome::Done);
        }
        let expires_at = issued.expires_at;
        let links = issued
            .links
            .iter()
            .flat_map(|(fresh, item)| {
                item.files.iter().map(|stored| LinkLine {
                    title: item.product.title.clone(),
                    file: stored.file.name.to_string(),
                    size: stored.version.size,
                    url: self.link(&fresh.token),
                })
            })
            .collect();
        let attempts = self.attempts.attempts_of(order.id).await.map_err(JobFailure::retry)?;
        let paid = attempts.iter().find(|attempt| attempt.state == AttemptState::Succeeded);
        let summary = OrderSummary {
            order: order.id,
            url: format!("{}/o/{}", self.base_url, self.delivery.order_page(&order)),
            lines: order.lines.iter().map(|line| (line.title.clone(), line.price)).collect(),
            total: order.total,
            reference: paid.map(|attempt| attempt.reference.to_string()),
            paid_at: order.paid_at.unwrap_or(order.created_at),
        };
        let reply_to = match order.lines.first() {
            Some(line) => {
                self.users.user(line.creator).await.map_err(JobFailure::retry)?.map(|user| user.email)
            }
            None => None,
        };
        let message = Message::Purchase { summary, links, expires_at };
        let message_id = format!("purchase.{}", order.id);
        self.send(&message, message_id, order.buyer.email.clone(), reply_to, &order.locale).await
    }

    async fn sold(&self, id: OrderId, creator: CreatorId) -> Result<JobOutcome, JobFailure> {
        let order = self.order(id).await?;
        let user = self.users.user(creator).await.map_err(JobFailure::retry)?;
        let user = user.ok_or_else(|| JobFailure::bury(format!("no user {creator}")))?;
        let mut lines = Vec::new();
        let mut net = Money::zero(order.total.currency());
        for line in order.lines.iter().filter(|line| line.creator == creator) {
            let earned = line.price.checked_sub(line.fee).map_err(JobFailure::bury)?;
            net = net.checked_add(earned).map_err(JobFailure::bury)?;
            lines.push(SoldLine { title: line.title.clone(), price: line.price, net: earned });
        }
        let message = Message::Sold {
            creator: user.display_name,
            order: order.id,
            buyer: order.buyer.email.masked(),
            lines,
            net,
        };
        let message_id = format!("sold.{}.{creator}", order.id);
        self.send(&message, message_id, user.email, None, &Locale::default()).await
    }

    async fn fresh_link(
        &self,
        job: &Job,
        right: EntitlementId,
        file: FileId,
    ) -> Result<JobOutcome, JobFailure> {
        let entitlement = self.delivery.entitlement(right).await.map_err(undelivered)?;
        let entitlement = entitlement.ok_or_else(|| JobFailure::bury(format!("no entitlement {right}")))?;
        let order = self.order(entitlement.order).await?;
        let fresh = match self.delivery.issue(right, file, Actor::System).await {
            Ok(fresh) => fresh,
            // Revoked since it was asked for.
            Err(DeliveryError::Revoked) => return Ok(JobOutcome::Done),
            Err(error) => return Err(undelivered(error)),
        };
        let stored = self.products.file(file).await.map_err(JobFailure::retry)?;
        let product = self.products.product(entitlement.product).await.map_err(JobFailure::retry)?;
        let (Some(stored), Some(product)) = (stored, product) else {
            return Err(JobFailure::bury(format!("no file {file}")));
        };
        let link = LinkLine {
            title: product.title,
            file: stored.file.name.to_string(),
            size: stored.version.size,
            url: self.link(&fresh.token),
        };
        let message = Message::FreshLink { link, expires_at: fresh.link.expires_at };
        let message_id = format!("fresh-link.{}", job.new.id);
        self.send(&message, message_id, entitlement.email, None, &order.locale).await
    }

    async fn send(
        &self,
        message: &Message,
        message_id: String,
        to: Email,
        reply_to: Option<Email>,
        locale: &Locale,
    ) -> Result<JobOutcome, JobFailure> {
        let content = self.composer.compose(message, locale).map_err(JobFailure::bury)?;
        failpoint!("mail.before-send");
        let mail = Mail { message_id: message_id.clone(), to, reply_to, content };
        match self.mailer.send(mail).await {
            Ok(()) => {
                failpoint!("mail.after-accept");
                tracing::info!(mail.id = message_id, "a mail was taken by the mail system");
                Ok(JobOutcome::Done)
            }
            Err(MailError::Permanent(source)) => Err(JobFailure::bury(source)),
            Err(error @ MailError::Transient(_)) => Err(JobFailure::retry(error)),
        }
    }

    async fn order(&self, id: OrderId) -> Result<Order, JobFailure> {
        let order = self.orders.order(id).await.map_err(JobFailure::retry)?;
        order.ok_or_else(|| JobFailure::bury(format!("no order {id}")))
    }

    fn link(&self, token: &Token) -> String {
        format!("{}/d/{}", self.base_url, token.expose())
    }
}

fn undelivered(error: DeliveryError) -> JobFailure {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::Internal => JobFailure::bury(error),
        _ => JobFailure::retry(error),
    }
}
