//! Messages in the fewest words.

use marketplace_core::{
    mail::{ActionLink, ComposeError, Composed, Composer, LinkLine, Message},
    order::Locale,
};

/// Writes down what a message holds, a fact per line, addresses of links included, in no language's style.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainComposer;

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

fn link_line(link: &LinkLine) -> String {
    format!("{} - {} ({} bytes): {}", link.title, link.file, link.size, link.url)
}

fn action(lines: &mut Vec<String>, subject: &str, link: &ActionLink) -> String {
    lines.push(format!("link: {}", link.url));
    lines.push(format!("link expires: {}", link.expires_at));
    subject.to_owned()
}

impl Composer for PlainComposer {
    fn compose(&self, message: &Message, locale: &Locale) -> Result<Composed, ComposeError> {
        let mut lines = Vec::new();
        let subject = match message {
            Message::Purchase { summary, links, expires_at } => {
                lines.extend(summary.lines.iter().map(|(title, price)| format!("{title}: {price}")));
                lines.push(format!("total: {}", summary.total));
                lines.extend(summary.reference.iter().map(|reference| format!("reference: {reference}")));
                lines.extend(links.iter().map(link_line));
                lines.push(format!("links expire: {expires_at}"));
                format!("purchase {}", summary.order)
            }
            Message::FreshLink { link, expires_at } => {
                lines.push(link_line(link));
                lines.push(format!("link expires: {expires_at}"));
                "fresh link".to_owned()
            }
            Message::Sold { creator, order, buyer, lines: sold, net } => {
                lines.push(format!("creator: {creator}"));
                lines.push(format!("buyer: {buyer}"));
                lines.extend(
                    sold.iter().map(|line| format!("{}: {} of {}", line.title, line.net, line.price)),
                );
                lines.push(format!("net: {net}"));
                format!("sold {order}")
            }
            Message::AwaitingTransfer(transfer) => {
                lines.push(format!("amount: {}", transfer.amount));
                lines.push(format!("reference: {}", transfer.reference));
                lines.extend(transfer.deadline.map(|deadline| format!("deadline: {deadline}")));
                lines.push(format!("page: {}", transfer.url));
                format!("awaiting a transfer for {}", transfer.order)
            }
            Message::SignInCode(code) => {
                lines.push(format!("code: {}", code.code));
                lines.extend(code.url.iter().map(|url| format!("page: {url}")));
                lines.push(format!("code expires: {}", code.expires_at));
                "sign-in code".to_owned()
            }
            Message::PasswordReset(link) => action(&mut lines, "password reset", link),
            Message::AddressVerification(link) => action(&mut lines, "address verification", link),
        };
        lines.push(format!("language: {locale}"));
        // One fact, one line: a title with a line break in it must not look like two facts.
        let text = lines.iter().map(|line| line.replace(['\r', '\n'], " ")).collect::<Vec<_>>().join("\n");
        let html = format!("<pre>{}</pre>", escaped(&text));
        Ok(Composed { subject, text, html })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_core::time::Timestamp;

    #[test]
    fn links_are_in_both_parts_and_values_are_escaped() {
        let link = LinkLine {
            title: "<b>&".into(),
            file: "a.pdf".into(),
            size: 7,
            url: "https://shop.example/d/token".into(),
        };
        let message = Message::FreshLink { link, expires_at: Timestamp::EPOCH };
        let composed = PlainComposer.compose(&message, &Locale::default()).expect("composes");
        assert!(composed.text.contains("https://shop.example/d/token") && composed.text.contains("<b>&"));
        assert!(
            composed.html.contains("https://shop.example/d/token")
                && composed.html.contains("&lt;b&gt;&amp;")
        );
    }
}
