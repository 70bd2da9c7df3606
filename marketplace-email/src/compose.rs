//! The default messages, in English.
//!
//! Guarantees: pure; every value is cleaned to one line and escaped in HTML; an address that is no web
//! address is an error and never a link; subjects have at most 150 characters.
//!
//! Does not: know other languages. A host that needs them, or other words, writes a `Composer` of its own.
//!
//! Called by: the core's mail jobs.

use crate::words::{line, money, price, shortened, size, time};
use askama::Template;
use marketplace_core::{
    identity::Email,
    mail::{ComposeError, Composed, Composer, LinkLine, Message, OrderSummary, SoldLine},
    money::Money,
    order::Locale,
    time::Timestamp,
};

/// The longest subject, in characters. Mail programs show fewer.
const LONGEST_SUBJECT: usize = 150;

/// A link in a message would not lead to a web page.
#[derive(Debug, thiserror::Error)]
#[error("a link is no web address")]
struct NoWebAddress;

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
        let subject = subject("Your purchase", bought.iter().map(|line| line.title.as_str()));
        let text = PurchaseText { shop, files, bought, total, order, url, paid_at, expires_at, reference };
        let html = PurchaseHtml { shop, files, bought, total, order, url, paid_at, expires_at, reference };
        composed(subject, &text, &html)
    }

    fn fresh_link(&self, link: &LinkLine, expires_at: Timestamp) -> Result<Composed, ComposeError> {
        let shop = &self.shop;
        let file = &File::of(link)?;
        let expires_at = &time(expires_at);
        let subject = subject("Your new link", std::iter::once(file.title.as_str()));
        composed(
            subject,
            &FreshLinkText { shop, file, expires_at },
            &FreshLinkHtml { shop, file, expires_at },
        )
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
        let subject = subject("You sold", lines.iter().map(|line| line.title.as_str()));
        let text = SoldText { shop, creator, order, buyer, lines, net };
        composed(subject, &text, &SoldHtml { shop, creator, order, buyer, lines, net })
    }
}

/// `<what>: <first title>`, and how many more.
fn subject<'a>(what: &str, mut titles: impl Iterator<Item = &'a str>) -> String {
    let Some(first) = titles.next() else {
        return what.to_owned();
    };
    let more = match titles.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let room = LONGEST_SUBJECT.saturating_sub(what.len()).saturating_sub(more.len()).saturating_sub(2);
    format!("{what}: {}{more}", shortened(first, room))
}

fn composed(subject: String, text: &impl Template, html: &impl Template) -> Result<Composed, ComposeError> {
    let render = |error: askama::Error| ComposeError(error.into());
    Ok(Composed { subject, text: text.render().map_err(render)?, html: html.render().map_err(render)? })
}

#[derive(Debug, Clone)]
struct Shop {
    name: String,
    support: Option<Email>,
}

struct Priced {
    title: String,
    price: String,
}

struct Earned {
    title: String,
    price: String,
    net: String,
}

struct File {
    title: String,
    name: String,
    size: String,
    url: String,
}

impl File {
    fn of(link: &LinkLine) -> Result<Self, ComposeError> {
        let url = web_address(&link.url)?.to_owned();
        Ok(Self { title: line(&link.title), name: line(&link.file), size: size(link.size), url })
    }
}

/// The address, if it leads to a web page.
fn web_address(url: &str) -> Result<&str, ComposeError> {
    let is_web = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    // What is visible ASCII only can neither break a line of the text nor look like another address.
    if is_web && url.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(url)
    } else {
        Err(ComposeError(NoWebAddress.into()))
    }
}

/// A message has the same values in both parts: only the template differs, and with it the escaping.
macro_rules! pair {
    ($text:ident: $text_path:literal, $html:ident: $html_path:literal, { $($field:ident: $kind:ty),+ $(,)? }) => {
        #[derive(Template)]
        #[template(path = $text_path)]
        struct $text<'a> { $($field: $kind),+ }
        #[derive(Template)]
        #[template(path = $html_path)]
        struct $html<'a> { $($field: $kind),+ }
    };
}

pair!(PurchaseText: "purchase.txt", PurchaseHtml: "purchase.html", {
    shop: &'a Shop,
    files: &'a [File],
    bought: &'a [Priced],
    total: &'a str,
    order: &'a str,
    url: &'a str,
    paid_at: &'a str,
    expires_at: &'a str,
    reference: &'a Option<String>,
});
pair!(FreshLinkText: "fresh_link.txt", FreshLinkHtml: "fresh_link.html", { shop: &'a Shop, file: &'a File, expires_at: &'a str });
pair!(SoldText: "sold.txt", SoldHtml: "sold.html", {
    shop: &'a Shop,
    creator: &'a str,
    order: &'a str,
    buyer: &'a str,
    lines: &'a [Earned],
    net: &'a str,
});
