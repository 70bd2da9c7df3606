//! The `Dockerfile`, what goes into it, and the page about deployment: what they name is there.

use marketplace_tests::{Process, program, repository};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The variables in the table of settings.
pub(crate) fn settings() -> BTreeSet<String> {
    let page = text("docs/settings.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split('|').next());
    let names = cells.flat_map(|cell| cell.split(['`', ',', ' ']).map(str::to_owned).collect::<Vec<_>>());
    let names: BTreeSet<String> = names.filter(|name| !name.is_empty()).collect();
    assert!(names.contains("DATABASE_URL") && names.contains("AWS_SECRET_ACCESS_KEY"), "{names:?}");
    names
}

/// That a variable stands in the table, itself or as the file that it comes from.
#[track_caller]
pub(crate) fn assert_setting(name: &str) {
    let known = settings();
    let own = name.strip_suffix("_FILE").unwrap_or(name);
    assert!(known.contains(own), "{name} is no setting");
}

/// The instructions of the `Dockerfile`, each on one line and without comments.
pub(crate) fn instructions() -> Vec<(String, String)> {
    let whole = text("Dockerfile");
    let lines: Vec<&str> = whole.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let split = joined.lines().filter_map(|line| line.split_once(' '));
    split.map(|(word, rest)| (word.to_owned(), rest.trim().to_owned())).collect()
}

/// The instructions of one stage, and of those that it is built on.
pub(crate) fn stage(name: &str) -> Vec<(String, String)> {
    let all = instructions();
    let ends = |rest: &str| rest.ends_with(&format!(" AS {name}"));
    let begin =
        all.iter().position(|(word, rest)| word == "FROM" && ends(rest)).expect("there is such a stage");
    let base = all[begin].1.split(' ').next().unwrap().to_owned();
    let is_stage = all.iter().any(|(word, rest)| word == "FROM" && rest.ends_with(&format!(" AS {base}")));
    let mut found = if is_stage { stage(&base) } else { Vec::new() };
    found.extend(all[begin + 1..].iter().take_while(|(word, _)| word != "FROM").cloned());
    found
}

/// The last instruction of a kind counts.
fn last<'a>(stage: &'a [(String, String)], word: &str) -> &'a str {
    let found = stage.iter().rev().find(|(own, _)| own == word);
    found.map(|(_, rest)| rest.as_str()).unwrap_or_else(|| panic!("no {word}"))
}

