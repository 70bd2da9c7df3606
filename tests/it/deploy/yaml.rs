//! As much of YAML as `compose.yaml` is written in: mappings, lists of words, and blocks of text.

/// The scalars of a document, each with the way to it. An entry of a list is called `-`.
#[derive(Debug)]
pub(crate) struct Yaml(Vec<(Vec<String>, String)>);

impl Yaml {
    /// Reads a document.
    pub(crate) fn read(text: &str) -> Self {
        let mut scalars: Vec<(Vec<String>, String)> = Vec::new();
        let mut open: Vec<(usize, String)> = Vec::new();
        let mut block = None;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let depth = line.len() - line.trim_start().len();
            if let Some(outer) = block {
                if depth > outer {
                    let (_, content) = scalars.last_mut().expect("a block has a name");
                    content.push_str(line.trim_start());
                    content.push('\n');
                    continue;
                }
                block = None;
            }
            let mut rest = line.trim();
            if rest.starts_with('#') {
                continue;
            }
            open.retain(|(at, _)| *at < depth);
            if let Some(entry) = rest.strip_prefix("- ") {
                open.push((depth, "-".to_owned()));
                rest = entry;
            }
            let way =
                |open: &[(usize, String)]| open.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
            match rest.split_once(": ").or_else(|| Some((rest.strip_suffix(':')?, ""))) {
                // An address has a colon, too, but no blank after it.
                Some((name, value)) if !name.contains(' ') => {
                    // Later names of the same entry stand two further to the right than its hyphen.
                    let own = if line.trim().starts_with("- ") { depth + 2 } else { depth };
                    open.push((own, name.to_owned()));
                    if !value.is_empty() {
                        block = (value == "|").then_some(own);
                        scalars.push((
                            way(&open),
                            if block.is_some() { String::new() } else { value.to_owned() },
                        ));
                    }
                }
                _ => scalars.push((way(&open), rest.to_owned())),
            }
        }
        Self(scalars)
    }

    /// The names that stand in a mapping, each once.
    pub(crate) fn names(&self, way: &[&str]) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.below(way).into_iter().filter_map(|(rest, _)| Some(rest.first()?.as_str())).collect();
        names.dedup();
        names
    }

    /// A scalar.
    pub(crate) fn get(&self, way: &[&str]) -> Option<&str> {
        self.below(way).into_iter().find(|(rest, _)| rest.is_empty()).map(|(_, value)| value)
    }

    /// The words of a list, in either of its forms.
    pub(crate) fn list(&self, way: &[&str]) -> Vec<&str> {
        if let Some(inline) = self.get(way) {
            let inside = inline.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).expect("a list");
            return inside.split(", ").map(|word| word.trim_matches('"')).collect();
        }
        self.below(way).into_iter().filter(|(rest, _)| *rest == ["-"]).map(|(_, value)| value).collect()
    }

    fn below(&self, way: &[&str]) -> Vec<(&[String], &str)> {
        let find = |(full, value): &'_ (Vec<String>, String)| -> bool {
            full.len() >= way.len()
                && full.iter().zip(way).all(|(own, other)| own == other)
                && !value.is_empty()
        };
        let found = self.0.iter().filter(|entry| find(entry));
        found.map(|(full, value)| (&full[way.len()..], value.as_str())).collect()
    }
}

#[test]
fn what_compose_uses_is_read() {
    let yaml = Yaml::read(
        "# words\na:\n  b:\n    build:\n      target: t\n    command:\n      - --listen\n      - 127.0.0.1:1\n    ports: [\"1:2\", \"3\"]\n\
         \x20   configs:\n      - source: s\n        target: /t\n  c:\n    x: y z\nd:\n  e: |\n    one = 1\n\n    [two]\nf:\n  g:\n",
    );
    assert_eq!(yaml.names(&[]), ["a", "d"]);
    assert_eq!(yaml.names(&["a"]), ["b", "c"]);
    assert_eq!(yaml.get(&["a", "b", "build", "target"]), Some("t"));
    assert_eq!(yaml.list(&["a", "b", "command"]), ["--listen", "127.0.0.1:1"]);
    assert_eq!(yaml.list(&["a", "b", "ports"]), ["1:2", "3"]);
    assert_eq!(yaml.get(&["a", "b", "configs", "-", "target"]), Some("/t"));
    assert_eq!(yaml.get(&["a", "c", "x"]), Some("y z"));
    assert_eq!(yaml.get(&["d", "e"]), Some("one = 1\n[two]\n"));
}
