//! What came to a link and to its download, and from what kind of program: counted, so that whatever comes again and
//! again stays one row.

use crate::{id::LinkId, text::words, time::Timestamp};

/// What kind of program asks, as far as a request tells. A guess for people who read a timeline: nothing is decided by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgentClass {
    /// A person's browser.
    Browser,
    /// What looks at the links of a mail before its reader does.
    MailScanner,
    /// Something that fetches a page before anybody asks for it.
    Prefetch,
    /// A program that fetches files in parts.
    DownloadManager,
    /// A program on a command line.
    CommandLine,
    /// A crawler, a preview in a messenger, a program without a person before it.
    Bot,
    /// It does not say, or says nothing that is known.
    Unknown,
}
words!(AgentClass {
    Browser = "browser",
    MailScanner = "mail_scanner",
    Prefetch = "prefetch",
    DownloadManager = "download_manager",
    CommandLine = "command_line",
    Bot = "bot",
    Unknown = "unknown",
});

/// What was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VisitKind {
    /// To see the page of a link.
    Look,
    /// To use a link up.
    Claim,
    /// Bytes of a download that a link opened.
    Download,
}
words!(VisitKind { Look = "look", Claim = "claim", Download = "download" });

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VisitResult {
    /// The page was shown.
    Shown,
    /// The download is open.
    Opened,
    /// All bytes, sent by the server.
    Whole,
    /// Some of the bytes, sent by the server.
    Part,
    /// The client was sent to a short-lived address of the file store.
    Redirected,
    /// The head alone.
    Head,
    /// The client has it already.
    NotModified,
    /// Refused: there are no such bytes.
    OutOfRange,
    /// Refused: the link was used before.
    Used,
    /// Refused: the time of the link, or of the download, is over.
    Expired,
    /// Refused: the right was taken away.
    Revoked,
    /// Refused: the object is missing or has another size. A link is not used up by it.
    Damaged,
    /// Refused: the file store did not answer. A link is not used up by it.
    Unavailable,
}
words!(VisitResult {
    Shown = "shown",
    Opened = "opened",
    Whole = "whole",
    Part = "part",
    Redirected = "redirected",
    Head = "head",
    NotModified = "not_modified",
    OutOfRange = "out_of_range",
    Used = "used",
    Expired = "expired",
    Revoked = "revoked",
    Damaged = "damaged",
    Unavailable = "unavailable",
});

/// One request, to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewVisit {
    /// The link that was asked for, or that opened the download.
    pub link: LinkId,
    /// What was wanted.
    pub kind: VisitKind,
    /// By what.
    pub agent: AgentClass,
    /// What came of it.
    pub result: VisitResult,
    /// When.
    pub at: Timestamp,
}

/// All requests of one kind to one link, by one class of agent, with one result. Four words at the most make a row, so a
/// link has a bounded number of them, whatever comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// The link.
    pub link: LinkId,
    /// What was wanted.
    pub kind: VisitKind,
    /// By what.
    pub agent: AgentClass,
    /// What came of it.
    pub result: VisitResult,
    /// How often.
    pub count: u64,
    /// When first.
    pub first_at: Timestamp,
    /// When last.
    pub last_at: Timestamp,
}
