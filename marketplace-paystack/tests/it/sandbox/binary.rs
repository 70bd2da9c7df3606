//! The program `paystack-sandbox`, over real HTTP.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::bench::{HOUR, http_client};
use super::receiver::Receiver;

/// A running program, killed when this is dropped.
struct Program {
    child: Child,
    url: String,
    key: String,
    pages: Option<String>,
    http: reqwest::Client,
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_paystack-sandbox"))
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // All lines, two of them for each account: who closes the pipe earlier makes the program fail.
        let accounts = arguments.iter().filter(|argument| argument.ends_with("-key")).count().max(1);
        let pages = usize::from(arguments.contains(&"--pages"));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said: Vec<String> = lines.take(2 + 2 * accounts + pages).map(Result::unwrap).collect();
        let url = said[0].strip_prefix("paystack-sandbox ").unwrap().to_owned();
        let key = said[1].trim().strip_prefix("key").unwrap().trim().to_owned();
        let pages = said.iter().find_map(|line| line.trim().strip_prefix("pages")?.trim().split(',').next());
        let pages = pages.map(str::to_owned);
        Self { child, url, key, pages, http: http_client(reqwest::redirect::Policy::none()) }
    }

    fn in_folder(folder: &Path, webhook: &str) -> Self {
        let folder = folder.to_str().unwrap();
        let start = "2026-08-22T09:14:24Z";
        Self::start(&["--seed", "42", "--folder", folder, "--webhook", webhook, "--start", start])
    }

    /// The status of a call with another key, and what is found there.
    async fn get_with(&self, key: &str, path: &str) -> (u16, Value) {
        let answer = self.http.get(format!("{}{path}", self.url)).bearer_auth(key).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.key);
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.key);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }
}

#[tokio::test]
async fn a_payment_and_its_refund_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start([]).await;
    let program = Program::in_folder(folder.path(), &receiver.url);
    let (status, begun) = program.post("/transaction/initialize", &super::bench::order("r")).await;
    assert_eq!(status, 200, "{begun}");
    let page = begun["data"]["authorization_url"].as_str().unwrap();
    assert!(page.starts_with(&program.url), "{page}");
    let paid = program.http.post(page).header("content-type", "application/x-www-form-urlencoded");
    let paid = paid.body("outcome=pay").send().await.unwrap();
    assert_eq!(paid.status().as_u16(), 302);
    assert_eq!(paid.headers()["location"], "https://shop.example/back?order=7&trxref=r&reference=r");
    receiver.wait_for(1).await;

    let (_, refund) = program.post("/refund", &json!({"transaction": "r"})).await;
    let path = format!("/refund/{}", refund["data"]["id"]);
    assert_eq!(program.get("/_control/clock").await, json!({"now": "2026-08-22T09:14:24Z"}));
    let (_, now) = program.post("/_control/clock", &json!({"advance_seconds": 300})).await;
    assert_eq!(now, json!({"now": "2026-08-22T09:19:24Z"}));
    assert_eq!(program.get(&path).await["data"]["status"], "processing");
    receiver.wait_for(3).await;
    let (status, done) =
        program.post("/_control", &json!({"top_up": {"currency": "NGN", "amount": 7}})).await;
    assert_eq!((status, done), (200, json!({"done": true})));
    let (status, _) = program.post("/_control/clock", &json!({"advance": 1})).await;
    assert_eq!(status, 400);
    let records = program.get("/_control/records").await;
    drop(program);

    let program = Program::in_folder(folder.path(), &receiver.url);
    let after = program.get("/_control/records").await;
    let (records, after) = (records.as_array().unwrap(), after.as_array().unwrap());
    assert_eq!(after[..records.len()], records[..]);
    assert_eq!(program.get(&path).await["data"]["status"], "processing", "time did not go back");
    program.post("/_control/clock", &json!({"advance_seconds": HOUR / 1_000_000})).await;
    assert_eq!(program.get(&path).await["data"]["status"], "processed");
    receiver.wait_for(4).await;
}

#[tokio::test]
async fn several_accounts_and_connections_that_break() {
    let (test, live) = ("sk_test_0123456789abcdef", "sk_live_0123456789abcdef");
    let program = Program::start(&["--key", test, "--live-key", live]);
    assert_eq!(program.key, test);
    let reset = json!({"answer_next": {"route": "initialize", "fault": "reset_after_commit"}});
    assert_eq!(program.post("/_control", &reset).await.0, 200);
    let request = program.http.post(format!("{}/transaction/initialize", program.url)).bearer_auth(test);
    let request =
        request.header("content-type", "application/json").body(super::bench::order("r").to_string());
    assert!(request.send().await.is_err(), "no answer");
    let path = "/transaction/verify/r";
    assert_eq!(program.get(path).await["data"]["domain"], "test", "it was carried out");
    assert_eq!(program.get_with(live, path).await.0, 404);
    assert_eq!(program.get_with("sk_test_nobody", path).await.0, 401);
    let records = async |key: &str| {
        let (status, records) = program.get_with(key, "/_control/records").await;
        (status, records.as_array().unwrap().len())
    };
    assert_eq!((records(test).await, records(live).await), ((200, 1), (200, 0)));
}

#[tokio::test]
async fn pages_are_shown_elsewhere_and_the_control_is_not() {
    let program = Program::start(&["--pages", "127.0.0.1:0", "--public-url", "https://pay.example/"]);
    let (_, begun) = program.post("/transaction/initialize", &super::bench::order("r")).await;
    let page = begun["data"]["authorization_url"].as_str().unwrap();
    let path = page.strip_prefix("https://pay.example/").unwrap();
    let pages = program.pages.as_deref().unwrap();
    assert_ne!(pages, program.url);
    let shown = program.http.get(format!("{pages}/{path}")).send().await.unwrap();
    assert_eq!(shown.status().as_u16(), 200);
    for control in ["/_control/records", "/_control/clock", "/_control"] {
        let answer =
            program.http.get(format!("{pages}{control}")).bearer_auth(&program.key).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{control}");
    }
    assert_eq!(program.get("/_control/records").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn equal_seeds_answer_equally() {
    let answers = async |seed: &str| {
        let program = Program::start(&["--seed", seed, "--start", "2026-08-22T09:14:24Z"]);
        let (_, begun) = program.post("/transaction/initialize", &super::bench::order("r")).await;
        (begun["data"]["access_code"].clone(), program.key.clone())
    };
    let one = answers("7").await;
    assert_eq!(answers("7").await, one);
    assert_ne!(answers("8").await, one);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for arguments in [
        &["--listen", "0.0.0.0:0"][..],
        &["--listen"],
        &["--listen", "127.0.0.1:0", "--pages", "everywhere"],
        &["--listen", "127.0.0.1:0", "--key", "sk_live_1"],
        &["--listen", "127.0.0.1:0", "--live-key", "sk_test_1"],
        &["--listen", "127.0.0.1:0", "--key", "sk_test_1", "--key", "sk_test_1"],
        &["--listen", "127.0.0.1:0", "--start", "soon"],
        &["--verbose", "yes"],
    ] {
        let run = Command::new(env!("CARGO_BIN_EXE_paystack-sandbox")).args(arguments).output().unwrap();
        assert!(!run.status.success() && run.stderr.starts_with(b"error: "), "{arguments:?}");
    }
}
