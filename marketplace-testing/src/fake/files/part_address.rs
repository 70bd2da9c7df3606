//! Addresses of parts, and what somebody gets who sends to one.

use super::{
    FilesDefect as Defect, MemoryFiles,
    address::{ORIGIN, signature},
    port::ROOM,
};
use crate::contract::files::{Trouble, Visit};
use bytes::Bytes;
use marketplace_core::{
    file::{ObjectKey, PartAddress, PartPlan, PartsError, UploadTag},
    time::Timestamp,
};
use std::time::Duration;

/// The longest that an address may take a part.
const LONGEST: Duration = Duration::from_hours(24);

fn answered(status: u16) -> Visit {
    Visit { status, headers: Vec::new(), body: Bytes::new() }
}

impl MemoryFiles {
    /// `files/KEY?upload=…&part=…&size=…&at=…&signature=…&expires=…`: everything that stands there, signed.
    pub(super) fn part_address(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        part: PartPlan,
        expires_in: Duration,
    ) -> PartAddress {
        let longest = if self.has(Defect::TakesPartsForLonger) { Duration::MAX } else { LONGEST };
        let seconds = expires_in.min(longest).as_secs().to_string();
        let at = self.clock().now().as_micros().to_string();
        let (tag, PartPlan { number, size }) = (tag.as_str(), part);
        let signed =
            self.part_signature(key.as_str(), tag, &number.to_string(), &size.to_string(), &at, &seconds);
        let url = format!(
            "{ORIGIN}{key}?upload={tag}&part={number}&size={size}&at={at}&signature={signed}&expires={seconds}"
        );
        PartAddress { url, headers: vec![("content-length".to_owned(), size.to_string())] }
    }

    fn part_signature(&self, key: &str, tag: &str, number: &str, size: &str, at: &str, ends: &str) -> String {
        let number = if self.has(Defect::LeavesPartNumbersUnsigned) { "" } else { number };
        let (key, tag) = if self.has(Defect::LeavesKeysOfPartsUnsigned) { ("", "") } else { (key, tag) };
        signature(self.secret(), &["part", key, tag, number, size, at, ends])
    }

    /// What somebody gets who sends a body by `PUT` to the address of a part, now: `200` with an `ETag`, or a refusal.
    pub fn send(&self, address: &PartAddress, body: Bytes) -> Visit {
        let Some((key, query)) = address.url.strip_prefix(ORIGIN).and_then(|rest| rest.split_once('?'))
        else {
            return answered(403);
        };
        let value = |wanted: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
        };
        let (Some(tag), Some(number), Some(size), Some(at), Some(signed), Some(seconds)) = (
            value("upload"),
            value("part"),
            value("size"),
            value("at"),
            value("signature"),
            value("expires"),
        ) else {
            return answered(403);
        };
        if self.part_signature(key, tag, number, size, at, seconds) != signed {
            return answered(403);
        }
        let (Ok(key), Ok(number), Ok(size), Ok(at), Ok(seconds)) =
            (key.parse::<ObjectKey>(), number.parse(), size.parse::<u64>(), at.parse(), seconds.parse())
        else {
            return answered(400);
        };
        let ends = Timestamp::from_micros(at).saturating_add(Duration::from_secs(seconds));
        if self.clock().now() >= ends && !self.has(Defect::TakesPartsForEver) {
            return answered(403);
        }
        if body.len() as u64 != size && !self.has(Defect::IgnoresPartSizes) {
            return answered(403);
        }
        match self.locked(|state| state.trouble) {
            Some(Trouble::Down) => return answered(503),
            Some(Trouble::Full) if body.len() > ROOM => return answered(507),
            _ => {}
        }
        let (number, tag) = (number, UploadTag::new(tag));
        match self.keep_part(&key, &tag, number, body) {
            Ok(part) => {
                let etag = ("etag".to_owned(), format!("\"{}\"", part.etag));
                Visit { status: 200, headers: vec![etag], body: Bytes::new() }
            }
            Err(PartsError::Gone) => answered(404),
            Err(_) => answered(500),
        }
    }
}
