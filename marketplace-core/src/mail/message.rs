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

/// A bank transfer that has not arrived yet.
#[derive(Clone, PartialEq, Eq)]
pub struct AwaitedTransfer {
    /// The order that it pays.
    pub order: OrderId,
    /// The page that tells how the payment stands. The address is a secret of the reader.
    pub url: String,
    /// What is to be transferred.
    pub amount: Money,
    /// The payment's reference.
    pub reference: String,
    /// Until when the gateway takes it, if it says so.
    pub deadline: Option<Timestamp>,
}
impl std::fmt::Debug for AwaitedTransfer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwaitedTransfer")
            .field("order", &self.order)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// A code to sign in with. It is a secret of the reader.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInCode {
    /// What is to be typed.
    pub code: String,
    /// A page on which the code stands already, if there is one. Opening it signs nobody in.
    pub url: Option<String>,
    /// When the code expires.
    pub expires_at: Timestamp,
}
impl std::fmt::Debug for SignInCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInCode").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// An address that does one thing once. It is a secret of the reader.
#[derive(Clone, PartialEq, Eq)]
pub struct ActionLink {
    /// `https://…`
    pub url: String,
    /// When it expires.
    pub expires_at: Timestamp,
}
impl std::fmt::Debug for ActionLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActionLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
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
    /// To the buyer: the order is placed, and its money is on its way.
    AwaitingTransfer(AwaitedTransfer),
    /// To whoever signs in: the code.
    SignInCode(SignInCode),
    /// To the owner of an account: where a new password can be set.
    PasswordReset(ActionLink),
    /// To the owner of an address: where to say that it is theirs.
    AddressVerification(ActionLink),
}

/// A message in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Composed {
    /// One line. It may hold a code to sign in with.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}
impl std::fmt::Debug for Composed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Composed").finish_non_exhaustive()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_for_logs_holds_no_secret_of_the_reader() {
        let (secret, expires_at) = ("s3cret".to_owned(), Timestamp::EPOCH);
        let link = ActionLink { url: secret.clone(), expires_at };
        let transfer = AwaitedTransfer {
            order: OrderId::from_uuid(uuid::Uuid::nil()),
            url: secret.clone(),
            amount: Money::zero(crate::money::Currency::NGN),
            reference: "mkt-1".to_owned(),
            deadline: None,
        };
        let code = SignInCode { code: secret.clone(), url: Some(secret.clone()), expires_at };
        for message in [
            Message::AwaitingTransfer(transfer),
            Message::SignInCode(code),
            Message::PasswordReset(link.clone()),
            Message::AddressVerification(link),
        ] {
            assert!(!format!("{message:?}").contains("s3cret"), "{message:?}");
        }
        let composed = Composed { subject: secret.clone(), text: secret.clone(), html: secret };
        assert!(!format!("{composed:?}").contains("s3cret"));
    }
}
