//! The default messages, in English.
//!
//! Guarantees: pure; every value is cleaned to one line and escaped in HTML; an address that is no web
//! address is an error and never a link; a subject has one line of at most 150 characters.
//!
//! Does not: know other languages, nor any words, which stand in `templates/`. A host that needs others writes
//! a `Composer` of its own.
//!
//! Called by: the core's mail jobs.

use crate::{
    template::{
        About, AddressVerificationHtml, AddressVerificationText, AwaitingTransferHtml, AwaitingTransferText,
        Earned, File, FreshLinkHtml, FreshLinkText, PasswordResetHtml, PasswordResetText, Priced,
        PurchaseHtml, PurchaseText, Shop, SignInCodeHtml, SignInCodeText, SoldHtml, SoldText, web_address,
    },
    words::{line, money, price, shortened, time},
};
use askama::Template;
use marketplace_core::{
    identity::Email,
    mail::{
        ActionLink, AwaitedTransfer, ComposeError, Composed, Composer, LinkLine, Message, OrderSummary,
        SignInCode, SoldLine,
    },
    money::Money,
    order::Locale,
    time::Timestamp,
};

/// The longest subject, in characters. Mail programs show fewer.
const LONGEST_SUBJECT: usize = 150;

/// How much of it a title may take: the rest is for the words around it.
const LONGEST_TITLE: usize = 110;

/// A template does not begin with a subject and an empty line.
#[derive(Debug, thiserror::Error)]
#[error("a template has no subject")]
struct NoSubject;

/// Writes the marketplace's mails under the shop's name.
#[derive(Debug, Clone)]
pub struct DefaultComposer {
    shop: Shop,
}

impl DefaultComposer {
    /// Mails of the shop of this name.
    pub fn new(shop: impl AsRef<str>) -> Self {
        Self { shop: Shop { name: line(shop.as_ref()), support: None } }
    }

    /// Names the address to write to for help, at the end of every mail.
    #[must_use]
    pub fn with_support(mut self, address: Email) -> Self {
        self.shop.support = Some(address);
        self
    }
}

impl Composer for DefaultComposer {
    fn compose(&self, message: &Message, _locale: &Locale) -> Result<Composed, ComposeError> {
        match message {
            Message::Purchase { summary, links, expires_at } => self.purchase(summary, links, *expires_at),
            Message::FreshLink { link, expires_at } => self.fresh_link(link, *expires_at),
            Message::Sold { creator, order, buyer, lines, net } => {
                self.sold(&line(creator), &order.to_string(), &line(buyer), lines, *net)
            }
            Message::AwaitingTransfer(transfer) => self.awaiting_transfer(transfer),
            Message::SignInCode(code) => self.sign_in_code(code),
            Message::PasswordReset(link) => self.password_reset(link),
            Message::AddressVerification(link) => self.address_verification(link),
        }
    }
}

impl DefaultComposer {
    fn purchase(
        &self,
        summary: &OrderSummary,
        links: &[LinkLine],
        expires_at: Timestamp,
    ) -> Result<Composed, ComposeError> {
        let shop = &self.shop;
        let priced = |(title, paid): &(String, Money)| Priced { title: line(title), price: price(*paid) };
        let bought: &Vec<Priced> = &summary.lines.iter().map(priced).collect();
        let files = &links.iter().map(File::of).collect::<Result<Vec<_>, _>>()?;
        let (total, order) = (&price(summary.total), &summary.order.to_string());
        let (paid_at, expires_at) = (&time(summary.paid_at), &time(expires_at));
        let reference = &summary.reference.as_deref().map(line);
        let url = web_address(&summary.url)?;
        let about = &about(bought.iter().map(|line| line.title.as_str()));
        let text =
            PurchaseText { shop, about, files, bought, total, order, url, paid_at, expires_at, reference };
        let html =
            PurchaseHtml { shop, about, files, bought, total, order, url, paid_at, expires_at, reference };
        composed(&text, &html)
    }

    fn fresh_link(&self, link: &LinkLine, expires_at: Timestamp) -> Result<Composed, ComposeError> {
        let shop = &self.shop;
        let file = &File::of(link)?;
        let expires_at = &time(expires_at);
        let about = &about(std::iter::once(file.title.as_str()));
        let text = FreshLinkText { shop, about, file, expires_at };
        composed(&text, &FreshLinkHtml { shop, about, file, expires_at })
    }

    fn sold(
        &self,
        creator: &str,
        order: &str,
        buyer: &str,
        lines: &[SoldLine],
        net: Money,
    ) -> Result<Composed, ComposeError> {
        let shop = &self.shop;
        let net = &money(net);
        let earned = |sold: &SoldLine| Earned {
            title: line(&sold.title),
            price: price(sold.price),
            net: money(sold.net),
        };
        let lines: &Vec<Earned> = &lines.iter().map(earned).collect();
        let about = &about(lines.iter().map(|line| line.title.as_str()));
        let text = SoldText { shop, about, creator, order, buyer, lines, net };
        composed(&text, &SoldHtml { shop, about, creator, order, buyer, lines, net })
    }

    fn awaiting_transfer(&self, transfer: &AwaitedTransfer) -> Result<Composed, ComposeError> {
        let shop = &self.shop;
        let (order, url) = (&transfer.order.to_string(), web_address(&transfer.url)?);
        let (amount, reference) = (&money(transfer.amount), &line(&transfer.reference));
        let deadline = &transfer.deadline.map(time);
        let text = AwaitingTransferText { shop, order, url, amount, reference, deadline };
        composed(&text, &AwaitingTransferHtml { shop, order, url, amount, reference, deadline })
    }

    fn sign_in_code(&self, code: &SignInCode) -> Result<Composed, ComposeError> {
        let shop = &self.shop;
        let expires_at = &time(code.expires_at);
        let url = code.url.as_deref().map(web_address).transpose()?;
        let code = &shortened(&line(&code.code), LONGEST_TITLE);
        composed(
            &SignInCodeText { shop, code, url, expires_at },
            &SignInCodeHtml { shop, code, url, expires_at },
        )
    }

    fn password_reset(&self, link: &ActionLink) -> Result<Composed, ComposeError> {
        let (shop, url, expires_at) = (&self.shop, web_address(&link.url)?, &time(link.expires_at));
        let text = PasswordResetText { shop, url, expires_at };
        composed(&text, &PasswordResetHtml { shop, url, expires_at })
    }

    fn address_verification(&self, link: &ActionLink) -> Result<Composed, ComposeError> {
        let (shop, url, expires_at) = (&self.shop, web_address(&link.url)?, &time(link.expires_at));
        let text = AddressVerificationText { shop, url, expires_at };
        composed(&text, &AddressVerificationHtml { shop, url, expires_at })
    }
}

/// The first title, and how many there are besides.
fn about<'a>(mut titles: impl Iterator<Item = &'a str>) -> Option<About> {
    let first = shortened(titles.next()?, LONGEST_TITLE);
    Some(About { first, more: titles.count() })
}

/// Renders both parts. The text begins with the subject and an empty line; no value can be taken for that,
/// because values have one line.
fn composed(text: &impl Template, html: &impl Template) -> Result<Composed, ComposeError> {
    let render = |error: askama::Error| ComposeError(error.into());
    let text = text.render().map_err(render)?;
    let (subject, text) = text.split_once("\n\n").ok_or_else(|| ComposeError(NoSubject.into()))?;
    Ok(Composed {
        subject: shortened(&line(subject), LONGEST_SUBJECT),
        text: text.to_owned(),
        html: html.render().map_err(render)?,
    })
}
