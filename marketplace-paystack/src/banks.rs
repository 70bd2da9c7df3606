//! The banks and keepers of mobile money that can be paid to.
//!
//! Guarantees: only houses that take transfers, are active and not deleted, in the currency that was asked
//! for; each once, and two that share a code both; codes are texts, with their leading zeros and letters.
//!
//! Does not: keep the list. Hosts ask seldom; Paystack changes it without notice.
//!
//! Called by: `payouts`.

use crate::{
    client::Paystack,
    failure::Effect,
    listing::skipped,
    wire::{self, Field},
};
use marketplace_core::{
    money::Currency,
    payment::{GatewayError, Institution, InstitutionKind},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// As many rows as Paystack gives on a page of this list.
const ROWS: &str = "100";

/// Pages that are read at the most; the longest list has some hundred rows.
const MOST_PAGES: usize = 50;

/// How the list goes on. By marks where Paystack gives them, else by numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    Mark(String),
    Number(u64),
    Nothing,
}

impl Paystack {
    /// The houses of a currency, whole.
    pub(crate) async fn banks(&self, currency: Currency) -> Result<Vec<Institution>, GatewayError> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let mut query = vec![("currency", currency.code()), ("use_cursor", "true"), ("perPage", ROWS)];
            query.extend(next.as_ref().map(|(name, value): &(&'static str, String)| (*name, value.as_str())));
            let answer = self.get_page(&["bank"], &query).await?;
            let Value::Array(rows) = answer.data else {
                return Err(Effect::Reads.unread("data"));
            };
            // Where the page is not obeyed the same rows come again, and the list is whole.
            let fresh: Vec<&Value> = rows.iter().filter(|row| seen.insert(row.to_string())).collect();
            let houses = fresh.iter().filter_map(|row| house(row).unwrap_or_else(|field| unread(row, field)));
            found.extend(houses.filter(|house| house.currency == currency));
            next = match (fresh.is_empty(), following(&answer.meta)) {
                (true, _) | (_, Next::Nothing) => return Ok(found),
                (_, Next::Mark(mark)) => Some(("next", mark)),
                (_, Next::Number(page)) => Some(("page", page.to_string())),
            };
        }
        Err(Effect::Reads.unread("meta.next"))
    }
}

fn following(meta: &Value) -> Next {
    // The end is `null`, and was seen as the word.
    if let Some(mark) = wire::text(meta, "next").filter(|mark| *mark != "null") {
        return Next::Mark(mark.to_owned());
    }
    match (wire::number(meta, "page"), wire::number(meta, "pageCount")) {
        (Field::Is(page), Field::Is(pages)) if page < pages => Next::Number(page.saturating_add(1)),
        _ => Next::Nothing,
    }
}

fn unread(row: &Value, field: &'static str) -> Option<Institution> {
    skipped(row, field);
    None
}

/// A row, `None` if it cannot be paid to, or the field that cannot be read.
fn house(row: &Value) -> Result<Option<Institution>, &'static str> {
    let is = |name| wire::flag(row, name).unwrap_or(false);
    if !is("supports_transfer") || !is("active") || is("is_deleted") {
        return Ok(None);
    }
    let kind = match wire::text(row, "type") {
        Some("nuban" | "ghipss" | "ghipps" | "kepss" | "basa") => InstitutionKind::Bank,
        Some("mobile_money") => InstitutionKind::MobileMoney,
        // Tills and paybills.
        Some("mobile_money_business") => return Ok(None),
        _ => return Err("type"),
    };
    Ok(Some(Institution {
        code: wire::text(row, "code").ok_or("code")?.to_owned(),
        name: wire::text(row, "name").ok_or("name")?.to_owned(),
        kind,
        currency: wire::currency(row).ok_or("currency")?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(changes: &Value) -> Value {
        let mut row = json!({
            "id": 27, "name": "ALAT by WEMA", "slug": "alat-by-wema", "code": "035A", "longcode": "035150103",
            "gateway": "emandate", "pay_with_bank": false, "supports_transfer": true, "active": true,
            "country": "Nigeria", "currency": "NGN", "type": "nuban", "is_deleted": false,
            "createdAt": "2026-08-22T09:15:02.000Z"
        });
        row.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        row
    }

    fn bank() -> Institution {
        Institution {
            code: "035A".to_owned(),
            name: "ALAT by WEMA".to_owned(),
            kind: InstitutionKind::Bank,
            currency: Currency::NGN,
        }
    }

    #[test]
    fn houses_that_take_transfers() {
        for changes in [
            json!({}),
            json!({"supports_transfer": 1, "active": 1, "is_deleted": 0}),
            json!({"supports_transfer": "true", "active": "1", "is_deleted": null}),
            json!({"is_deleted": {}, "gateway": null, "longcode": 0, "pay_with_bank": "x"}),
        ] {
            assert_eq!(house(&row(&changes)), Ok(Some(bank())), "{changes}");
        }
        for changes in [
            json!({"supports_transfer": false}),
            json!({"supports_transfer": 0}),
            json!({"supports_transfer": null}),
            json!({"active": false}),
            json!({"active": null}),
            json!({"is_deleted": true}),
            json!({"is_deleted": 1}),
            json!({"type": "mobile_money_business"}),
        ] {
            assert_eq!(house(&row(&changes)), Ok(None), "{changes}");
        }
    }

    #[test]
    fn kinds_and_codes_are_as_they_are_told() {
        for (kind, expected) in [
            ("ghipss", InstitutionKind::Bank),
            ("ghipps", InstitutionKind::Bank),
            ("kepss", InstitutionKind::Bank),
            ("basa", InstitutionKind::Bank),
            ("mobile_money", InstitutionKind::MobileMoney),
        ] {
            assert_eq!(house(&row(&json!({"type": kind}))).unwrap().unwrap().kind, expected, "{kind}");
        }
        assert_eq!(house(&row(&json!({"code": "044"}))).unwrap().unwrap().code, "044");
        for (field, value) in [
            ("code", json!(44)),
            ("code", json!("")),
            ("name", json!(null)),
            ("type", json!("wallet")),
            ("currency", json!("naira")),
        ] {
            assert_eq!(house(&row(&json!({field: value}))), Err(field), "{field} {value}");
        }
    }

    #[test]
    fn the_list_goes_on_by_marks_or_by_numbers() {
        for (meta, expected) in [
            (
                json!({"next": "YmFuazoxNjk=", "previous": null, "perPage": 100}),
                Next::Mark("YmFuazoxNjk=".to_owned()),
            ),
            (json!({"next": null, "previous": "null"}), Next::Nothing),
            (json!({"next": "null"}), Next::Nothing),
            (json!({"next": "", "page": 1, "pageCount": 1}), Next::Nothing),
            (json!({"page": 1, "pageCount": "3"}), Next::Number(2)),
            (json!({"page": 3, "pageCount": 3}), Next::Nothing),
            (json!({}), Next::Nothing),
            (json!(null), Next::Nothing),
        ] {
            assert_eq!(following(&meta), expected, "{meta}");
        }
    }
}
