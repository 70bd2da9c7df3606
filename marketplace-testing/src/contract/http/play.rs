//! A server that is asked, and everything that it answered.
//!
//! Guarantees: if there is a recording, the first answer that differs from it ends the play, before anything is made of it.
//!
//! Called by: `script`, `parts`, `operator`.

use super::{Played, recording::Recording};
use crate::http::{Account, Answer, Ask, Client, PASSWORD, Transcript};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One server, and everything that it was asked.
pub(super) struct Play {
    pub(super) client: Client,
    transcript: Transcript,
    granted: BTreeSet<(String, String)>,
    recording: Option<Recording>,
}

impl Play {
    /// Of the server of this client. With a recording, each answer has to be as recorded.
    pub(super) fn new(client: Client, recording: Option<Recording>) -> Self {
        let transcript = Transcript::of(client.base());
        Self { client, transcript, granted: BTreeSet::new(), recording }
    }

    /// Sends a request and writes its answer down.
    pub(super) async fn answer(&mut self, what: &str, ask: Ask) -> Answer {
        let line = ask.line().map(|(method, path)| (method.to_owned(), path.to_owned()));
        let answer = ask.send().await;
        let value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        // Short, and yet made anew.
        for pointer in [
            "/slug",
            "/items/0/slug",
            "/items/0/product/slug",
            "/items/0/gateway_id",
            "/payment/authorization_url",
            "/authorization_url",
        ] {
            if let Some(made) = value.pointer(pointer).and_then(Value::as_str) {
                // Of an address, what follows the last slash.
                self.transcript.teach(made.rsplit('/').next().unwrap_or(made));
            }
        }
        self.transcript.record(what, &answer);
        if let Some(recording) = &mut self.recording {
            let given = self.transcript.lines().last().map(|line| line.trim_end());
            if let Err(difference) = recording.goes_on_with(given) {
                panic!("{difference}");
            }
        }
        if (200..400).contains(&answer.status) {
            self.granted.extend(line);
        }
        answer
    }

    /// The same, for what the answer says.
    pub(super) async fn ask(&mut self, what: &str, ask: Ask) -> Value {
        serde_json::from_slice(&self.answer(what, ask).await.body).unwrap_or(Value::Null)
    }

    pub(super) async fn get(&mut self, path: &str, token: Option<&str>) -> Value {
        let ask = self.client.get(path).bearer_if(token);
        self.ask(&format!("GET {}", shown(path)), ask).await
    }

    pub(super) async fn post(&mut self, path: &str, token: Option<&str>, body: &Value) -> Value {
        let ask = self.client.post(path).bearer_if(token).json(body);
        self.ask(&format!("POST {}", shown(path)), ask).await
    }

    /// Registers `name@mail.example`, if nobody has that address.
    pub(super) async fn register(&mut self, name: &str, role: &str) -> Account {
        let email = format!("{name}@mail.example");
        let body = json!({ "email": email, "password": PASSWORD, "display_name": name, "role": role });
        let made = self.post("/api/v1/auth/register", None, &body).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Account { id: text(&made["user"]["id"]), email, token: text(&made["token"]) }
    }

    /// What came of it.
    pub(super) fn end(self) -> Played {
        if let Some(Err(difference)) = self.recording.map(|mut recording| recording.goes_on_with(None)) {
            panic!("{difference}");
        }
        Played { transcript: self.transcript, granted: self.granted }
    }
}

/// A path for people: without what is made anew.
fn shown(path: &str) -> String {
    let path =
        path.strip_prefix("http://").and_then(|rest| rest.find('/').map(|at| &rest[at..])).unwrap_or(path);
    path.split('/').map(|part| if part.len() > 24 { "…" } else { part }).collect::<Vec<_>>().join("/")
}
