//! The twin of Paystack as a program: `cargo run -p marketplace-paystack --features sandbox --bin
//! paystack-sandbox`.
//!
//! Answers Paystack's paths with the twin, and under `/_control` what steers it: `POST /_control` takes a
//! command (see `Control::handle`), `GET /_control/records` tells what happened, `GET /_control/clock` the time,
//! and `POST /_control/clock` with `{"advance_seconds": n}` moves it. With several accounts the control steers the one
//! whose key a request carries, and the first one if it carries none. The control asks for no key, so it is served on
//! loopback addresses only; `--pages` serves everything else on another address, for browsers that are elsewhere. Ends
//! with Ctrl-C. Guarantees what the twin guarantees.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program, which talks to its user")]

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use marketplace_paystack::sandbox::{Ending, Integrations, Sandbox, TwinRequest, TwinResponse, serve};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

const USAGE: &str = "\
usage: paystack-sandbox [options]
  --listen ADDRESS   a loopback address; 127.0.0.1:4010 if not given, port 0 takes a free one
  --pages ADDRESS    any address, at which Paystack's paths are served too, and the control is not
  --public-url URL   what the addresses of payment pages begin with; where it listens if not given
  --key KEY          a secret key, sk_test_…; one that follows from the seed if none is given. Each key is an
                     account of its own
  --live-key KEY     a made-up key of live mode, sk_live_…: an account of its own, too
  --seed NUMBER      what ids follow from; 1 if not given
  --webhook URL      where webhooks go: of the account whose key stands before it, or of all if none does
  --folder PATH      where to keep what happened; nowhere if not given
  --start TIME       freezes the clock at this moment, such as 2026-08-22T09:14:24Z: only the control moves it";

const CONTROL: &str = "/_control";

struct Account {
    key: String,
    is_live: bool,
    webhook: Option<String>,
}

struct Settings {
    listen: SocketAddr,
    pages: Option<SocketAddr>,
    public_url: Option<String>,
    accounts: Vec<Account>,
    seed: u64,
    webhook: Option<String>,
    folder: Option<PathBuf>,
    start: Option<Timestamp>,
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Result<Settings, Box<dyn Error>> {
    let mut settings = Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 4010)),
        pages: None,
        public_url: None,
        accounts: Vec::new(),
        seed: 1,
        webhook: None,
        folder: None,
        start: None,
    };
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{name} needs a value\n{USAGE}"));
        match name.as_str() {
            "--listen" => settings.listen = value()?.parse()?,
            "--pages" => settings.pages = Some(value()?.parse()?),
            "--public-url" => settings.public_url = Some(value()?.trim_end_matches('/').to_owned()),
            "--key" | "--live-key" => {
                let (key, is_live) = (value()?, name == "--live-key");
                settings.accounts.push(Account { key, is_live, webhook: settings.webhook.clone() });
            }
            "--seed" => settings.seed = value()?.parse()?,
            "--webhook" => match settings.accounts.last_mut() {
                Some(account) => account.webhook = Some(value()?),
                None => settings.webhook = Some(value()?),
            },
            "--folder" => settings.folder = Some(value()?.into()),
            "--start" => settings.start = Some(value()?.parse()?),
            _ => return Err(format!("{name} is no option\n{USAGE}").into()),
        }
    }
    if !settings.listen.ip().is_loopback() {
        return Err("only loopback addresses are served: the control asks for no key".into());
    }
    if settings.accounts.is_empty() {
        let (key, webhook) = (format!("sk_test_{:040x}", settings.seed), settings.webhook.clone());
        settings.accounts.push(Account { key, is_live: false, webhook });
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
    all: Integrations,
    clock: Arc<Clock>,
}

impl Program {
    async fn answer(&self, mut request: TwinRequest) -> TwinResponse {
        let path = request.path.strip_prefix(CONTROL).filter(|path| path.is_empty() || path.starts_with('/'));
        let Some(path) = path.map(str::to_owned) else {
            return self.all.handle(request).await;
        };
        match (request.method.as_str(), path.as_str()) {
            ("GET", "/clock") => self.time(),
            ("POST", "/clock") => match serde_json::from_slice::<Advance>(&request.body) {
                Ok(Advance { advance_seconds }) => {
                    self.clock.advance(advance_seconds);
                    self.all.wake();
                    self.time()
                }
                Err(error) => answer_with(400, &json!({"error": error.to_string()})),
            },
            _ => {
                let steered = self.all.account_of(&request).or_else(|| self.all.accounts().next());
                let Some(control) = steered.map(Sandbox::control) else {
                    return answer_with(404, &json!({"error": "there is no account"}));
                };
                request.path = path;
                control.handle(request).await
            }
        }
    }

    fn time(&self) -> TwinResponse {
        let now = Timestamp::from_microsecond(self.clock.now()).unwrap_or(Timestamp::UNIX_EPOCH);
        answer_with(200, &json!({"now": now.to_string()}))
    }
}

/// The journal of an account: of the first one under a plain name, of others under one that their key gives them.
fn journal(number: usize, account: &Account) -> String {
    if number == 0 {
        return "paystack.journal".to_owned();
    }
    let digest = Sha256::digest(account.key.as_bytes());
    let name = hex::encode(digest).chars().take(12).collect::<String>();
    format!("paystack-{name}.journal")
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
    let pages = match settings.pages {
        Some(address) => Some(TcpListener::bind(address).await?),
        None => None,
    };
    let public_url = settings.public_url.as_ref().unwrap_or(&url);
    let frozen = settings.start.map(Timestamp::as_microsecond);
    let clock = Arc::new(Clock { frozen, moved: AtomicI64::new(0) });
    let mut sandboxes = Vec::new();
    for (number, account) in settings.accounts.iter().enumerate() {
        let ticks = Arc::clone(&clock);
        let builder = Sandbox::builder()
            .public_url(public_url)
            .webhook_url(account.webhook.clone())
            .http_client(http_client()?)
            .clock(Arc::new(move || ticks.now()))
            .seed(settings.seed)
            .journal_file(settings.folder.as_ref().map(|folder| folder.join(journal(number, account))));
        let builder = if account.is_live {
            builder.live_secret_key(&account.key)
        } else {
            builder.secret_key(&account.key)
        };
        sandboxes.push(builder.build()?);
    }
    let all = Integrations::new(sandboxes)?;

    // Time does not go back behind what the folder tells of.
    let latest = all.accounts().flat_map(Sandbox::records).map(|record| record.at()).max();
    clock.catch_up(latest.unwrap_or(i64::MIN));

    println!("paystack-sandbox {url}");
    for (number, account) in settings.accounts.iter().enumerate() {
        println!("  key      {}", account.key);
        if number == 0 {
            println!("  control  {url}{CONTROL}");
        }
        println!("  webhooks {}", account.webhook.as_deref().unwrap_or("none"));
    }
    if let Some(pages) = &pages {
        println!("  pages    http://{}, shown as {public_url}", pages.local_addr()?);
    }

    let program = Program { all: all.clone(), clock };
    let served = serve(listener, |request| program.answer(request), async {
        // Without a signal to wait for, it runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    let shown = async {
        match pages {
            Some(pages) => serve(pages, |request| all.handle(request), std::future::pending()).await,
            None => std::future::pending().await,
        }
    };
    let delivered = all.run(std::future::pending());
    tokio::select! {
        () = served => {}
        () = shown => {}
        () = delivered => {}
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().skip(1).any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
