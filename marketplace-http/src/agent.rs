//! What kind of program sends a request. Pure.
//!
//! Guarantees: only the class leaves this file. What a client calls itself, and where it comes from, is neither kept nor
//! logged. Whatever it says, it gets some class, and nothing is decided by it but what a timeline shows.
//!
//! Does not: unmask programs that call themselves browsers and behave like one. Most mail scanners do not say who they
//! are; some are known by what no person's browser does.
//!
//! Called by: the routes of links and downloads.

use crate::{headers::Headers, request::Method};
use marketplace_core::delivery::AgentClass;

/// Headers in which a browser says that nobody asked for a page yet.
const PURPOSES: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Parts of names, in lower case, by class. What stands first wins: a scanner that also says `Mozilla` is a scanner.
const NAMES: [(AgentClass, &[&str]); 4] = [
    (
        AgentClass::MailScanner,
        &[
            "barracuda",
            "mimecast",
            "proofpoint",
            "ppusagent",
            "safelinks",
            "office existence discovery",
            "microsoft office protocol discovery",
            "ms-office",
            "msoffice",
            "microsoft outlook",
            "googleimageproxy",
            "yahoomailproxy",
            "zscaler",
            "cloudmark",
            "messagelabs",
            "symantec",
            "trendmicro",
            "trend micro",
            "sophos",
            "fortiguard",
            "fireeye",
            "cisco-ironport",
            "ironport",
            "forcepoint",
            "spamassassin",
            "rspamd",
            "clamav",
            "virustotal",
            "urlscan",
            "bitdefender",
            "kaspersky",
            "avast",
        ],
    ),
    (
        AgentClass::DownloadManager,
        &[
            "aria2",
            "axel/",
            "idman",
            "internet download manager",
            "internetdownloadmanager",
            "free download manager",
            "freedownloadmanager",
            "fdm/",
            "fdm ",
            "jdownloader",
            "downthemall",
            "uget",
            "motrix",
            "xdman",
            "xdm/",
            "persepolis",
            "getright",
            "flashget",
            "download master",
            "androiddownloadmanager",
            "downloadmanager",
            "download accelerator",
            "eagleget",
            "thunder/",
            "netants",
            "leechget",
            "microsoft bits",
            "advanced download manager",
        ],
    ),
    (
        AgentClass::CommandLine,
        &[
            "curl/",
            "wget",
            "httpie/",
            "powershell",
            "lwp-request",
            "xh/",
            "lynx/",
            "links (",
            "w3m/",
            "fetch libfetch",
        ],
    ),
    (
        AgentClass::Bot,
        &[
            "bot",
            "crawl",
            "spider",
            "slurp",
            "preview",
            "facebookexternalhit",
            "facebookcatalog",
            "whatsapp",
            "telegram",
            "skypeuripreview",
            "embedly",
            "quora link",
            "pinterest",
            "vkshare",
            "feedfetcher",
            "monitor",
            "pingdom",
            "uptime",
            "headlesschrome",
            "phantomjs",
            "python-requests",
            "python-urllib",
            "python-httpx",
            "aiohttp",
            "go-http-client",
            "java/",
            "apache-httpclient",
            "okhttp",
            "libwww-perl",
            "guzzlehttp",
            "node-fetch",
            "axios/",
            "undici",
            "got (",
            "ruby",
            "reqwest",
            "postmanruntime",
            "insomnia",
            "scrapy",
            "google-read-aloud",
            "apis-google",
            "mediapartners-google",
        ],
    ),
];

/// Engines of browsers; every browser of the last twenty years names one.
const ENGINES: [&str; 6] = ["gecko/", "applewebkit/", "trident/", "presto/", "msie ", "edge/"];

