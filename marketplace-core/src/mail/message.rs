//! What the marketplace writes to people.

use crate::{id::OrderId, identity::Email, money::Money, time::Timestamp};

/// What was bought, for people.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderSummary {
    /// The order.
    pub order: OrderId,
    /// The order's page, `https://…/o/…`. The address is a secret of the reader.
    pub url: String,
    /// Titles and prices, in the order of the cart.
    pub lines: Vec<(String, Money)>,
    /// The sum.
    pub total: Money,
    /// The payment's reference; `None` for a free order.
    pub reference: Option<String>,
    /// When it was paid.
    pub paid_at: Timestamp,
}

impl std::fmt::Debug for OrderSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrderSummary")
            .field("order", &self.order)
            .field("lines", &self.lines)
            .finish_non_exhaustive()
    }
}

/// A file and the address that opens it once. The address is a secret of the reader.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkLine {
    /// The product's title.
    pub title: String,
    /// The file's name.
    pub file: String,
    /// The file's size in bytes.
    pub size: u64,
    /// `https://…/d/…`
    pub url: String,
}
impl std::fmt::Debug for LinkLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkLine").field("file", &self.file).finish_non_exhaustive()
    }
}

/// What a creator sold in one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldLine {
    /// The product's title.
    pub title: String,
    /// What the buyer paid.
    pub price: Money,
    /// What the creator earns of it.
    pub net: Money,
}

/// A message, before it is put in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// To the buyer: receipt, and the links to the files.
    Purchase {
        /// What was bought.
        summary: OrderSummary,
        /// The files.
        links: Vec<LinkLine>,
        /// When the links expire.
        expires_at: Timestamp,
    },
    /// To the buyer: a new link for one that was used or expired.
    FreshLink {
        /// The file.
        link: LinkLine,
        /// When the link expires.
        expires_at: Timestamp,
    },
    /// To a creator: something was sold.
    Sold {
        /// The creator's name.
        creator: String,
        /// The order.
        order: OrderId,
        /// The buyer's address, masked.
        buyer: String,
        /// The creator's lines.
        lines: Vec<SoldLine>,
        /// The sum of the nets.
        net: Money,
    },
}

/// A message in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Composed {
    /// One line.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}
impl std::fmt::Debug for Composed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Composed").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// A mail to send. The sender's own address belongs to the mailer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Stable per (order, kind): the part of the Message-ID before the `@`, `[a-z0-9._-]`.
    pub message_id: String,
    /// To whom; a stored address.
    pub to: Email,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<Email>,
    /// What it says.
    pub content: Composed,
}
