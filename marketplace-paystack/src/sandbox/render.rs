//! The HTML of the payment page.
//!
//! Guarantees plain HTML without script that works in any browser and by curl, and that everything a client
//! sent is escaped. Decides nothing: `page` says which screen. Caller: `page`.

use super::instruments::{self, Step};
use super::record::Initialized;

/// What a payer of a known transaction sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Screen {
    /// Still to be paid.
    Choice,
    Paid,
    Declined,
    /// Left without paying, with nowhere to go.
    Left,
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;\
color:#1a2b3c;background:#f4f6f8}main{background:#fff;border-radius:8px;padding:1.5rem;\
box-shadow:0 1px 4px #0003}h1{font-size:1.25rem;margin:0 0 1rem}dl{display:grid;grid-template-columns:auto 1fr;\
gap:.25rem 1rem;overflow-wrap:anywhere}dt{color:#54677a}dd{margin:0}button{font:inherit;display:block;width:100%;\
padding:.7rem;margin:.6rem 0 0;border:1px solid #54677a;border-radius:6px;background:#fff;color:inherit;\
cursor:pointer}button.pay{background:#0a7c4a;border-color:#0a7c4a;color:#fff}.note{color:#54677a;font-size:.85rem}";

const BUTTONS: &str = r#"<button class="pay" name="outcome" value="pay">Pay</button>
<button name="outcome" value="decline">Decline</button>
<button name="outcome" value="abandon">Abandon</button>
</form>"#;

/// The instruments and the buttons.
fn choices() -> String {
    let mut form = "<form method=\"post\">\n<label>Pay with <select name=\"card\">".to_owned();
    for known in &instruments::KNOWN {
        let label = escape(known.label);
        form.push_str(&["<option value=\"", known.number, "\">", &label, "</option>"].concat());
    }
    form.push_str("</select></label>\n");
    form.push_str(BUTTONS);
    form
}

/// The next question of an instrument, with what was answered before.
pub(super) fn question(opened: &Initialized, step: &Step, known: &[(&str, &str)]) -> String {
    let mut form = "<form method=\"post\">\n".to_owned();
    for (name, value) in known {
        let (name, value) = (escape(name), escape(value));
        form.push_str(&["<input type=\"hidden\" name=\"", &name, "\" value=\"", &value, "\">\n"].concat());
    }
    let prompt = escape(step.prompt);
    let asked = format!("<label>{prompt} <input name=\"{}\" autocomplete=\"off\"></label>\n", step.field);
    document("Complete the payment", &[summary(opened), form, asked, BUTTONS.to_owned()].concat())
}

fn summary(opened: &Initialized) -> String {
    format!(
        "<dl>\n<dt>Amount</dt><dd>{}</dd>\n<dt>E-mail</dt><dd>{}</dd>\n<dt>Reference</dt><dd>{}</dd>\n</dl>\n",
        amount(opened),
        escape(&opened.email),
        escape(&opened.reference)
    )
}

fn document(title: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · test payment</title>\n\
<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{main}\n\
<p class=\"note\">Test mode: no money moves here.</p>\n</main>\n</body>\n</html>\n"
    )
}

pub(super) fn transaction(opened: &Initialized, screen: Screen, back: Option<&str>) -> String {
    let (title, text) = match screen {
        Screen::Choice => ("Complete the payment", None),
        Screen::Paid => ("Payment successful", Some("This payment is complete.")),
        Screen::Declined => (
            "Payment declined",
            Some("This attempt is final. Go back to the merchant and start a new payment to try again."),
        ),
        Screen::Left => {
            ("Payment not completed", Some("You can still pay: open this page again, or choose here."))
        }
    };
    let status = text.map_or_else(String::new, |text| format!("<p role=\"status\">{text}</p>\n"));
    let next = match (screen, back) {
        (Screen::Choice | Screen::Left, _) => choices(),
        (_, Some(back)) => format!("<p><a href=\"{}\">Return to the merchant</a></p>", escape(back)),
        (_, None) => String::new(),
    };
    let main = format!("{}{status}{next}", summary(opened));
    document(title, &main)
}

pub(super) fn unknown() -> String {
    document("No such payment", "<p>This address belongs to no payment.</p>")
}

pub(super) fn broken() -> String {
    document("Something went wrong", "<p>Nothing was charged. Try again.</p>")
}

fn amount(opened: &Initialized) -> String {
    let (units, subunits) = (opened.amount / 100, opened.amount % 100);
    format!("{} {units}.{subunits:02}", escape(&opened.currency))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn everything_with_a_meaning_is_escaped() {
        assert_eq!(
            super::escape(r#"<a href='x' title="y">&"#),
            "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;"
        );
    }
}
