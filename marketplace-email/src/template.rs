//! What the templates are given.
//!
//! Guarantees: both parts of a message get the same values; each is on one line already, and an address leads
//! to a web page.
//!
//! Called by: `compose`.

use crate::words::{line, size};
use askama::Template;
use marketplace_core::{
    identity::Email,
    mail::{ComposeError, LinkLine},
};

/// A link in a message would not lead to a web page.
#[derive(Debug, thiserror::Error)]
#[error("a link is no web address")]
struct NoWebAddress;

/// Whose mails these are.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) name: String,
    pub(crate) support: Option<Email>,
}

/// What a subject names: the first title, and how many there are besides.
pub(crate) struct About {
    pub(crate) first: String,
    pub(crate) more: usize,
}

/// A line of a receipt.
pub(crate) struct Priced {
    pub(crate) title: String,
    /// `None` if it cost nothing.
    pub(crate) price: Option<String>,
}

/// A line of a sale.
pub(crate) struct Earned {
    pub(crate) title: String,
    /// `None` if it cost nothing.
    pub(crate) price: Option<String>,
    pub(crate) net: String,
}

/// A file with its link.
pub(crate) struct File {
    pub(crate) title: String,
    pub(crate) name: String,
    pub(crate) size: String,
    pub(crate) url: String,
}

impl File {
    pub(crate) fn of(link: &LinkLine) -> Result<Self, ComposeError> {
        let url = web_address(&link.url)?.to_owned();
        Ok(Self { title: line(&link.title), name: line(&link.file), size: size(link.size), url })
    }
}

/// The address, if it leads to a web page.
pub(crate) fn web_address(url: &str) -> Result<&str, ComposeError> {
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
        pub(crate) struct $text<'a> { $(pub(crate) $field: $kind),+ }
        #[derive(Template)]
        #[template(path = $html_path)]
        pub(crate) struct $html<'a> { $(pub(crate) $field: $kind),+ }
    };
}

pair!(PurchaseText: "purchase.txt", PurchaseHtml: "purchase.html", {
    shop: &'a Shop,
    about: &'a Option<About>,
    files: &'a [File],
    bought: &'a [Priced],
    total: &'a Option<String>,
    order: &'a str,
    url: &'a str,
    paid_at: &'a str,
    expires_at: &'a str,
    reference: &'a Option<String>,
});
pair!(FreshLinkText: "fresh_link.txt", FreshLinkHtml: "fresh_link.html", {
    shop: &'a Shop,
    about: &'a Option<About>,
    file: &'a File,
    expires_at: &'a str,
});
pair!(SoldText: "sold.txt", SoldHtml: "sold.html", {
    shop: &'a Shop,
    about: &'a Option<About>,
    creator: &'a str,
    order: &'a str,
    buyer: &'a str,
    lines: &'a [Earned],
    net: &'a str,
});
pair!(AwaitingTransferText: "awaiting_transfer.txt", AwaitingTransferHtml: "awaiting_transfer.html", {
    shop: &'a Shop,
    order: &'a str,
    url: &'a str,
    amount: &'a str,
    reference: &'a str,
    deadline: &'a Option<String>,
});
pair!(SignInCodeText: "sign_in_code.txt", SignInCodeHtml: "sign_in_code.html", {
    shop: &'a Shop,
    code: &'a str,
    url: Option<&'a str>,
    expires_at: &'a str,
});
pair!(PasswordResetText: "password_reset.txt", PasswordResetHtml: "password_reset.html", {
    shop: &'a Shop,
    url: &'a str,
    expires_at: &'a str,
});
pair!(AddressVerificationText: "address_verification.txt", AddressVerificationHtml: "address_verification.html", {
    shop: &'a Shop,
    url: &'a str,
    expires_at: &'a str,
});
