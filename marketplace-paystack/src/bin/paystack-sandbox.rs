//! The twin of Paystack as a program: `cargo run -p marketplace-paystack --features sandbox --bin
//! paystack-sandbox`.
//!
//! Answers Paystack's paths with the twin, and under `/_control` what steers it: `POST /_control` takes a
//! command (see `Control::handle`), `GET /_control/records` tells what happened, `GET /_control/clock` the time,
//! and `POST /_control/clock` with `{"advance_seconds": n}` moves it. Listens on loopback addresses only, and
//! ends with Ctrl-C. Guarantees what the twin guarantees; the control asks for no key.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program, which talks to its user")]

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use marketplace_paystack::sandbox::{Control, Ending, Record, Sandbox, TwinRequest, TwinResponse, serve};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const USAGE: &str = "\
usage: paystack-sandbox [options]
  --listen ADDRESS   a loopback address; 127.0.0.1:4010 if not given, port 0 takes a free one
  --key KEY          the secret key, sk_test_…; one that follows from the seed if not given
  --seed NUMBER      what ids follow from; 1 if not given
  --webhook URL      where webhooks go; nowhere if not given
  --folder PATH      where to keep what happened; nowhere if not given
  --start TIME       freezes the clock at this moment, such as 2026-08-22T09:14:24Z: only the control moves it";

const CONTROL: &str = "/_control";

struct Settings {
    listen: SocketAddr,
    key: Option<String>,
    seed: u64,
    webhook: Option<String>,
    folder: Option<PathBuf>,
    start: Option<Timestamp>,
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Result<Settings, Box<dyn Error>> {
    let mut settings = Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 4010)),
        key: None,
        seed: 1,
        webhook: None,
        folder: None,
        start: None,
    };
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{name} needs a value\n{USAGE}"));
        match name.as_str() {
            "--listen" => settings.listen = value()?.parse()?,
            "--key" => settings.key = Some(value()?),
            "--seed" => settings.seed = value()?.parse()?,
            "--webhook" => settings.webhook = Some(value()?),
            "--folder" => settings.folder = Some(value()?.into()),
            "--start" => settings.start = Some(value()?.parse()?),
            _ => return Err(format!("{name} is no option\n{USAGE}").into()),
        }
    }
    if !settings.listen.ip().is_loopback() {
        return Err("only loopback addresses are served: the control asks for no key".into());
    }
    Ok(settings)
}

/// The machine's time or a frozen one, and how far it was moved.
struct Clock {
    frozen: Option<i64>,
    moved: AtomicI64,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "a program, which is where the time comes from")]
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let machine = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        self.frozen.unwrap_or(machine).saturating_add(self.moved.load(Ordering::SeqCst))
    }

    fn catch_up(&self, at: i64) {
        let behind = at.saturating_sub(self.now()).max(0);
        self.moved.fetch_add(behind, Ordering::SeqCst);
    }

    fn advance(&self, seconds: u64) {
        let micros = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        self.moved.fetch_add(micros, Ordering::SeqCst);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

fn answer_with(status: u16, body: &Value) -> TwinResponse {
    let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
    TwinResponse { status, headers, body: body.to_string().into_bytes(), ending: Ending::default() }
}

struct Program {
    sandbox: Sandbox,
    control: Control,
    clock: Arc<Clock>,
}

impl Program {
    async fn answer(&self, mut request: TwinRequest) -> TwinResponse {
        let path = request.path.strip_prefix(CONTROL).filter(|path| path.is_empty() || path.starts_with('/'));
        let Some(path) = path.map(str::to_owned) else {
            return self.sandbox.handle(request).await;
        };
        match (request.method.as_str(), path.as_str()) {
            ("GET", "/clock") => self.time(),
            ("POST", "/clock") => match serde_json::from_slice::<Advance>(&request.body) {
                Ok(Advance { advance_seconds }) => {
                    self.clock.advance(advance_seconds);
                    self.sandbox.wake();
                    self.time()
                }
                Err(error) => answer_with(400, &json!({"error": error.to_string()})),
            },
            _ => {
                request.path = path;
                self.control.handle(request).await
            }
        }
    }

    fn time(&self) -> TwinResponse {
        let now = Timestamp::from_microsecond(self.clock.now()).unwrap_or(Timestamp::UNIX_EPOCH);
        answer_with(200, &json!({"now": now.to_string()}))
    }
}

/// Explicit TLS provider, no redirects.
#[expect(clippy::disallowed_methods, reason = "the TLS provider is given here")]
fn http_client() -> Result<reqwest::Client, Box<dyn Error>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls);
    Ok(client.redirect(reqwest::redirect::Policy::none()).no_proxy().build()?)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let settings = settings(std::env::args().skip(1))?;
    let listener = TcpListener::bind(settings.listen).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let key = settings.key.unwrap_or_else(|| format!("sk_test_{:040x}", settings.seed));
    let frozen = settings.start.map(Timestamp::as_microsecond);
    let clock = Arc::new(Clock { frozen, moved: AtomicI64::new(0) });
    let ticks = Arc::clone(&clock);
    let sandbox = Sandbox::builder()
        .secret_key(&key)
        .public_url(&url)
        .webhook_url(settings.webhook.clone())
        .http_client(http_client()?)
        .clock(Arc::new(move || ticks.now()))
        .seed(settings.seed)
        .journal_file(settings.folder.map(|folder| folder.join("paystack.journal")))
        .build()?;

    // Time does not go back behind what the folder tells of.
    let latest = sandbox.records().iter().map(Record::at).max().unwrap_or(i64::MIN);
    clock.catch_up(latest);

    println!("paystack-sandbox {url}");
    println!("  key      {key}");
    println!("  control  {url}{CONTROL}");
    println!("  webhooks {}", settings.webhook.as_deref().unwrap_or("none"));

    let program = Program { control: sandbox.control(), sandbox: sandbox.clone(), clock };
    let served = serve(listener, |request| program.answer(request), async {
        // Without a signal to wait for, it runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    let delivered = sandbox.run(std::future::pending());
    tokio::select! {
        () = served => {}
        () = delivered => {}
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
