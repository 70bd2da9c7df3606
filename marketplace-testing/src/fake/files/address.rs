//! Addresses of objects, and what somebody gets who opens one.

use super::{FilesDefect, MemoryFiles};
use crate::contract::files::Visit;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use marketplace_core::{
    file::{FileName, ObjectKey, PresignRequest, content_disposition},
    time::Timestamp,
};
use sha2::Sha256;
use std::time::Duration;

/// Where the addresses are said to be.
pub(super) const ORIGIN: &str = "https://files.example/";

/// The longest that an address may open.
const LONGEST: Duration = Duration::from_mins(1);

pub(super) fn signature(secret: &str, parts: &[&str]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key may have any length");
    mac.update(parts.join("\n").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

impl MemoryFiles {
    /// `files/KEY?at=…&name=…&type=…&signature=…&expires=…`: everything that the answer depends on, signed.
    pub(super) fn address(&self, key: &ObjectKey, request: &PresignRequest) -> String {
        let longest = if self.has(FilesDefect::OpensForLonger) { Duration::MAX } else { LONGEST };
        let seconds = request.expires_in.min(longest).as_secs().to_string();
        let at = self.clock().now().as_micros().to_string();
        let name = hex::encode(self.disposition(&request.name));
        let kind = hex::encode(request.content_type.as_str());
        let signed = self.signed(key.as_str(), &at, &name, &kind, &seconds);
        format!("{ORIGIN}{key}?at={at}&name={name}&type={kind}&signature={signed}&expires={seconds}")
    }

    fn signed(&self, key: &str, at: &str, name: &str, kind: &str, seconds: &str) -> String {
        let name = if self.has(FilesDefect::LeavesNamesUnsigned) { "" } else { name };
        let key = if self.has(FilesDefect::LeavesKeysUnsigned) { "" } else { key };
        signature(self.secret(), &[key, at, name, kind, seconds])
    }

    fn disposition(&self, name: &FileName) -> String {
        let whole = content_disposition(name);
        match self.defect() {
            Some(FilesDefect::ShowsInPlace) => whole.replacen("attachment", "inline", 1),
            Some(FilesDefect::WritesRawNames) => format!("attachment; filename=\"{name}\""),
            Some(FilesDefect::LosesUnicode) => {
                let ascii: String =
                    name.as_str().chars().filter(|character| character.is_ascii_alphanumeric()).collect();
                format!("attachment; filename=\"{ascii}.\"; filename*=UTF-8''{ascii}.")
            }
            _ => whole,
        }
    }

    /// What somebody gets who opens an address, now.
    pub fn visit(&self, method: &str, address: &str, range: Option<&str>) -> Visit {
        self.visit_at(self.clock().now(), method, address, range)
    }

    /// What somebody gets who opens an address at a time.
    pub(super) fn visit_at(&self, now: Timestamp, method: &str, address: &str, range: Option<&str>) -> Visit {
        let refused = |status| Visit { status, headers: Vec::new(), body: Bytes::new() };
        let Some((key, query)) = address.strip_prefix(ORIGIN).and_then(|rest| rest.split_once('?')) else {
            return refused(403);
        };
        let value = |wanted: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
        };
        let (Some(at), Some(name), Some(kind), Some(signed), Some(seconds)) =
            (value("at"), value("name"), value("type"), value("signature"), value("expires"))
        else {
            return refused(403);
        };
        let is_ours = self.signed(key, at, name, kind, seconds) == signed;
        if !is_ours && !self.has(FilesDefect::BelievesEverybody) {
            return refused(403);
        }
        let text =
            |hex_text: &str| hex::decode(hex_text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let (Ok(key), Ok(at), Ok(seconds), Some(name), Some(kind)) =
            (key.parse::<ObjectKey>(), at.parse(), seconds.parse(), text(name), text(kind))
        else {
            return refused(400);
        };
        let ends = Timestamp::from_micros(at).saturating_add(Duration::from_secs(seconds));
        if now >= ends && !self.has(FilesDefect::OpensForEver) {
            return refused(403);
        }
        if method == "DELETE" && self.has(FilesDefect::LetsVisitorsDelete) {
            self.lose(&key);
        }
        if method != "GET" {
            return refused(405);
        }
        let Some(bytes) = self.bytes(&key) else { return refused(404) };
        let from = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        let from = from.filter(|from| *from < bytes.len());
        let body = bytes.slice(from.unwrap_or(0)..);
        let mut headers = vec![
            ("content-type".to_owned(), kind),
            ("content-disposition".to_owned(), name),
            ("content-length".to_owned(), body.len().to_string()),
        ];
        if let Some(from) = from {
            let size = bytes.len();
            headers.push(("content-range".to_owned(), format!("bytes {from}-{}/{size}", size - 1)));
        }
        Visit { status: if from.is_some() { 206 } else { 200 }, headers, body }
    }
}
