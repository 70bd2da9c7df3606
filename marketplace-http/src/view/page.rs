//! The few plain pages that people reach from mails and from the gateway.
//!
//! Guarantees: no script, no style, nothing from elsewhere; every text is escaped; a page that is over says
//! the same for every reason.

use marketplace_core::{
    delivery::LinkPage,
    order::{OrderState, OrderView},
};
use std::fmt::Write as _;

/// Text as it may stand in HTML and in quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title),
    )
}

/// The page of a link that works: the file's name and the button that claims it. The form has no address of
/// its own, so it goes to the page's.
pub(crate) fn link_page(page: &LinkPage) -> String {
    let name = escape(page.file.file.name.as_str());
    let body = format!(
        "<h1>{}</h1>\n<p>{name} ({})</p>\n<form method=\"post\">\n\
         <button type=\"submit\">Download {name}</button>\n</form>\n\
         <p>This link works once, until {}.</p>\n",
        escape(&page.title),
        size(page.file.version.size),
        page.expires_at,
    );
    document("Your download", &body)
}

/// The page of a link, order address or download that is over or never was: the same bytes for every reason
/// and every token. With `fresh` it offers a new link; the form's address is relative to the page's own.
pub(crate) fn gone_page(fresh: bool) -> String {
    let mut body =
        "<h1>This link is over</h1>\n<p>It was used, has expired or does not exist.</p>\n".to_owned();
    if fresh {
        body.push_str(
            "<form method=\"post\" action=\"?fresh\">\n<button type=\"submit\">Send me a new link</button>\n</form>\n",
        );
    }
    document("This link is over", &body)
}

/// What is said to everybody who asks for a new link.
pub(crate) fn sent_page() -> String {
    let body = "<h1>Look into your mail</h1>\n\
                <p>If this was a link to a purchase, a new one is on its way to the purchase's address.</p>\n";
    document("Look into your mail", body)
}

/// One sentence on a payment, for somebody who has proved nothing.
pub(crate) fn payment_status(state: Option<OrderState>) -> String {
    let sentence = match state {
        Some(state) if state.has_been_paid() => "Your payment has arrived. The delivery is in your mail.",
        Some(OrderState::Pending) => {
            "Your payment is being processed. You will get a mail as soon as it has arrived."
        }
        Some(_) => "This order is closed.",
        None => "There is no such payment here.",
    };
    document("Your payment", &format!("<p>{sentence}</p>\n"))
}

/// An order, to the holder of its token.
pub(crate) fn order_page(view: &OrderView) -> String {
    let mut lines = String::new();
    for line in &view.order.lines {
        let _ = writeln!(lines, "<li>{}: {}</li>", escape(&line.title), line.price);
    }
    let mut body = format!(
        "<h1>Your order</h1>\n<p>Status: {}</p>\n<ul>\n{lines}</ul>\n<p>Total: {}</p>\n",
        view.order.state, view.order.total,
    );
    if let Some(attempt) = &view.attempt {
        let _ = writeln!(body, "<p>Payment reference: {}</p>", escape(attempt.reference.as_str()));
    }
    document("Your order", &body)
}

/// Bytes for people, in whole units rounded up.
fn size(bytes: u64) -> String {
    let mut value = bytes;
    for unit in ["B", "KiB", "MiB"] {
        if value < 1024 {
            return format!("{value} {unit}");
        }
        value = value.div_ceil(1024);
    }
    format!("{value} GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(escape("<script>'\"&"), "&lt;script&gt;&#39;&quot;&amp;");
        assert!(!document("a", "b").contains("style"));
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(size(1), "1 B");
        assert_eq!(size(1024), "1 KiB");
        assert_eq!(size(1025), "2 KiB");
        assert_eq!(size(5 << 30), "5 GiB");
    }

    #[test]
    fn a_stranger_learns_one_sentence() {
        assert_eq!(payment_status(None).matches("<p>").count(), 1);
        assert_ne!(payment_status(Some(OrderState::Paid)), payment_status(Some(OrderState::Pending)));
    }
}
