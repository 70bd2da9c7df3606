//! Files that show the merchant's side: `GET /dispute/{id}/upload_url`, and the address it gives.
//!
//! Guarantees that the address takes one file for thirty minutes and answers with nothing. The bytes are counted
//! and thrown away. The address needs no key, like the file store's. Callers: `api`.

use serde_json::json;

use super::calls::{self, id};
use super::facts::UploadOffered;
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::error::ControlError;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::{TwinRequest, TwinResponse};
use crate::sandbox::record::Record;
use crate::sandbox::refusal::{ALL_PARAMS, CHECK_VALUES, Refusal, Refused, validation};
use crate::sandbox::twin::Sandbox;

const MISSING: Refusal = validation("upload_filename is required", ALL_PARAMS, "missing_params");
const KIND: Refusal = validation("Only pdf, jpg and jpeg files are allowed", CHECK_VALUES, "invalid_params");
const THIRTY_MINUTES: i64 = 30 * 60 * 1_000_000;

pub(in crate::sandbox) fn offer(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let id = id(call)?;
    let name = Fields::of_query(call.request).text("upload_filename").ok_or(MISSING)?.to_lowercase();
    let end = name.rsplit_once('.').map(|(_, end)| end.to_owned());
    if !end.is_some_and(|end| ["pdf", "jpg", "jpeg"].contains(&end.as_str())) {
        return Err(KIND.into());
    }
    let file = call.sandbox.decide(|desk| {
        desk.state.disputes.get(id).ok_or(calls::UNKNOWN)?;
        let number = u64::try_from(desk.state.disputes.uploads()).unwrap_or(u64::MAX);
        let taken = |text: &str| desk.state.disputes.upload(text).is_some();
        let file = desk.config.ids.unused("upload", number, 20, taken);
        let expires_at = desk.at.saturating_add(THIRTY_MINUTES);
        let offered = UploadOffered { at: desk.at, dispute: id, file: file.clone(), expires_at };
        desk.record(Record::UploadOffered(offered));
        Ok::<_, Refused>(file)
    })?;
    let base = call.sandbox.config().public_url.as_str().trim_end_matches('/');
    let data = json!({"signedUrl": format!("{base}/upload/{file}?expires=1800"), "fileName": file});
    Ok(answer::ok("Upload url generated", data))
}

/// Takes the file: 200, or 403 where the address is not good for it.
pub(in crate::sandbox) fn receive(sandbox: &Sandbox, request: &TwinRequest, file: &str) -> TwinResponse {
    let taken = sandbox.decide(|desk| {
        let (offered, arrived) = desk.state.disputes.upload(file).ok_or(ControlError::UnknownDispute)?;
        if *arrived || desk.at > offered.expires_at {
            return Err(ControlError::Final);
        }
        let bytes = u64::try_from(request.body.len()).unwrap_or(u64::MAX);
        desk.record(Record::Uploaded { at: desk.at, file: file.to_owned(), bytes });
        Ok(())
    });
    TwinResponse::bare(if taken.is_ok() { 200 } else { 403 })
}
