//! What happened.

statements! {
    ANY_UNTOLD = "SELECT EXISTS (SELECT FROM mkt_untold) AS \"any\"";
    NUMBER_EVENTS = "SELECT mkt_number_events($1) AS numbered";
    EVENTS = "SELECT e.number, d.key, d.events, d.subject, d.actor, d.decided_at
        FROM mkt_events e JOIN mkt_decisions d ON d.key = e.key
        WHERE e.number > $1 ORDER BY e.number LIMIT $2";
    LAST_EVENT = "SELECT coalesce(max(number), 0) AS number FROM mkt_events";
}