/// The variables that the server's image sets.
pub(crate) fn image_variables() -> BTreeMap<String, String> {
    let stage = stage("server");
    let pairs = last(&stage, "ENV").split_whitespace().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A version, so that a build next year takes what was tried.
#[track_caller]
pub(crate) fn assert_pinned(image: &str) {
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    let version = tag.trim_start_matches('v');
    assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{image} names no version");
}

#[test]
fn the_image_runs_as_nobody_in_production_and_asks_itself() {
    for name in ["server", "twin"] {
        let stage = stage(name);
        let user = last(&stage, "USER");
        let ids: Vec<u32> = user.split(':').map(|id| id.parse().expect("users are numbers")).collect();
        assert!(ids.len() == 2 && ids.iter().all(|id| *id >= 1000), "{user}");
        // As a list: through a shell, signals would not arrive.
        assert!(last(&stage, "ENTRYPOINT").starts_with("[\""));
        last(&stage, "STOPSIGNAL");
    }
    let (stage, variables) = (stage("server"), image_variables());
    variables.keys().for_each(|name| assert_setting(name));
    assert_eq!(variables["APP_ENV"], "production");
    assert_eq!(variables["HOST"], "0.0.0.0");
    assert_eq!(variables["PORT"], last(&stage, "EXPOSE"));
    assert_eq!(variables["MARKETPLACE_DATA_DIR"], last(&stage, "VOLUME"));
    let made = stage.iter().find(|(_, rest)| rest.contains("install -d")).expect("the folder is made");
    let user = last(&stage, "USER").split(':').next().unwrap();
    assert!(made.1.contains(&variables["MARKETPLACE_DATA_DIR"]) && made.1.contains(&format!("-o {user} ")));
    assert!(last(&stage, "HEALTHCHECK").ends_with("CMD [\"marketplace-server\", \"healthcheck\"]"));
    let secret = ["SECRET", "KEY", "PASSWORD", "URL", "TOKEN"];
    for (word, rest) in instructions().iter().filter(|(word, _)| word == "ENV" || word == "ARG") {
        assert!(!secret.iter().any(|part| rest.contains(part)), "{word} {rest}");
    }
}

#[test]
fn the_image_is_built_of_what_is_there() {
    let all = instructions();
    let version =
        text("Cargo.toml").lines().find_map(|line| line.strip_prefix("rust-version = ").map(str::to_owned));
    let version = version.expect("the workspace names a compiler").trim_matches('"').to_owned();
    assert!(all.contains(&("ARG".to_owned(), format!("RUST_VERSION={version}"))));
    let stages: BTreeSet<&str> = all
        .iter()
        .filter(|(word, _)| word == "FROM")
        .filter_map(|(_, rest)| rest.rsplit(' ').next())
        .collect();
    for (_, rest) in all.iter().filter(|(word, _)| word == "FROM") {
        let image = rest.split(' ').next().unwrap();
        if !stages.contains(image) {
            assert_pinned(&image.replace("${RUST_VERSION}", &version));
        }
    }
    let build = &stage("build").into_iter().find(|(_, rest)| rest.contains("cargo build")).unwrap().1;
    assert!(build.contains("cargo build --locked --release"), "{build}");
    assert!(build.contains("--bin \"${SERVER}\"") && build.contains("--bin paystack-sandbox"), "{build}");
    assert!(build.contains("--package \"example-${SERVER%-server}\" "), "{build}");
    // The programs are those that the tests drive: each is found, or this panics.
    let argument = all.iter().find_map(|(word, rest)| rest.strip_prefix("SERVER=").filter(|_| word == "ARG"));
    program(argument.expect("one server is built if none is named"));
    let comments = text("Dockerfile");
    let named: BTreeSet<&str> =
        comments.split("SERVER=").skip(1).filter_map(|rest| rest.split_whitespace().next()).collect();
    assert_eq!(named, BTreeSet::from(["actix-server", "axum-server"]));
    for server in &named {
        let package = format!("examples/{server}/Cargo.toml");
        let name = format!("name = \"example-{}\"", server.strip_suffix("-server").unwrap());
        assert!(text(&package).lines().any(|line| line == name), "{package}: {name}");
    }
    named.into_iter().chain(["paystack-sandbox"]).for_each(|name| drop(program(name)));
    let last_stage = all.iter().rfind(|(word, _)| word == "FROM").unwrap();
    assert!(last_stage.1.ends_with(" AS server"), "what is built when no stage is named");
}

#[test]
fn the_whole_workspace_goes_into_the_build_and_nothing_else() {
    let rules = text(".dockerignore");
    let rules: Vec<&str> = rules.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(rules[0], "*", "what is not named stays outside");
    let taken: Vec<&str> =
        rules[1..].iter().map(|rule| rule.strip_prefix('!').expect("only exceptions follow")).collect();
    let manifest = text("Cargo.toml");
    let members = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    for member in members.split('"').skip(1).step_by(2) {
        let first = member.split('/').next().unwrap();
        let fits = |rule: &&&str| match rule.strip_suffix('*') {
            Some(start) => first.starts_with(start),
            None => first == **rule,
        };
        assert!(taken.iter().any(|rule| fits(&rule)), "{member} stays outside");
    }
    assert!(taken.contains(&"Cargo.toml") && taken.contains(&"Cargo.lock"));
}

/// The blocks of a page that are fenced with a word, and the code inside of lines.
fn blocks(page: &str, word: &str) -> Vec<String> {
    let fence = format!("```{word}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The variables of each block of the page about deployment.
pub(crate) fn environments() -> Vec<Vec<(String, String)>> {
    let read = |block: &String| {
        let pairs = block.lines().map(|line| line.split_once('=').expect("NAME=VALUE"));
        pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
    };
    blocks(&text("docs/deploy.md"), "env").iter().map(read).collect()
}

#[test]
fn the_page_about_deployment_names_only_what_there_is() {
    let page = text("docs/deploy.md");
    for (name, _) in environments().iter().flatten() {
        assert_setting(name);
    }
    // What the servers do, in their own words.
    let help = std::process::Command::new(program("axum-server")).arg("--help").output().expect("it runs");
    let help = String::from_utf8(help.stdout).expect("text");
    let listed =
        help.split_once("Commands:").expect("there are commands").1.split_once("Options:").unwrap().0;
    let commands: BTreeSet<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains("healthcheck") && commands.contains("doctor"), "{commands:?}");
    let mut seen = BTreeSet::new();
    for program in ["`axum-server ", "`marketplace-server ", "\nmarketplace ", "… marketplace "] {
        for rest in page.split(program).skip(1) {
            let word = rest.split(|next: char| !next.is_ascii_lowercase()).next().unwrap();
            assert!(commands.contains(word), "{program}{word}");
            seen.insert(word);
        }
    }
    assert!(
        ["doctor", "migrate", "admin", "ledger", "worker", "healthcheck"]
            .iter()
            .all(|word| seen.contains(word)),
        "{seen:?}"
    );
    // Names of variables in the text.
    let elsewhere = ["NAME_FILE", "_FILE", "MARKETPLACE_", "AF_INET", "AF_INET6", "AF_UNIX"];
    for word in page.split('`').skip(1).step_by(2).flat_map(|code| code.split(['=', ' '])) {
        let shouted = word.len() > 3
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if shouted && !elsewhere.contains(&word) && word.contains('_') {
            assert_setting(word);
        }
    }
    for target in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(target.starts_with("http") || repository().join("docs").join(target).exists(), "{target}");
    }
    assert!(text("README.md").contains("docs/deploy.md"));
}

#[tokio::test]
async fn every_production_of_the_page_is_one() {
    let secrets = [
        ("APP_SECRET", "0123456789abcdef0123456789abcdef"),
        ("DATABASE_URL", "postgres://marketplace:secret@127.0.0.1/marketplace"),
        ("PAYSTACK_SECRET_KEY", "sk_live_0123456789abcdef0123456789abcdef01234567"),
        ("SMTP_URL", "smtp://user:secret@mail.example:587"),
        ("AWS_SECRET_ACCESS_KEY", "the/secret+of=it"),
    ];
    let folder = tempfile::tempdir().expect("there is room");
    let productions =
        environments().into_iter().filter(|block| block.contains(&("APP_ENV".into(), "production".into())));
    let mut seen = 0;
    for block in productions {
        let mut variables: Vec<(String, String)> = Vec::new();
        for (name, value) in block {
            match name.strip_suffix("_FILE") {
                // The files are those of another machine.
                Some(own) => {
                    let path = folder.path().join(own);
                    let secret =
                        secrets.iter().find(|(name, _)| *name == own).expect("a secret that is known").1;
                    std::fs::write(&path, secret).expect("there is room");
                    variables.push((name, path.display().to_string()));
                }
                None => variables.push((name, value)),
            }
        }
        variables.push(("PORT".to_owned(), nobody().to_string()));
        for server in ["axum-server", "actix-server"] {
            // Reads every setting, and then asks nobody but a server that is not there.
            let exit = Process::start(&program(server), &["healthcheck"], &variables, None).exit().await;
            assert!(exit.stderr.contains("not ready: nobody answers at http://127.0.0.1:"), "{exit:#?}");
            assert_eq!(exit.code, Some(1));
        }
        seen += 1;
    }
    assert_eq!(seen, 3, "a single machine, AWS, DigitalOcean");
}

/// A port at which nobody listens.
pub(crate) fn nobody() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
