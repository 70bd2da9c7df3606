//! What a test tells the server to do.

/// A point of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The greeting.
    Connect,
    /// `EHLO`, before or after TLS.
    Ehlo,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH`.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`.
    Data,
    /// After the mail's last line.
    EndOfData,
}

impl Stage {
    /// Every stage, in the order in which a mail passes them.
    pub const ALL: [Self; 8] = [
        Self::Connect,
        Self::Ehlo,
        Self::StartTls,
        Self::Auth,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::EndOfData,
    ];
}

/// What happens there instead of the usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Another answer: `550 5.1.1 no such user`. It is refused if it does not begin with 2 or 3.
    Answer(String),
    /// The connection is closed without an answer.
    Close,
    /// No answer ever comes.
    Silence,
    /// At the end of data: the mail is taken, and the connection closed without an answer.
    TakeAndClose,
    /// At `STARTTLS`: the usual answer, and behind it, still in plain text, a line that somebody on the way has added.
    Added(String),
}

impl Fault {
    /// Another answer.
    pub fn answer(line: &str) -> Self {
        Self::Answer(line.to_owned())
    }
}

/// What is still to happen.
#[derive(Debug, Default)]
pub(super) struct Script(Vec<(Stage, Fault, bool)>);

impl Script {
    pub(super) fn add(&mut self, stage: Stage, fault: Fault, always: bool) {
        self.0.push((stage, fault, always));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What happens at this stage now.
    pub(super) fn take(&mut self, stage: Stage) -> Option<Fault> {
        let place = self.0.iter().position(|(at, ..)| *at == stage)?;
        let (_, fault, always) = self.0.get(place)?;
        let (fault, always) = (fault.clone(), *always);
        if !always {
            self.0.remove(place);
        }
        Some(fault)
    }
}