/// The class of whoever sends this.
pub(crate) fn classify(method: Method, headers: &Headers) -> AgentClass {
    let says_prefetch = |value: &str| {
        let value = value.to_ascii_lowercase();
        ["prefetch", "prerender", "preview", "instant"].iter().any(|word| value.contains(word))
    };
    if PURPOSES.iter().any(|name| headers.get_all(name).any(says_prefetch)) {
        return AgentClass::Prefetch;
    }
    let name = headers.get("user-agent").unwrap_or_default().to_ascii_lowercase();
    let known = NAMES.iter().find(|(_, parts)| parts.iter().any(|part| name.contains(part)));
    if let Some((class, _)) = known {
        return *class;
    }
    let in_parts = headers.get("range").is_some();
    let browser = name.starts_with("mozilla/") && ENGINES.iter().any(|engine| name.contains(engine))
        || name.starts_with("opera/");
    match (browser, method) {
        // No person's browser asks for the head of a page alone. A download program that hides behind a browser's name
        // does, before it asks for parts; only its parts tell.
        (true, Method::Head) if !in_parts => AgentClass::MailScanner,
        (true, _) => AgentClass::Browser,
        (false, _) if in_parts => AgentClass::DownloadManager,
        (false, _) => AgentClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As they call themselves in the wild.
    const TABLE: &[(AgentClass, &str)] = &[
        (
            AgentClass::Browser,
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        ),
        (
            AgentClass::Browser,
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
        ),
        (AgentClass::Browser, "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"),
        (
            AgentClass::Browser,
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
        ),
        (
            AgentClass::Browser,
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
        ),
        (
            AgentClass::Browser,
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
        ),
        (
            AgentClass::Browser,
            "Mozilla/5.0 (Linux; Android 11; TECNO KE5) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
        ),
        (
            AgentClass::Browser,
            "Mozilla/5.0 (Linux; U; Android 9; en-US; itel W6004) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 UCBrowser/12.13.5.1209 U3/0.8.0 Mobile Safari/534.30",
        ),
        (
            AgentClass::Browser,
            "Opera/9.80 (Android; Opera Mini/36.2.2254/191.283; U; en) Presto/2.12.423 Version/12.16",
        ),
        (AgentClass::Browser, "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"),
        (AgentClass::MailScanner, "Mozilla/5.0 (compatible; BarracudaCentral)"),
        (
            AgentClass::MailScanner,
            "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Mimecast/1.0 Safari/537.36",
        ),
        (AgentClass::MailScanner, "ppusAgent/1.0"),
        (AgentClass::MailScanner, "Microsoft Office Existence Discovery"),
        (AgentClass::MailScanner, "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"),
        (
            AgentClass::MailScanner,
            "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17126; Pro)",
        ),
        (
            AgentClass::MailScanner,
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        ),
        (AgentClass::MailScanner, "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"),
        (
            AgentClass::MailScanner,
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 ZscalerSecurity/1.0 Safari/537.36",
        ),
        (AgentClass::DownloadManager, "aria2/1.37.0"),
        (AgentClass::DownloadManager, "Axel/2.17.11 (Linux)"),
        (AgentClass::DownloadManager, "IDMan/6.42"),
        (AgentClass::DownloadManager, "Mozilla/5.0 (compatible; Internet Download Manager 6.0)"),
        (AgentClass::DownloadManager, "FDM 6.24"),
        (
            AgentClass::DownloadManager,
            "AndroidDownloadManager/13 (Linux; U; Android 13; SM-A135F Build/TP1A.220624.014)",
        ),
        (
            AgentClass::DownloadManager,
            "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Advanced Download Manager Chrome/99",
        ),
        (AgentClass::DownloadManager, "Microsoft BITS/7.8"),
        (AgentClass::DownloadManager, "uGet/2.2.3"),
        (AgentClass::CommandLine, "curl/8.11.0"),
        (AgentClass::CommandLine, "Wget/1.24.5"),
        (AgentClass::CommandLine, "HTTPie/3.2.4"),
        (
            AgentClass::CommandLine,
            "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.4522",
        ),
        (AgentClass::CommandLine, "Mozilla/5.0 (Linux; Ubuntu 24.04 LTS; en-US) PowerShell/7.4.6"),
        (AgentClass::CommandLine, "Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8"),
        (
            AgentClass::Bot,
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/131.0.0.0 Safari/537.36",
        ),
        (AgentClass::Bot, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
        (AgentClass::Bot, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
        (AgentClass::Bot, "WhatsApp/2.24.25.78 A"),
        (AgentClass::Bot, "TelegramBot (like TwitterBot)"),
        (AgentClass::Bot, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
        (
            AgentClass::Bot,
            "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
        ),
        (
            AgentClass::Bot,
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
        ),
        (AgentClass::Bot, "python-requests/2.32.3"),
        (AgentClass::Bot, "Go-http-client/2.0"),
        (AgentClass::Bot, "okhttp/4.12.0"),
        (AgentClass::Unknown, ""),
        (AgentClass::Unknown, "Mozilla/5.0"),
        (AgentClass::Unknown, "Books/1.2 CFNetwork/1568.200.51 Darwin/24.1.0"),
        (AgentClass::Unknown, "VLC/3.0.21 LibVLC/3.0.21"),
        (AgentClass::Unknown, "\u{feff}\u{1f4a3} ' OR 1=1 --"),
    ];

    fn of(method: Method, lines: &[(&str, &str)]) -> AgentClass {
        classify(method, &lines.iter().copied().collect())
    }

    #[test]
    fn what_they_call_themselves() {
        for (class, name) in TABLE {
            assert_eq!(of(Method::Get, &[("User-Agent", name)]), *class, "{name}");
            // Whoever says what it is is that, however it asks.
            if !matches!(class, AgentClass::Browser | AgentClass::Unknown) {
                for method in [Method::Head, Method::Post] {
                    let asked = of(method, &[("User-Agent", name), ("Range", "bytes=0-1")]);
                    assert_eq!(asked, *class, "{name}");
                }
            }
        }
        assert_eq!(of(Method::Get, &[]), AgentClass::Unknown, "without a name");
        let every: std::collections::BTreeSet<_> = TABLE.iter().map(|(class, _)| *class).collect();
        assert_eq!(every.len(), AgentClass::ALL.len() - 1, "all but prefetch have a name");
    }

    #[test]
    fn what_they_do() {
        let (browser, app) = (("user-agent", TABLE[0].1), ("user-agent", "Books/1.2 CFNetwork/1568"));
        let range = ("range", "bytes=100-");
        assert_eq!(of(Method::Head, &[browser]), AgentClass::MailScanner, "a browser does not ask for heads");
        assert_eq!(of(Method::Head, &[browser, range]), AgentClass::Browser);
        assert_eq!(of(Method::Post, &[browser]), AgentClass::Browser);
        assert_eq!(of(Method::Get, &[browser, range]), AgentClass::Browser, "it goes on where it broke off");
        assert_eq!(of(Method::Get, &[app, range]), AgentClass::DownloadManager);
        assert_eq!(of(Method::Get, &[range]), AgentClass::DownloadManager);
        assert_eq!(of(Method::Head, &[app]), AgentClass::Unknown);
    }

    #[test]
    fn what_nobody_asked_for() {
        let browser = ("user-agent", TABLE[0].1);
        for line in [
            ("Sec-Purpose", "prefetch"),
            ("Sec-Purpose", "prefetch;prerender"),
            ("Sec-Purpose", "prefetch;anonymous-client-ip"),
            ("Purpose", "prefetch"),
            ("Purpose", "Preview"),
            ("X-Purpose", "preview"),
            ("X-Moz", "prefetch"),
        ] {
            assert_eq!(of(Method::Get, &[browser, line]), AgentClass::Prefetch, "{line:?}");
        }
        for line in [("Sec-Purpose", ""), ("Purpose", "navigate"), ("Sec-Fetch-Purpose", "prefetch")] {
            assert_eq!(of(Method::Get, &[browser, line]), AgentClass::Browser, "{line:?}");
        }
    }
}
