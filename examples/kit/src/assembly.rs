//! From settings to a running marketplace.
//!
//! With nothing set, everything lies under the data folder: SQLite, files, mails, the sandbox's journal and
//! the secrets that a development server makes for itself.

use crate::{
    database::Database,
    dev::Dev,
    files::Files,
    local_secret::get_or_make,
    metrics::Metrics,
    settings::{Environment, Settings},
    shutdown::Shutdown,
    site::Site,
};
use async_trait::async_trait;
use marketplace_core::{
    Marketplace,
    error::{Source, StoreError},
    file::FileError,
    id::{AppSecret, EntropyError, IdGen, OsIdGen, WeakSecret},
    limiter::{Allowance, RateClass, RateLimiter},
    mail::Mailer,
    market::BuildError,
    runtime::{Argon2Error, Argon2Hasher, LocalLimiter, TokioTimer},
    time::{Clock, OffsetClock, SystemClock},
};
use marketplace_email::{DefaultComposer, OutboxError, OutboxFolder, SmtpConfigError, SmtpMailer, SmtpTls};
use marketplace_http::{Api, HttpOptions};
use marketplace_paystack::{
    ConfigError, Paystack, PaystackConfig,
    sandbox::{Sandbox, SandboxError},
};
use secrecy::ExposeSecret as _;
use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("MARKETPLACE_DATA_DIR: the folder {0} cannot be used")]
    DataFolder(String, #[source] io::Error),
    /// The database cannot be opened.
    #[error("DATABASE_URL: the database cannot be opened")]
    Database(#[source] Source),
    /// The schema cannot be brought up to date.
    #[error("DATABASE_URL: the schema cannot be migrated")]
    Migration(#[source] Source),
    /// The gateway's settings are wrong.
    #[error("{}: the payment gateway is set up wrongly", gateway_variable(.0))]
    Gateway(#[from] ConfigError),
    /// The sandbox cannot start.
    #[error("the payment sandbox cannot start")]
    Sandbox(#[from] SandboxError),
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built")]
    Client(#[from] reqwest::Error),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The file folder cannot be used.
    #[error("MARKETPLACE_DATA_DIR: the file folder cannot be used")]
    Files(#[from] FileError),
    /// The bucket's settings are wrong.
    #[error("AWS_BUCKET: the bucket cannot be used")]
    BucketSettings(#[from] marketplace_s3::ConfigError),
    /// The bucket is not there, or does not let us in.
    #[error(
        "AWS_BUCKET, AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: the bucket cannot be used"
    )]
    Bucket(#[source] FileError),
    /// The outbox folder cannot be used.
    #[error("MARKETPLACE_DATA_DIR: the mail folder cannot be used")]
    Outbox(#[from] OutboxError),
    /// The mail server's settings are wrong.
    #[error("SMTP_URL, SMTP_CA, MAIL_FROM: mail is set up wrongly")]
    Smtp(#[from] SmtpConfigError),
    /// The secret is too short.
    #[error("APP_SECRET: {0}")]
    Secret(#[from] WeakSecret),
    /// The address of the metrics cannot be listened on.
    #[error("METRICS_ADDR: the metrics cannot listen there")]
    Metrics(#[source] io::Error),
    /// No randomness.
    #[error("{0}")]
    Entropy(#[from] EntropyError),
    /// Passwords cannot be hashed.
    #[error("passwords cannot be hashed")]
    Hasher(#[from] Argon2Error),
    /// The database has no tables, and the command makes none.
    #[error("DATABASE_URL: {0} has none of our tables; run `migrate` or `serve` first")]
    NoTables(String),
    /// The database does not answer as it should.
    #[error("DATABASE_URL: the database cannot be used")]
    Unusable(#[from] StoreError),
    /// Signals cannot be heard.
    #[error("signals cannot be heard")]
    Signals(#[source] io::Error),
    /// A part is missing.
    #[error("{0}")]
    Build(#[from] BuildError),
}

/// Which variable a gateway's configuration fails by.
const fn gateway_variable(error: &ConfigError) -> &'static str {
    match error {
        ConfigError::PreviousSecretKey | ConfigError::KeysOfTwoModes => "PAYSTACK_PREVIOUS_SECRET_KEY",
        ConfigError::BaseUrl | ConfigError::InsecureBaseUrl => "PAYSTACK_BASE_URL",
        _ => "PAYSTACK_SECRET_KEY",
    }
}

/// A marketplace with everything around it.
#[derive(Debug)]
pub struct Assembly {
    settings: Settings,
    database: Database,
    files: Files,
    market: Arc<Marketplace>,
    metrics: Option<Metrics>,
    sandbox: Option<Sandbox>,
    site: Site,
    parts: Vec<(&'static str, String, &'static str)>,
    serves: bool,
}

impl Assembly {
    /// Opens every part and migrates the database. `local` is the address that the server listens on.
    ///
    /// # Errors
    /// The first part that cannot be opened, with the variable that sets it.
    pub async fn open(settings: Settings, local: SocketAddr) -> Result<Self, StartError> {
        Self::assemble(settings, local, true).await
    }

    /// The same for a process that runs jobs beside a server with these settings, whose sandbox it uses.
    pub(crate) async fn beside(settings: Settings) -> Result<Self, StartError> {
        let server = SocketAddr::new(settings.host, settings.port);
        Self::assemble(Settings { workers: true, ..settings }, server, false).await
    }

    async fn assemble(settings: Settings, local: SocketAddr, serves: bool) -> Result<Self, StartError> {
        let data = &settings.data_dir;
        let unusable = |error| StartError::DataFolder(data.display().to_string(), error);
        let ids: Arc<dyn IdGen> = Arc::new(OsIdGen::new()?);
        let random_hex = || hex::encode(ids.bytes());
        let loopback = format!("http://{}", reachable(local));
        let base_url = settings.base_url.clone().unwrap_or_else(|| loopback.clone());
        let mut parts = Vec::new();

        let database = Database::open(&settings).await?;
        parts.push(("database", database.to_string(), "DATABASE_URL=postgres://… or sqlite:PATH"));

        let offset = Arc::new(OffsetClock::default());
        let development = settings.environment == Environment::Development;
        let clock: Arc<dyn Clock> = if development { offset.clone() } else { Arc::new(SystemClock) };

        let mut sandbox = None;
        let config = match &settings.paystack_secret_key {
            Some(key) => PaystackConfig::new(key.clone()),
            None => {
                let path = data.join("paystack-secret-key");
                let key =
                    get_or_make(&path, || format!("sk_test_{}", &random_hex()[..40])).map_err(unusable)?;
                if serves {
                    let ticks = clock.clone();
                    let seed =
                        ids.bytes().iter().fold(0_u64, |seed, byte| seed.rotate_left(8) ^ u64::from(*byte));
                    let twin = Sandbox::builder()
                        .secret_key(key.clone())
                        .public_url(format!("{base_url}/dev/paystack"))
                        .webhook_url(Some(format!("{loopback}/api/v1/webhooks/paystack")))
                        .http_client(http_client()?)
                        .clock(Arc::new(move || ticks.now().as_micros()))
                        .seed(seed)
                        .journal_file(Some(data.join("paystack.journal")))
                        .build()?;
                    sandbox = Some(twin);
                }
                PaystackConfig::new(key.into()).with_base_url(format!("{loopback}/dev/paystack"))
            }
        };
        let gateway = Paystack::new(settings.paystack(config))?;
        let payments = match (&settings.paystack_secret_key, &settings.paystack_base_url) {
            (None, _) => format!(
                "sandbox at {base_url}/dev/paystack (its key: {})",
                data.join("paystack-secret-key").display()
            ),
            (Some(_), Some(url)) => format!("Paystack at {url}"),
            (Some(_), None) => "Paystack".to_owned(),
        };
        parts.push(("payments", payments, "PAYSTACK_SECRET_KEY=sk_…"));

        let files = Files::open(&settings).await?;
        parts.push(("files", files.name.clone(), "AWS_BUCKET=… or MARKETPLACE_DATA_DIR=…"));

        let sender = settings.mail_from.clone();
        let (mailer, mailbox, mail): (Arc<dyn Mailer>, _, _) = match &settings.smtp {
            Some(smtp) => {
                let mail = format!("{}:{}, {}", smtp.host(), smtp.port(), protection(smtp.tls()));
                (Arc::new(SmtpMailer::new(smtp.clone(), sender, clock.clone())?), None, mail)
            }
            None => {
                let folder = data.join("mail");
                let mail = format!("{} (shown at {base_url}/dev/mailbox)", folder.display());
                let outbox = Arc::new(OutboxFolder::open(folder, sender, clock.clone())?);
                (outbox.clone(), Some(outbox), mail)
            }
        };
        parts.push(("mail", mail, "SMTP_URL=smtp://…"));

        let secret = match &settings.app_secret {
            Some(secret) => secret.expose_secret().to_owned(),
            None => get_or_make(&data.join("app-secret"), random_hex).map_err(unusable)?,
        };
        let limiter: Arc<dyn RateLimiter> = if settings.rate_limit {
            Arc::new(LocalLimiter::new(clock.clone()))
        } else {
            Arc::new(GatewayPaceOnly(LocalLimiter::new(clock.clone())))
        };
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let gateway = Arc::new(gateway);
        let market = Marketplace::builder()
            .store(database.store())
            .gateway(gateway.clone())
            .refunds(gateway)
            .files(files.store.clone())
            .direct_uploads(files.parts.clone())
            .mailer(mailer)
            .composer(Arc::new(DefaultComposer::new(settings.mail_from.name().unwrap_or("Marketplace"))))
            .clock(clock)
            .timer(Arc::new(TokioTimer))
            .ids(ids)
            .hasher(Arc::new(Argon2Hasher::new(cores)?))
            .limiter(limiter)
            .secret(AppSecret::new(secret)?)
            .base_url(base_url.clone())
            .rules(settings.rules.clone())
            .build()?;
        let market = Arc::new(market);
        let metrics = match settings.metrics {
            Some(address) => Some(Metrics::listen(address).await.map_err(StartError::Metrics)?),
            None => None,
        };
        if let Some(metrics) = &metrics {
            parts.push((
                "metrics",
                format!("http://{}/metrics", metrics.address()),
                "METRICS_ADDR=ADDRESS:PORT",
            ));
        }
        let proxies = settings.trusted_proxies.clone();
        let mut options = HttpOptions::default().with_trusted_proxies(proxies);
        if let Some(origin) = &files.origin {
            options = options.with_file_origin(origin);
        }
        let api = Api::new(market.clone(), options);
        let dev = development.then(|| Dev::new(market.clone(), mailbox, sandbox.clone(), offset));
        Ok(Self {
            site: Site::new(api, dev),
            settings,
            database,
            files,
            market,
            metrics,
            sandbox,
            parts,
            serves,
        })
    }

    /// Everything that the server answers.
    pub fn site(&self) -> Site {
        self.site.clone()
    }

    /// Runs jobs, the metrics and the sandbox's webhooks until the end begins; then finishes what is under way.
    pub async fn run_background(&self, shutdown: &Shutdown) {
        let stopped = || shutdown.begun();
        let worker = async {
            if self.settings.workers {
                self.market.worker().run_until(stopped()).await;
            }
        };
        let twin = async {
            if let Some(sandbox) = &self.sandbox {
                sandbox.run(stopped()).await;
            }
        };
        let sweep = async {
            if self.settings.workers {
                tokio::select! {
                    () = self.files.sweep() => {}
                    () = stopped() => {}
                }
            }
        };
        let metrics = async {
            if let Some(metrics) = &self.metrics {
                metrics.serve(&self.market, stopped()).await;
            }
        };
        tokio::join!(worker, twin, sweep, metrics);
    }

    /// Closes the database. Call it last.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

/// What a person wants to know at the start: each part, and the variable that switches it.
impl fmt::Display for Assembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let environment = match self.settings.environment {
            Environment::Development => "development",
            Environment::Production => "production",
        };
        writeln!(f, "marketplace {}  {environment}", env!("CARGO_PKG_VERSION"))?;
        for (part, what, variable) in &self.parts {
            writeln!(f, "  {part:<10}{what}  [{variable}]")?;
        }
        let workers = if self.settings.workers { "on" } else { "off" };
        writeln!(f, "  {:<10}{workers}  [MARKETPLACE_WORKERS=on|off]", "workers")?;
        for name in &self.settings.unknown {
            writeln!(f, "  warning   {name}: there is no such setting")?;
        }
        let does = if self.serves { "serving" } else { "working" };
        write!(f, "  {does:<10}{}", self.market.base_url())
    }
}

fn protection(tls: SmtpTls) -> &'static str {
    match tls {
        SmtpTls::Implicit => "TLS",
        SmtpTls::StartTls => "STARTTLS",
        SmtpTls::Opportunistic => "STARTTLS if it is offered",
        SmtpTls::Plain => "without TLS",
    }
}

/// Where a client on this machine reaches a server that listens on `local`.
pub(crate) fn reachable(local: SocketAddr) -> SocketAddr {
    let host = match local.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(host, local.port())
}

/// The client of the sandbox's webhooks and of the health check: explicit TLS provider, no redirects.
#[expect(clippy::disallowed_methods, reason = "the TLS provider is given here")]
pub(crate) fn http_client() -> Result<reqwest::Client, StartError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    Ok(client)
}

/// No limits on clients; only the pace at which the gateway is asked stays, which is no limit on anybody.
#[derive(Debug)]
struct GatewayPaceOnly(LocalLimiter);

#[async_trait]
impl RateLimiter for GatewayPaceOnly {
    async fn take(&self, class: &RateClass, key: &str) -> Allowance {
        if class.name == "gateway-ask" { self.0.take(class, key).await } else { Allowance::Granted }
    }
}
