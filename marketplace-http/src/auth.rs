//! Who calls.
//!
//! Guarantees: a token that is sent is alive or the answer is 401, also on public routes; the token of an
//! order opens that order alone, and only on routes made for it; a wrong role is 403, and neither is told
//! apart from the other by anything that depends on the thing asked for. Whom the host vouches for is that
//! user and nobody else, whatever the headers say.
//!
//! Does not: decide whose a thing is (handlers do, and answer 404).
//!
//! Called by: the dispatch.

use crate::{headers::Headers, problem::Problem, route::Who};
use marketplace_core::{
    Actor,
    id::Token,
    identity::{IdentityError, Role, User},
    market::Marketplace,
    order::Order,
};

/// Who calls, as proved.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// Nobody in particular.
    Nobody,
    /// A user, and the token that proves it; no token if the host vouches.
    User(Box<User>, Option<Token>),
    /// The holder of an order's token.
    Order(Box<Order>),
}

impl Caller {
    /// The user.
    pub(crate) fn user(&self) -> Result<&User, Problem> {
        match self {
            Self::User(user, _) => Ok(user),
            Self::Nobody | Self::Order(_) => Err(Problem::unauthenticated()),
        }
    }

    /// Whether this is the order's buyer.
    pub(crate) fn owns(&self, order: &Order) -> bool {
        match self {
            Self::Nobody => false,
            Self::User(user, _) => order.buyer.user == Some(user.id),
            Self::Order(own) => own.id == order.id,
        }
    }

    /// Under which name decisions are noted.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::User(user, _) => Actor::User(user.id),
            Self::Nobody | Self::Order(_) => Actor::Guest,
        }
    }
}

/// Finds out who calls, and whether they may call a route of `who`.
pub(crate) async fn admit(
    market: &Marketplace,
    headers: &Headers,
    actor: Option<Actor>,
    who: Who,
) -> Result<Caller, Problem> {
    if who == Who::Open {
        return Ok(Caller::Nobody);
    }
    let caller = match actor {
        Some(actor) => vouched(market, actor).await?,
        None => match bearer(headers)? {
            None => Caller::Nobody,
            Some(token) => identify(market, token, who).await?,
        },
    };
    match (who, &caller) {
        (Who::Open | Who::Public, _) | (Who::OrderOrSignedIn, Caller::User(..) | Caller::Order(_)) => {
            Ok(caller)
        }
        (Who::SignedIn, Caller::User(..)) => Ok(caller),
        (Who::Creator, Caller::User(user, _)) if user.role == Role::Creator => Ok(caller),
        (Who::Admin, Caller::User(user, _)) if user.role == Role::Admin => Ok(caller),
        (_, Caller::User(..)) => Err(Problem::forbidden()),
        (_, Caller::Nobody | Caller::Order(_)) => Err(Problem::unauthenticated()),
    }
}

/// Whom the host vouches for, unless it is suspended here.
async fn vouched(market: &Marketplace, actor: Actor) -> Result<Caller, Problem> {
    let id = match actor {
        Actor::Guest => return Ok(Caller::Nobody),
        Actor::User(id) | Actor::Operator(id) => id,
        Actor::Gateway | Actor::System => return Err(Problem::unauthenticated()),
    };
    let user = market.identity().users.user(id).await.map_err(IdentityError::from)?;
    let user = user.filter(|user| user.suspended_at.is_none()).ok_or_else(Problem::unauthenticated)?;
    Ok(Caller::User(Box::new(user), None))
}

async fn identify(market: &Marketplace, token: Token, who: Who) -> Result<Caller, Problem> {
    if let Some(user) = market.identity().authenticate(&token).await? {
        return Ok(Caller::User(Box::new(user), Some(token)));
    }
    if who == Who::OrderOrSignedIn
        && let Some(order) = market.checkout().by_token(&token).await?
    {
        return Ok(Caller::Order(Box::new(order)));
    }
    Err(Problem::unauthenticated())
}

/// The token of `Authorization: Bearer …`.
fn bearer(headers: &Headers) -> Result<Option<Token>, Problem> {
    let given = headers.single("authorization").map_err(|_| Problem::unauthenticated())?;
    let Some(given) = given else { return Ok(None) };
    let (scheme, token) = given.trim().split_once(' ').ok_or_else(Problem::unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::unauthenticated());
    }
    token.trim().parse().map(Some).map_err(|_| Problem::unauthenticated())
}

/// The value of a cookie; the first one, if several have the name.
pub(crate) fn cookie<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    let mut pairs = headers.get_all("cookie").flat_map(|line| line.split(';'));
    pairs.find_map(|pair| {
        let (given, value) = pair.trim().split_once('=')?;
        (given == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_bearer_token_counts() {
        let token = "A".repeat(43);
        let read = |lines: &[String]| {
            let headers: Headers = lines.iter().map(|line| ("authorization", line.as_str())).collect();
            bearer(&headers).map(|token| token.is_some()).map_err(|problem| problem.status())
        };
        assert_eq!(read(&[]), Ok(false));
        assert_eq!(read(&[format!("Bearer {token}")]), Ok(true));
        assert_eq!(read(&[format!("bearer  {token} ")]), Ok(true));
        for wrong in ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer x", "Bearer eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(read(&[wrong.to_owned()]), Err(401), "{wrong}");
        }
        assert_eq!(read(&[format!("Bearer {token}"), format!("Bearer {token}")]), Err(401));
    }

    #[test]
    fn cookies_are_told_apart_by_whole_names() {
        let headers: Headers =
            [("cookie", "a=1; xmkt_order=2"), ("cookie", "mkt_order=3;b")].into_iter().collect();
        assert_eq!(cookie(&headers, "mkt_order"), Some("3"));
        assert_eq!(cookie(&headers, "b"), None);
    }
}
