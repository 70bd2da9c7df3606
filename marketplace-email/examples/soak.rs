//! Sends many mails to a mail server, for `scripts/soak-smtp`, which looks at what arrives.
//!
//! `soak send URL CA_FILE COUNT` prints each mail as a line of JSON, with what became of it: what may pass is
//! tried again at once. `soak check URL CA_FILE` only connects, and prints the reason if that fails.

#![expect(clippy::print_stdout, reason = "a program, which has the process for itself")]

use futures_util::{StreamExt as _, stream};
use marketplace_core::{
    mail::{Composed, Mail, MailError, Mailer},
    time::SystemClock,
};
use marketplace_email::{SmtpConfig, SmtpMailer};
use serde_json::json;
use std::{env, error::Error, fs, sync::Arc, time::Duration};

/// How often a mail is tried.
const TRIES: u32 = 40;

/// How many mails are under way at once.
const AT_ONCE: usize = 16;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [what, url, authority, ..] = arguments[..] else {
        return Err("soak send|check URL CA_FILE [COUNT]".into());
    };
    let config: SmtpConfig = url.parse()?;
    let config = config
        .with_root_certificates(fs::read_to_string(authority)?)
        .with_step_timeout(Duration::from_secs(20))
        .with_end_timeout(Duration::from_secs(20));
    let mailer =
        SmtpMailer::new(config, "Ọlá's Books <no-reply@books.example>".parse()?, Arc::new(SystemClock))?;
    if what == "check" {
        match mailer.check().await {
            Ok(()) => println!("ok"),
            Err(error) => println!("{}", chain(&error)),
        }
        return Ok(());
    }
    let count: u32 = arguments.get(3).ok_or("how many?")?.parse()?;
    let mut sent = stream::iter(0..count).map(|number| send(&mailer, number)).buffer_unordered(AT_ONCE);
    while let Some(line) = sent.next().await {
        println!("{line}");
    }
    Ok(())
}

async fn send(mailer: &SmtpMailer, number: u32) -> String {
    let to = if number % 25 == 7 {
        format!("nobody-{number}@mail.example")
    } else {
        format!("bob-{number}@mail.example")
    };
    let content = content(number);
    let mut tries = 0_u32;
    let outcome = loop {
        tries = tries.saturating_add(1);
        let Ok(to) = to.parse() else { break "no address".to_owned() };
        let mail =
            Mail { message_id: format!("soak.{number}"), to, reply_to: None, content: content.clone() };
        match mailer.send(mail).await {
            Ok(()) => break "sent".to_owned(),
            Err(MailError::Transient(_)) if tries < TRIES => {}
            Err(error) => break chain(&error),
        }
    };
    let Composed { subject, text, html } = content;
    json!({ "number": number, "to": to, "subject": subject, "text": text, "html": html, "tries": tries, "outcome": outcome })
        .to_string()
}

/// Mails with everything in them that has ever ended one.
fn content(number: u32) -> Composed {
    let ends = ["\r\n.\r\n", "\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", ".", "..", "\r\n..\r\n", "\0", "=\r\n"];
    let end = ends.get((number as usize).checked_rem(ends.len()).unwrap_or(0)).unwrap_or(&"");
    let smuggled = "MAIL FROM:<evil@mail.example>\r\nRCPT TO:<eve@mail.example>\r\nDATA\r\nx";
    let long = "₦.".repeat(1000);
    Composed {
        subject: format!("Soak {number}: ọlá{end}Bcc: eve@mail.example"),
        text: format!("{end}Mail {number}{end}{smuggled}{end}{long}{end}"),
        html: format!("<p>{number}</p>{end}{smuggled}{end}<p>{long}</p>"),
    }
}

fn chain(error: &MailError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
