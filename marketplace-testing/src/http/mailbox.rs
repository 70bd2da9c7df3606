//! Mails that the server sent.

use super::{client::Client, wait::wait_until};
use serde_json::Value;

/// A mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its HTML.
    pub html: String,
    /// Its Message-ID.
    pub message_id: String,
}

impl Mail {
    fn of(value: &Value) -> Self {
        let field = |name: &str| value[name].as_str().unwrap_or_else(|| panic!("{name}: {value}")).to_owned();
        Self {
            subject: field("subject"),
            text: field("text"),
            html: field("html"),
            message_id: field("message_id"),
        }
    }

    /// The order's page: a whole address.
    ///
    /// # Panics
    /// If the mail names none.
    pub fn page(&self) -> String {
        let mut words = self.text.split_whitespace();
        words
            .find(|word| word.starts_with("http") && word.contains("/o/"))
            .expect("an order's page")
            .to_owned()
    }

    /// Every one-time link in it: whole addresses.
    pub fn links(&self) -> Vec<String> {
        let links =
            self.text.split_whitespace().filter(|word| word.starts_with("http") && word.contains("/d/"));
        links.map(str::to_owned).collect()
    }
}

impl Client {
    /// All mails to an address, newest first.
    pub async fn mails(&self, to: &str) -> Vec<Mail> {
        let answer = self.get(&format!("/dev/mailbox.json?to={to}")).send().await.expect(200);
        answer["items"].as_array().expect("a list").iter().map(Mail::of).collect()
    }

    /// Waits until there are `count` mails to an address, and gives them, newest first.
    pub async fn wait_for_mails(&self, to: &str, count: usize) -> Vec<Mail> {
        wait_until(&format!("{count} mails to {to}"), || async {
            Some(self.mails(to).await).filter(|mails| mails.len() >= count)
        })
        .await
    }

    /// Waits for the mail of a purchase, and gives its first link.
    pub async fn first_link(&self, to: &str) -> String {
        self.wait_for_mails(to, 1).await[0].links().remove(0)
    }
}
