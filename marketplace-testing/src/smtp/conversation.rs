//! One connection, from the greeting to its end.

use super::{
    ServerTls,
    received::Received,
    script::{Fault, Stage},
    server::Shared,
    wire::Wire,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{future::pending, io, sync::Arc};

pub(super) struct Conversation<'s> {
    shared: &'s Shared,
    wire: Wire,
    number: u64,
    encrypted: bool,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
    /// Goes out in plain text behind the answer to `STARTTLS`.
    added: String,
}

/// How a stage ended.
enum Passed {
    /// The usual answer is to be given.
    Yes,
    /// Another answer was given already.
    No,
    /// The connection is to be closed.
    Closed,
}

impl<'s> Conversation<'s> {
    pub(super) fn new(shared: &'s Shared, wire: Wire, number: u64, encrypted: bool) -> Self {
        Self { shared, wire, number, encrypted, user: None, from: None, to: Vec::new(), added: String::new() }
    }

    pub(super) async fn hold(mut self) -> io::Result<()> {
        match self.pass(Stage::Connect).await? {
            Passed::Yes => self.wire.say("220 test.example ESMTP").await?,
            Passed::No => {}
            Passed::Closed => return Ok(()),
        }
        while let Some(line) = self.wire.line().await? {
            self.wire.take_raw();
            let line = String::from_utf8_lossy(&line).into_owned();
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let verb = verb.to_ascii_uppercase();
            self.note(&verb, &line);
            let goes_on = match verb.as_str() {
                "EHLO" | "HELO" => self.ehlo().await?,
                "STARTTLS" => {
                    if self.encrypted || self.shared.options.tls != ServerTls::StartTls {
                        self.wire.say("502 5.5.1 not here").await?;
                        true
                    } else {
                        match self.pass(Stage::StartTls).await? {
                            Passed::Yes => {
                                self.wire.say(&format!("220 2.0.0 go ahead{}", self.added)).await?;
                                self.wire = self.wire.encrypted(Arc::clone(&self.shared.tls)).await?;
                                self.encrypted = true;
                                true
                            }
                            Passed::No => true,
                            Passed::Closed => false,
                        }
                    }
                }
                "AUTH" => self.auth(rest).await?,
                "MAIL" => self.mail(rest).await?,
                "RCPT" => self.rcpt(rest).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    (self.from, self.to) = (None, Vec::new());
                    self.say("250 2.0.0 forgotten").await?
                }
                "NOOP" => self.say("250 2.0.0 still here").await?,
                "QUIT" => {
                    self.wire.say("221 2.0.0 bye").await?;
                    false
                }
                _ => self.say("500 5.5.2 not a command").await?,
            };
            if !goes_on {
                return Ok(());
            }
        }
        Ok(())
    }

    fn note(&self, verb: &str, line: &str) {
        let known = ["EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT"];
        let noted = match verb {
            "AUTH" => "AUTH".to_owned(),
            verb if known.contains(&verb) => line.to_owned(),
            _ => format!("?{line}"),
        };
        self.shared.with(|state| state.commands.push(noted));
    }

    async fn say(&mut self, line: &str) -> io::Result<bool> {
        self.wire.say(line).await?;
        Ok(true)
    }

    /// Does what the script says.
    async fn pass(&mut self, stage: Stage) -> io::Result<Passed> {
        match self.shared.with(|state| state.script.take(stage)) {
            None => Ok(Passed::Yes),
            Some(Fault::Answer(line)) => {
                self.wire.say(&line).await?;
                Ok(Passed::No)
            }
            Some(Fault::Silence) => pending().await,
            Some(Fault::Close | Fault::TakeAndClose) => Ok(Passed::Closed),
            Some(Fault::Added(line)) => {
                self.added = format!("\r\n{line}");
                Ok(Passed::Yes)
            }
        }
    }

    /// The usual answer, or what the script says. Returns whether the conversation goes on, and whether the
    /// usual happened.
    async fn usual(&mut self, stage: Stage, line: &str) -> io::Result<(bool, bool)> {
        Ok(match self.pass(stage).await? {
            Passed::Yes => (self.say(line).await?, true),
            Passed::No => (true, false),
            Passed::Closed => (false, false),
        })
    }

    async fn ehlo(&mut self) -> io::Result<bool> {
        let options = &self.shared.options;
        let mut lines = vec!["test.example".to_owned(), "ENHANCEDSTATUSCODES".to_owned()];
        if options.tls == ServerTls::StartTls && !self.encrypted {
            lines.push("STARTTLS".to_owned());
        }
        if options.login.is_some()
            && !options.mechanisms.is_empty()
            && (self.encrypted || options.tls == ServerTls::None)
        {
            lines.push(format!("AUTH {}", options.mechanisms));
        }
        let last = lines.len() - 1;
        let lines: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(place, line)| format!("250{}{line}", if place == last { ' ' } else { '-' }))
            .collect();
        Ok(self.usual(Stage::Ehlo, &lines.join("\r\n")).await?.0)
    }

    async fn auth(&mut self, rest: &str) -> io::Result<bool> {
        match self.pass(Stage::Auth).await? {
            Passed::Yes => {}
            Passed::No => return Ok(true),
            Passed::Closed => return Ok(false),
        }
        let given = match rest.split_once(' ') {
            Some(("PLAIN", initial)) => {
                let text = unwrapped(initial);
                let mut fields = text.split('\0').skip(1).map(str::to_owned);
                fields.next().zip(fields.next())
            }
            None if rest == "LOGIN" => {
                let user = self.challenge("Username:").await?;
                Some((user, self.challenge("Password:").await?))
            }
            _ => None,
        };
        if given.is_some() && given == self.shared.options.login {
            self.user = given.map(|(user, _)| user);
            return self.say("235 2.7.0 welcome").await;
        }
        self.say("535 5.7.8 user name or password are wrong").await
    }

    async fn challenge(&mut self, what: &str) -> io::Result<String> {
        self.wire.say(&format!("334 {}", STANDARD.encode(what))).await?;
        let line = self.wire.line().await?.unwrap_or_default();
        Ok(unwrapped(&String::from_utf8_lossy(&line)))
    }

    async fn mail(&mut self, rest: &str) -> io::Result<bool> {
        if self.shared.options.login.is_some() && self.user.is_none() {
            return self.say("530 5.7.0 sign in first").await;
        }
        let (goes_on, taken) = self.usual(Stage::Mail, "250 2.1.0 ok").await?;
        if taken {
            (self.from, self.to) = (Some(path(rest)), Vec::new());
        }
        Ok(goes_on)
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<bool> {
        let Some(from) = self.from.clone() else { return self.say("503 5.5.1 who are you").await };
        let to = path(rest);
        let pair = (from, to.clone());
        if self.shared.options.greylisting && self.shared.with(|state| state.greylisted.insert(pair)) {
            return self.say("451 4.7.1 come back later").await;
        }
        let (goes_on, taken) = self.usual(Stage::Rcpt, "250 2.1.5 ok").await?;
        if taken {
            self.to.push(to);
        }
        Ok(goes_on)
    }

    async fn data(&mut self) -> io::Result<bool> {
        if self.to.is_empty() {
            return self.say("503 5.5.1 for whom").await;
        }
        let (goes_on, taken) = self.usual(Stage::Data, "354 go ahead").await?;
        if !taken {
            return Ok(goes_on);
        }
        self.wire.take_raw();
        let mut letter = Vec::new();
        loop {
            let Some(line) = self.wire.line().await? else { return Ok(false) };
            if line == b"." {
                break;
            }
            letter.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            letter.extend_from_slice(b"\r\n");
        }
        let raw = self.wire.take_raw();
        let fault = self.shared.with(|state| state.script.take(Stage::EndOfData));
        if matches!(fault, None | Some(Fault::TakeAndClose)) {
            let received = Received {
                from: self.from.take().unwrap_or_default(),
                to: std::mem::take(&mut self.to),
                letter: String::from_utf8_lossy(&letter).into_owned(),
                raw,
                encrypted: self.encrypted,
                user: self.user.clone(),
                connection: self.number,
            };
            self.shared.with(|state| state.received.push(received));
        }
        (self.from, self.to) = (None, Vec::new());
        match fault {
            None => self.say("250 2.0.0 taken").await,
            Some(Fault::Answer(line)) => self.say(&line).await,
            Some(Fault::Silence) => pending().await,
            Some(Fault::Close | Fault::TakeAndClose | Fault::Added(_)) => Ok(false),
        }
    }
}

/// The address of `FROM:<…>` or `TO:<…>`.
fn path(rest: &str) -> String {
    let inside = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(address, _)| address).unwrap_or_default().to_owned()
}

fn unwrapped(base64: &str) -> String {
    let bytes = STANDARD.decode(base64).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
