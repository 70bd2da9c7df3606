-- Applying many plain change sets at once: one statement per table instead of one per row, which is what makes
-- the money path fast. `mkt_commit` remains the whole truth about change sets; this is a shortcut through it for
-- sets of the kinds that sales consist of, and it is taken whole or not at all.
--
-- A set is plain if the result does not depend on the order of its changes: it debits no account with a floor, and
-- leaves nothing out. What a set is refused for shows here as a row too few (a guard, a lock of somebody else) or
-- as an error (a unique key): then everything is taken back, the answer is NULL, and the caller sends the sets to
-- `mkt_commit`, which gives each its own outcome. So here a set is only ever applied, found to be applied, or put off.
--
-- Columns of a table stand in arrays of one length, or are NULL when it gets no row. No two sets have one key.
-- Answers like `mkt_commit`, by set: 'applied', 'replayed', 'MK005', and 'again' for the others of a call that met one
-- of the latter two: nothing of them was written.
--
-- The statements of this function are planned once per connection, maybe when a table is still empty. So that no plan
-- reads a whole table, no sequential scan is allowed, and every table that is looked up stands under a condition
-- with the array of its keys: joined with the arrays alone, it could be walked through along its index.
CREATE FUNCTION mkt_commit_bulk(
    decision_key TEXT[], decision_name TEXT[], decision_hash BYTEA[], decision_subject TEXT[], decision_actor TEXT[],
    decision_at BIGINT[],
    notice_key TEXT[], notice_gateway TEXT[], notice_body BYTEA[], notice_reference TEXT[], notice_mode TEXT[],
    notice_minor BIGINT[], notice_currency TEXT[], notice_at BIGINT[],
    close_key TEXT[], close_outcome TEXT[], close_at BIGINT[],
    job_id UUID[], job_kind TEXT[], job_payload TEXT[], job_subject TEXT[], job_run_at BIGINT[],
    job_at BIGINT[],
    order_id UUID[], order_seen BIGINT[], order_to TEXT[], order_paid_at BIGINT[],
    attempt_reference TEXT[], attempt_seen BIGINT[], attempt_minor BIGINT[], attempt_currency TEXT[],
    attempt_state TEXT[], attempt_gateway TEXT[], attempt_mode TEXT[], attempt_url TEXT[], attempt_gateway_id TEXT[],
    attempt_fee_minor BIGINT[], attempt_fee_currency TEXT[], attempt_paid_at BIGINT[],
    entry_id UUID[], entry_kind TEXT[], entry_cause TEXT[], entry_order UUID[], entry_at BIGINT[],
    line_entry UUID[], line_owner UUID[], line_kind TEXT[], line_currency TEXT[], line_minor BIGINT[],
    hold_id UUID[], hold_creator UUID[], hold_order UUID[], hold_minor BIGINT[], hold_currency TEXT[],
    hold_reason TEXT[], hold_releases_at BIGINT[],
    grant_id UUID[], grant_order UUID[], grant_line UUID[], grant_product UUID[], grant_user UUID[],
    grant_email TEXT[], grant_at BIGINT[]
) RETURNS TEXT[] LANGUAGE plpgsql
SET lock_timeout = '2s' SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    outcomes TEXT[] := array_fill('applied'::TEXT, ARRAY[cardinality(decision_key)]);
    known    RECORD;
    met      BOOLEAN := FALSE;
    changed  BIGINT;
BEGIN
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
        RAISE EXCEPTION 'money is not moved under repeatable read' USING ERRCODE = 'MK009';
    END IF;
    FOR known IN
        SELECT g.place, d.input_hash = g.hash AS same
        FROM unnest(decision_key, decision_hash) WITH ORDINALITY AS g (key, hash, place)
        JOIN mkt_decisions d ON d.key = g.key AND d.key = ANY (decision_key)
    LOOP
        IF NOT met THEN
            met := TRUE;
            outcomes := array_fill('again'::TEXT, ARRAY[cardinality(decision_key)]);
        END IF;
        outcomes[known.place] := CASE WHEN known.same THEN 'replayed' ELSE 'MK005' END;
    END LOOP;
    IF met THEN
        RETURN outcomes;
    END IF;
    BEGIN
        -- All locks first, in the order of `mkt_lock`, and none that somebody else holds.
        IF order_id IS NOT NULL THEN
            PERFORM FROM mkt_orders WHERE id = ANY (order_id) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED;
            GET DIAGNOSTICS changed = ROW_COUNT;
            IF changed <> cardinality(order_id) THEN RAISE SQLSTATE 'MK001'; END IF;
        END IF;
        IF attempt_reference IS NOT NULL THEN
            PERFORM FROM mkt_attempts WHERE reference = ANY (attempt_reference)
                ORDER BY reference FOR NO KEY UPDATE SKIP LOCKED;
            GET DIAGNOSTICS changed = ROW_COUNT;
            IF changed <> cardinality(attempt_reference) THEN RAISE SQLSTATE 'MK001'; END IF;
        END IF;
        IF close_key IS NOT NULL THEN
            PERFORM FROM mkt_notices WHERE key = ANY (close_key) ORDER BY key FOR NO KEY UPDATE SKIP LOCKED;
            GET DIAGNOSTICS changed = ROW_COUNT;
            IF changed <> cardinality(close_key) THEN RAISE SQLSTATE 'MK001'; END IF;
        END IF;

        INSERT INTO mkt_decisions (key, name, input_hash, subject, actor, decided_at)
            SELECT * FROM unnest(decision_key, decision_name, decision_hash, decision_subject, decision_actor,
                decision_at);
        IF order_id IS NOT NULL THEN
            UPDATE mkt_orders o SET state = g.state, version = o.version + 1, paid_at = coalesce(o.paid_at, g.paid_at)
                FROM unnest(order_id, order_seen, order_to, order_paid_at) AS g (id, seen, state, paid_at)
                WHERE o.id = ANY (order_id) AND o.id = g.id AND o.version = g.seen;
            GET DIAGNOSTICS changed = ROW_COUNT;
            IF changed <> cardinality(order_id) THEN RAISE SQLSTATE 'MK001'; END IF;
        END IF;
        IF attempt_reference IS NOT NULL THEN
            UPDATE mkt_attempts a SET amount_minor = g.minor, amount_currency = g.currency, state = g.state,
                    gateway = g.gateway, mode = g.mode, authorization_url = g.url, gateway_id = g.gateway_id,
                    fee_minor = g.fee_minor, fee_currency = g.fee_currency, paid_at = g.paid_at,
                    version = a.version + 1
                FROM unnest(attempt_reference, attempt_seen, attempt_minor, attempt_currency, attempt_state,
                    attempt_gateway, attempt_mode, attempt_url, attempt_gateway_id, attempt_fee_minor,
                    attempt_fee_currency, attempt_paid_at)
                    AS g (reference, seen, minor, currency, state, gateway, mode, url, gateway_id, fee_minor,
                        fee_currency, paid_at)
                WHERE a.reference = ANY (attempt_reference) AND a.reference = g.reference AND a.version = g.seen;
            GET DIAGNOSTICS changed = ROW_COUNT;
            IF changed <> cardinality(attempt_reference) THEN RAISE SQLSTATE 'MK001'; END IF;
        END IF;
        IF close_key IS NOT NULL THEN
            UPDATE mkt_notices n SET outcome = g.outcome, closed_at = g.at
                FROM unnest(close_key, close_outcome, close_at) AS g (key, outcome, at)
                WHERE n.key = ANY (close_key) AND n.key = g.key AND n.closed_at IS NULL;
            GET DIAGNOSTICS changed = ROW_COUNT;
            IF changed <> cardinality(close_key) THEN RAISE SQLSTATE 'MK001'; END IF;
        END IF;
        IF notice_key IS NOT NULL THEN
            INSERT INTO mkt_notices (key, gateway, body, claim_reference, claim_mode, claim_minor, claim_currency,
                    received_at)
                SELECT * FROM unnest(notice_key, notice_gateway, notice_body, notice_reference, notice_mode,
                    notice_minor, notice_currency, notice_at);
        END IF;
        IF entry_id IS NOT NULL THEN
            INSERT INTO mkt_entries (id, kind, cause, order_id, posted_at)
                SELECT * FROM unnest(entry_id, entry_kind, entry_cause, entry_order, entry_at);
            INSERT INTO mkt_lines (entry_id, owner, kind, currency, minor)
                SELECT * FROM unnest(line_entry, line_owner, line_kind, line_currency, line_minor);
            INSERT INTO mkt_unfolded (owner, kind, currency, entry_id, minor)
                SELECT g.owner, g.kind, g.currency, g.entry, g.minor
                FROM unnest(line_entry, line_owner, line_kind, line_currency, line_minor)
                    AS g (entry, owner, kind, currency, minor)
                WHERE g.owner IS NOT NULL;
        END IF;
        IF hold_id IS NOT NULL THEN
            INSERT INTO mkt_holds (id, creator_id, order_id, amount_minor, amount_currency, reason, releases_at)
                SELECT * FROM unnest(hold_id, hold_creator, hold_order, hold_minor, hold_currency, hold_reason,
                    hold_releases_at);
        END IF;
        IF grant_id IS NOT NULL THEN
            INSERT INTO mkt_entitlements (id, order_id, line_id, product_id, user_id, email, granted_at, state, version)
                SELECT g.id, g.order_id, g.line_id, g.product_id, g.user_id, g.email, g.at, 'active', 1
                FROM unnest(grant_id, grant_order, grant_line, grant_product, grant_user, grant_email, grant_at)
                    AS g (id, order_id, line_id, product_id, user_id, email, at)
                JOIN mkt_order_lines l ON l.id = ANY (grant_line) AND l.id = g.line_id AND l.order_id = g.order_id
                    AND l.product_id = g.product_id;
            GET DIAGNOSTICS changed = ROW_COUNT;
            IF changed <> cardinality(grant_id) THEN RAISE SQLSTATE '23503'; END IF;
        END IF;
        IF job_id IS NOT NULL THEN
            INSERT INTO mkt_jobs (id, kind, payload, subject, run_at, created_at, state, attempts, fence)
                SELECT g.id, g.kind, g.payload::JSON, g.subject, g.run_at, g.at, 'ready', 0, 0
                FROM unnest(job_id, job_kind, job_payload, job_subject, job_run_at, job_at)
                    AS g (id, kind, payload, subject, run_at, at);
        END IF;
    EXCEPTION WHEN OTHERS THEN
        RETURN NULL;
    END;
    RETURN outcomes;
END $$;
