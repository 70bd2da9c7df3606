-- Applying change sets: one call of mkt_commit is one round trip, for one set or for many.
--
-- Refusals are raised as SQLSTATEs of our own, so that the subtransaction of the set rolls back:
-- MK001 stale, MK002 below floor, MK003 limit reached, MK004 taken, MK005 key reused.
-- Others of our own: MK009 wrong isolation level, MK010 append-only.

-- Takes the row locks of all sets in one canonical order: table by table, within a table by key. Whoever takes
-- locks for a set takes them here first, so two calls never wait for each other in a circle.
--
-- `locks` is {"<table>": ["<key>", …]}. With `wait`, waits for each (up to lock_timeout). Without, takes what is
-- free and returns the names ("<table>:<key>") of rows that somebody else holds, so a group never stands still
-- for one of its sets. Rows that do not exist are not locked: there is nothing to wait for.
-- The first step (rows of accounts that are debited for the first time) waits in either case; nothing is held then.
CREATE FUNCTION mkt_lock(locks JSONB, wait BOOLEAN) RETURNS TEXT[] LANGUAGE plpgsql AS $$
DECLARE
    busy   TEXT[] := '{}';
    ids    UUID[];
    keys   TEXT[];
    free   UUID[];
    opened TEXT[];
BEGIN
    IF locks ? 'balances' THEN
        keys := ARRAY(SELECT jsonb_array_elements_text(locks->'balances'));
        -- The first debit of an account makes its row, here and in order, because making one is a lock, too. An
        -- account that never moved gets none: its debit will be refused.
        INSERT INTO mkt_balances (owner, kind, currency, minor)
            SELECT w.owner, w.kind, w.currency, 0 FROM (
                SELECT split_part(name, ':', 1)::UUID AS owner, split_part(name, ':', 2) COLLATE "C" AS kind,
                    split_part(name, ':', 3) COLLATE "C" AS currency FROM unnest(keys) AS n (name)) w
            WHERE NOT EXISTS (SELECT FROM mkt_balances b
                    WHERE b.owner = w.owner AND b.kind = w.kind AND b.currency = w.currency)
                AND EXISTS (SELECT FROM mkt_unfolded u
                    WHERE u.owner = w.owner AND u.kind = w.kind AND u.currency = w.currency)
            ORDER BY w.owner, w.kind, w.currency
            ON CONFLICT DO NOTHING;
        IF wait THEN
            PERFORM FROM mkt_balances b JOIN unnest(keys) AS w (name)
                ON b.owner = split_part(w.name, ':', 1)::UUID AND b.kind = split_part(w.name, ':', 2)
                AND b.currency = split_part(w.name, ':', 3)
                ORDER BY b.owner, b.kind, b.currency FOR NO KEY UPDATE OF b;
        ELSE
            opened := ARRAY(SELECT w.name FROM mkt_balances b JOIN unnest(keys) AS w (name)
                ON b.owner = split_part(w.name, ':', 1)::UUID AND b.kind = split_part(w.name, ':', 2)
                AND b.currency = split_part(w.name, ':', 3)
                FOR NO KEY UPDATE OF b SKIP LOCKED);
            IF cardinality(opened) < cardinality(keys) THEN
                busy := busy || ARRAY(SELECT 'balances:' || w.name FROM mkt_balances b JOIN unnest(keys) AS w (name)
                    ON b.owner = split_part(w.name, ':', 1)::UUID AND b.kind = split_part(w.name, ':', 2)
                    AND b.currency = split_part(w.name, ':', 3) WHERE w.name <> ALL (opened));
            END IF;
        END IF;
    END IF;
    IF locks ? 'limits' THEN
        keys := ARRAY(SELECT jsonb_array_elements_text(locks->'limits'));
        -- The first take of a limit makes its row, here and in order, for the same reason.
        INSERT INTO mkt_limits (key, used)
            SELECT w.key, 0 FROM (SELECT name COLLATE "C" AS key FROM unnest(keys) AS n (name)) w
            WHERE NOT EXISTS (SELECT FROM mkt_limits l WHERE l.key = w.key)
            ORDER BY w.key
            ON CONFLICT DO NOTHING;
        IF wait THEN
            PERFORM FROM mkt_limits WHERE key = ANY (keys) ORDER BY key FOR NO KEY UPDATE;
        ELSE
            opened := ARRAY(SELECT key FROM mkt_limits WHERE key = ANY (keys) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(opened) < cardinality(keys) THEN
                busy := busy || ARRAY(SELECT 'limits:' || key FROM mkt_limits
                    WHERE key = ANY (keys) AND key <> ALL (opened));
            END IF;
        END IF;
    END IF;
    IF locks ? 'users' THEN
        ids := ARRAY(SELECT jsonb_array_elements_text(locks->'users')::UUID);
        IF wait THEN
            PERFORM FROM mkt_users WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
        ELSE
            free := ARRAY(SELECT id FROM mkt_users WHERE id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(free) < cardinality(ids) THEN
                busy := busy || ARRAY(SELECT 'users:' || id FROM mkt_users
                    WHERE id = ANY (ids) AND id <> ALL (free));
            END IF;
        END IF;
    END IF;
    IF locks ? 'products' THEN
        ids := ARRAY(SELECT jsonb_array_elements_text(locks->'products')::UUID);
        IF wait THEN
            PERFORM FROM mkt_products WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
        ELSE
            free := ARRAY(SELECT id FROM mkt_products WHERE id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(free) < cardinality(ids) THEN
                busy := busy || ARRAY(SELECT 'products:' || id FROM mkt_products
                    WHERE id = ANY (ids) AND id <> ALL (free));
            END IF;
        END IF;
    END IF;
    IF locks ? 'uploads' THEN
        ids := ARRAY(SELECT jsonb_array_elements_text(locks->'uploads')::UUID);
        IF wait THEN
            PERFORM FROM mkt_uploads WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
        ELSE
            free := ARRAY(SELECT id FROM mkt_uploads WHERE id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(free) < cardinality(ids) THEN
                busy := busy || ARRAY(SELECT 'uploads:' || id FROM mkt_uploads
                    WHERE id = ANY (ids) AND id <> ALL (free));
            END IF;
        END IF;
    END IF;
    IF locks ? 'files' THEN
        ids := ARRAY(SELECT jsonb_array_elements_text(locks->'files')::UUID);
        IF wait THEN
            PERFORM FROM mkt_files WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
        ELSE
            free := ARRAY(SELECT id FROM mkt_files WHERE id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(free) < cardinality(ids) THEN
                busy := busy || ARRAY(SELECT 'files:' || id FROM mkt_files
                    WHERE id = ANY (ids) AND id <> ALL (free));
            END IF;
        END IF;
    END IF;
    IF locks ? 'orders' THEN
        ids := ARRAY(SELECT jsonb_array_elements_text(locks->'orders')::UUID);
        IF wait THEN
            PERFORM FROM mkt_orders WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
        ELSE
            free := ARRAY(SELECT id FROM mkt_orders WHERE id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(free) < cardinality(ids) THEN
                busy := busy || ARRAY(SELECT 'orders:' || id FROM mkt_orders
                    WHERE id = ANY (ids) AND id <> ALL (free));
            END IF;
        END IF;
    END IF;
    IF locks ? 'attempts' THEN
        keys := ARRAY(SELECT jsonb_array_elements_text(locks->'attempts'));
        IF wait THEN
            PERFORM FROM mkt_attempts WHERE reference = ANY (keys) ORDER BY reference FOR NO KEY UPDATE;
        ELSE
            opened := ARRAY(SELECT reference FROM mkt_attempts WHERE reference = ANY (keys)
                FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(opened) < cardinality(keys) THEN
                busy := busy || ARRAY(SELECT 'attempts:' || reference FROM mkt_attempts
                    WHERE reference = ANY (keys) AND reference <> ALL (opened));
            END IF;
        END IF;
    END IF;
    IF locks ? 'holds' THEN
        ids := ARRAY(SELECT jsonb_array_elements_text(locks->'holds')::UUID);
        IF wait THEN
            PERFORM FROM mkt_holds WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
        ELSE
            free := ARRAY(SELECT id FROM mkt_holds WHERE id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(free) < cardinality(ids) THEN
                busy := busy || ARRAY(SELECT 'holds:' || id FROM mkt_holds
                    WHERE id = ANY (ids) AND id <> ALL (free));
            END IF;
        END IF;
    END IF;
    IF locks ? 'entitlements' THEN
        ids := ARRAY(SELECT jsonb_array_elements_text(locks->'entitlements')::UUID);
        IF wait THEN
            PERFORM FROM mkt_entitlements WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
        ELSE
            free := ARRAY(SELECT id FROM mkt_entitlements WHERE id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(free) < cardinality(ids) THEN
                busy := busy || ARRAY(SELECT 'entitlements:' || id FROM mkt_entitlements
                    WHERE id = ANY (ids) AND id <> ALL (free));
            END IF;
        END IF;
    END IF;
    IF locks ? 'links' THEN
        ids := ARRAY(SELECT jsonb_array_elements_text(locks->'links')::UUID);
        IF wait THEN
            PERFORM FROM mkt_links WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
        ELSE
            free := ARRAY(SELECT id FROM mkt_links WHERE id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(free) < cardinality(ids) THEN
                busy := busy || ARRAY(SELECT 'links:' || id FROM mkt_links
                    WHERE id = ANY (ids) AND id <> ALL (free));
            END IF;
        END IF;
    END IF;
    IF locks ? 'notices' THEN
        keys := ARRAY(SELECT jsonb_array_elements_text(locks->'notices'));
        IF wait THEN
            PERFORM FROM mkt_notices WHERE key = ANY (keys) ORDER BY key FOR NO KEY UPDATE;
        ELSE
            opened := ARRAY(SELECT key FROM mkt_notices WHERE key = ANY (keys) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(opened) < cardinality(keys) THEN
                busy := busy || ARRAY(SELECT 'notices:' || key FROM mkt_notices
                    WHERE key = ANY (keys) AND key <> ALL (opened));
            END IF;
        END IF;
    END IF;
    IF locks ? 'reviews' THEN
        ids := ARRAY(SELECT jsonb_array_elements_text(locks->'reviews')::UUID);
        IF wait THEN
            PERFORM FROM mkt_reviews WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
        ELSE
            free := ARRAY(SELECT id FROM mkt_reviews WHERE id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(free) < cardinality(ids) THEN
                busy := busy || ARRAY(SELECT 'reviews:' || id FROM mkt_reviews
                    WHERE id = ANY (ids) AND id <> ALL (free));
            END IF;
        END IF;
    END IF;
    IF locks ? 'refunds' THEN
        ids := ARRAY(SELECT jsonb_array_elements_text(locks->'refunds')::UUID);
        IF wait THEN
            PERFORM FROM mkt_refunds WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
        ELSE
            free := ARRAY(SELECT id FROM mkt_refunds WHERE id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED);
            IF cardinality(free) < cardinality(ids) THEN
                busy := busy || ARRAY(SELECT 'refunds:' || id FROM mkt_refunds
                    WHERE id = ANY (ids) AND id <> ALL (free));
            END IF;
        END IF;
    END IF;
    RETURN busy;
END $$;

-- Takes `out_minor` (above zero) from an account with a floor. What was appended and is not folded yet is moved into
-- the balance first, in portions, until there is enough or no more: a wallet with a million credits costs no more
-- than it needs. All that is left unfolded are credits, so a balance that is not negative here is not negative
-- with them.
CREATE FUNCTION mkt_debit(of_owner UUID, of_kind TEXT, of_currency TEXT, out_minor NUMERIC) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
    have   NUMERIC;
    folded NUMERIC;
    rows   BIGINT;
BEGIN
    SELECT minor INTO have FROM mkt_balances
        WHERE owner = of_owner AND kind = of_kind AND currency = of_currency FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO mkt_balances (owner, kind, currency, minor) VALUES (of_owner, of_kind, of_currency, 0)
            ON CONFLICT DO NOTHING;
        SELECT minor INTO have FROM mkt_balances
            WHERE owner = of_owner AND kind = of_kind AND currency = of_currency FOR NO KEY UPDATE;
    END IF;
    LOOP
        WITH moved AS (
            DELETE FROM mkt_unfolded WHERE owner = of_owner AND kind = of_kind AND currency = of_currency
                AND entry_id = ANY (ARRAY(SELECT entry_id FROM mkt_unfolded
                    WHERE owner = of_owner AND kind = of_kind AND currency = of_currency
                    ORDER BY entry_id LIMIT 5000))
            RETURNING minor)
        SELECT coalesce(sum(minor), 0), count(*) INTO folded, rows FROM moved;
        have := have + folded;
        EXIT WHEN have >= out_minor;
        IF rows = 0 THEN
            RAISE SQLSTATE 'MK002';
        END IF;
    END LOOP;
    UPDATE mkt_balances SET minor = (have - out_minor)::BIGINT
        WHERE owner = of_owner AND kind = of_kind AND currency = of_currency;
END $$;

-- Posts an entry: {"row": …, "lines": [{"owner", "kind", "currency", "minor", "floored"}]}. Credits only append.
CREATE FUNCTION mkt_post(change JSONB) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    entry UUID := (change->'row'->>'id')::UUID;
    debit RECORD;
BEGIN
    INSERT INTO mkt_entries (id, kind, cause, order_id, posted_at)
        SELECT id, kind, cause, order_id, posted_at
        FROM jsonb_populate_record(NULL::mkt_entries, change->'row');
    INSERT INTO mkt_lines (entry_id, owner, kind, currency, minor)
        SELECT entry, owner, kind, currency, minor
        FROM jsonb_to_recordset(change->'lines') AS l (owner UUID, kind TEXT, currency TEXT, minor BIGINT);
    INSERT INTO mkt_unfolded (owner, kind, currency, entry_id, minor)
        SELECT owner, kind, currency, entry, minor
        FROM jsonb_to_recordset(change->'lines')
            AS l (owner UUID, kind TEXT, currency TEXT, minor BIGINT, floored BOOLEAN)
        WHERE owner IS NOT NULL AND (minor > 0 OR NOT floored);
    IF (change->>'debits')::BOOLEAN THEN
        FOR debit IN SELECT owner, kind, currency, minor
            FROM jsonb_to_recordset(change->'lines')
                AS l (owner UUID, kind TEXT, currency TEXT, minor BIGINT, floored BOOLEAN)
            WHERE floored AND minor < 0 ORDER BY owner, kind COLLATE "C", currency COLLATE "C"
        LOOP
            PERFORM mkt_debit(debit.owner, debit.kind, debit.currency, -debit.minor::NUMERIC);
        END LOOP;
    END IF;
END $$;

-- Applies one change, or raises why not.
CREATE FUNCTION mkt_apply(change JSONB) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    op    TEXT := change->>'op';
    units BIGINT;
    cap   BIGINT;
BEGIN
    CASE op
    WHEN 'enqueue' THEN
        -- The unique columns are the id, and the name while the job is live.
        INSERT INTO mkt_jobs (id, kind, payload, subject, unique_name, run_at, created_at, state, attempts, fence)
            SELECT id, kind, (change->>'payload')::JSON, subject, unique_name, run_at, created_at, 'ready', 0, 0
            FROM jsonb_populate_record(NULL::mkt_jobs, change->'row')
            ON CONFLICT DO NOTHING;
        IF NOT FOUND AND EXISTS (SELECT FROM mkt_jobs WHERE id = (change->'row'->>'id')::UUID) THEN
            RAISE SQLSTATE 'MK004';
        END IF;
    WHEN 'insert_order' THEN
        INSERT INTO mkt_orders (id, user_id, email, phone, state, total_minor, total_currency, locale, token_nonce, token,
                created_at, paid_at, version)
            SELECT id, user_id, email, phone, state, total_minor, total_currency, locale, token_nonce, token,
                created_at, paid_at, version
            FROM jsonb_populate_record(NULL::mkt_orders, change->'row');
        INSERT INTO mkt_order_lines (id, order_id, position, product_id, creator_id, title, price_minor, fee_minor,
                currency, fee_rate)
            SELECT id, order_id, position, product_id, creator_id, title, price_minor, fee_minor, currency, fee_rate
            FROM jsonb_populate_recordset(NULL::mkt_order_lines, change->'lines');
    WHEN 'insert_attempt' THEN
        INSERT INTO mkt_attempts (reference, order_id, amount_minor, amount_currency, state, gateway, mode,
                authorization_url, gateway_id, fee_minor, fee_currency, created_at, paid_at, version)
            SELECT reference, order_id, amount_minor, amount_currency, state, gateway, mode,
                authorization_url, gateway_id, fee_minor, fee_currency, created_at, paid_at, version
            FROM jsonb_populate_record(NULL::mkt_attempts, change->'row');
    WHEN 'advance_order' THEN
        UPDATE mkt_orders SET state = change->>'to', version = version + 1,
                paid_at = coalesce(paid_at, (change->>'paid_at')::BIGINT)
            WHERE id = (change->>'id')::UUID AND version = (change->>'seen')::BIGINT;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    WHEN 'advance_attempt' THEN
        UPDATE mkt_attempts a SET amount_minor = r.amount_minor, amount_currency = r.amount_currency,
                state = r.state, gateway = r.gateway, mode = r.mode, authorization_url = r.authorization_url,
                gateway_id = r.gateway_id, fee_minor = r.fee_minor, fee_currency = r.fee_currency,
                paid_at = r.paid_at, version = a.version + 1
            FROM jsonb_populate_record(NULL::mkt_attempts, change->'row') r
            WHERE a.reference = change->'row'->>'reference' AND a.version = (change->>'seen')::BIGINT;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    WHEN 'post' THEN
        PERFORM mkt_post(change);
    WHEN 'insert_hold' THEN
        INSERT INTO mkt_holds (id, creator_id, order_id, amount_minor, amount_currency, reason, releases_at,
                released_at)
            SELECT id, creator_id, order_id, amount_minor, amount_currency, reason, releases_at, released_at
            FROM jsonb_populate_record(NULL::mkt_holds, change->'row');
    WHEN 'release_hold' THEN
        UPDATE mkt_holds SET released_at = (change->>'at')::BIGINT
            WHERE id = (change->>'id')::UUID AND released_at IS NULL;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    WHEN 'grant' THEN
        INSERT INTO mkt_entitlements (id, order_id, line_id, product_id, user_id, email, state, granted_at,
                revoked_at, revoke_reason, version)
            SELECT r.id, r.order_id, r.line_id, r.product_id, r.user_id, r.email, r.state, r.granted_at, r.revoked_at,
                r.revoke_reason, r.version
            FROM jsonb_populate_record(NULL::mkt_entitlements, change->'row') r
            JOIN mkt_order_lines l ON l.id = r.line_id AND l.order_id = r.order_id AND l.product_id = r.product_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a right without its order line' USING ERRCODE = '23503', CONSTRAINT = 'mkt_entitlements';
        END IF;
    WHEN 'revoke' THEN
        UPDATE mkt_entitlements SET state = 'revoked', revoked_at = (change->>'at')::BIGINT,
                revoke_reason = change->>'reason', version = version + 1
            WHERE id = (change->>'id')::UUID AND version = (change->>'seen')::BIGINT;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    WHEN 'issue_link' THEN
        INSERT INTO mkt_links (id, entitlement_id, file_id, nonce, token, created_at, expires_at, claimed_at)
            SELECT id, entitlement_id, file_id, nonce, token, created_at, expires_at, claimed_at
            FROM jsonb_populate_record(NULL::mkt_links, change->'row');
    WHEN 'claim_link' THEN
        UPDATE mkt_links SET claimed_at = (change->>'at')::BIGINT
            WHERE id = (change->>'id')::UUID AND claimed_at IS NULL;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
        INSERT INTO mkt_download_sessions (id, link_id, entitlement_id, version_id, file_id, nonce, token,
                created_at, expires_at)
            SELECT id, link_id, entitlement_id, version_id, file_id, nonce, token, created_at, expires_at
            FROM jsonb_populate_record(NULL::mkt_download_sessions, change->'row');
    WHEN 'take' THEN
        -- Giving back is never refused, also where the cap was lowered below what is used.
        units := (change->>'units')::BIGINT;
        cap := (change->>'cap')::BIGINT;
        INSERT INTO mkt_limits AS l (key, used)
            SELECT change->>'key', greatest(0, units) WHERE units <= 0 OR units <= cap
            ON CONFLICT (key) DO UPDATE SET used = greatest(0, l.used + units)
                WHERE units <= 0 OR l.used::NUMERIC + units <= cap;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK003'; END IF;
    WHEN 'insert_notice' THEN
        INSERT INTO mkt_notices (key, gateway, body, claim_kind, claim_reference, claim_mode, claim_minor, claim_currency,
                received_at, outcome, closed_at)
            SELECT key, gateway, body, claim_kind, claim_reference, claim_mode, claim_minor, claim_currency, received_at,
                outcome, closed_at
            FROM jsonb_populate_record(NULL::mkt_notices, change->'row');
    WHEN 'close_notice' THEN
        UPDATE mkt_notices SET outcome = change->>'outcome', closed_at = (change->>'at')::BIGINT
            WHERE key = change->>'key' AND closed_at IS NULL;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    WHEN 'open_review' THEN
        INSERT INTO mkt_reviews (id, reason, reference, order_id, expected_minor, expected_currency, found_minor,
                found_currency, opened_at)
            SELECT id, reason, reference, order_id, expected_minor, expected_currency, found_minor, found_currency,
                opened_at
            FROM jsonb_populate_record(NULL::mkt_reviews, change->'row')
            ON CONFLICT DO NOTHING;
        IF NOT FOUND AND EXISTS (SELECT FROM mkt_reviews WHERE id = (change->'row'->>'id')::UUID) THEN
            RAISE SQLSTATE 'MK004';
        END IF;
    WHEN 'close_review' THEN
        UPDATE mkt_reviews SET decision = change->>'decision', closed_by = change->>'by', closed_why = change->>'why',
                closed_at = (change->>'at')::BIGINT
            WHERE id = (change->>'id')::UUID AND closed_at IS NULL;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    WHEN 'insert_refund' THEN
        INSERT INTO mkt_refunds (id, reference, order_id, amount_minor, amount_currency, status, gateway_id, asked_at, reason, requested_by,
                requested_at, ended_at, version)
            SELECT id, reference, order_id, amount_minor, amount_currency, status, gateway_id, asked_at, reason, requested_by,
                requested_at, ended_at, version
            FROM jsonb_populate_record(NULL::mkt_refunds, change->'row');
    WHEN 'advance_refund' THEN
        UPDATE mkt_refunds f SET status = r.status, gateway_id = r.gateway_id, asked_at = r.asked_at,
                ended_at = r.ended_at, version = f.version + 1
            FROM jsonb_populate_record(NULL::mkt_refunds, change->'row') r
            WHERE f.id = (change->'row'->>'id')::UUID AND f.version = (change->>'seen')::BIGINT;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    WHEN 'insert_user' THEN
        INSERT INTO mkt_users (id, email, password, display_name, role, email_verified, suspended_at, created_at,
                version)
            SELECT id, email, password, display_name, role, email_verified, suspended_at, created_at, version
            FROM jsonb_populate_record(NULL::mkt_users, change->'row');
    WHEN 'update_user' THEN
        UPDATE mkt_users u SET email = r.email, password = r.password, display_name = r.display_name,
                role = r.role, email_verified = r.email_verified, suspended_at = r.suspended_at,
                version = u.version + 1
            FROM jsonb_populate_record(NULL::mkt_users, change->'row') r
            WHERE u.id = (change->'row'->>'id')::UUID AND u.version = (change->>'seen')::BIGINT;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    WHEN 'insert_product' THEN
        INSERT INTO mkt_products (id, creator_id, slug, title, description, price_minor, price_currency, state,
                created_at, published_at, version)
            SELECT id, creator_id, slug, title, description, price_minor, price_currency, state, created_at,
                published_at, version
            FROM jsonb_populate_record(NULL::mkt_products, change->'row');
    WHEN 'update_product' THEN
        UPDATE mkt_products p SET slug = r.slug, title = r.title, description = r.description,
                price_minor = r.price_minor, price_currency = r.price_currency, state = r.state,
                published_at = r.published_at, version = p.version + 1
            FROM jsonb_populate_record(NULL::mkt_products, change->'row') r
            WHERE p.id = (change->'row'->>'id')::UUID AND p.version = (change->>'seen')::BIGINT;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    WHEN 'insert_file' THEN
        -- The upload ends first: of two commits that make it a file, one finds it ready.
        UPDATE mkt_uploads SET state = 'ready'
            WHERE id = (change->>'upload')::UUID AND state IN ('open', 'checking');
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
        INSERT INTO mkt_files (id, product_id, name, created_at, removed_at)
            SELECT id, product_id, name, created_at, removed_at
            FROM jsonb_populate_record(NULL::mkt_files, change->'row');
        INSERT INTO mkt_file_versions (id, file_id, object, size, content_type, digest, created_at)
            SELECT id, file_id, object, size, content_type, digest, created_at
            FROM jsonb_populate_record(NULL::mkt_file_versions, change->'version');
    WHEN 'advance_upload' THEN
        UPDATE mkt_uploads SET state = change->>'to', refusal = change->>'refusal',
                expires_at = (change->>'expires_at')::BIGINT
            WHERE id = (change->>'id')::UUID AND state = change->>'seen';
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    WHEN 'remove_file' THEN
        UPDATE mkt_files SET removed_at = (change->>'at')::BIGINT
            WHERE id = (change->>'id')::UUID AND removed_at IS NULL;
        IF NOT FOUND THEN RAISE SQLSTATE 'MK001'; END IF;
    ELSE
        RAISE EXCEPTION 'unknown change %', op USING ERRCODE = 'MK011';
    END CASE;
END $$;

-- Applies whole change sets, each in a subtransaction of its own, and answers for each, in their order:
-- 'applied', 'replayed', 'busy' (not tried: somebody holds its rows; send it alone), or an SQLSTATE, the
-- constraint (or '-') and the message. A set that is not 'applied' has left nothing behind.
--
-- `sets` is [{"decision": …, "changes": […], "locks": ["<table>:<key>", …]}], sorted by decision key so that two
-- calls with common keys wait in one direction only. `locks` are the same locks, by table. READ COMMITTED, in which
-- each statement sees what was committed before it, is what makes "lock, then look" right; under REPEATABLE READ
-- the look would be older than the lock.
--
-- lock_timeout is a clause of the function, so it holds on every connection. statement_timeout as a clause would do
-- nothing: its clock is set when the statement begins. It is set per connection or transaction.
CREATE FUNCTION mkt_commit(sets JSONB, locks JSONB, wait BOOLEAN) RETURNS TEXT[] LANGUAGE plpgsql
SET lock_timeout = '2s' SET search_path FROM CURRENT AS $$
DECLARE
    outcomes TEXT[] := '{}';
    busy     TEXT[] := '{}';
    one      JSONB;
    change   JSONB;
    outcome  TEXT;
    failed   TEXT;
    broke    TEXT;
    reason   TEXT;
BEGIN
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
        RAISE EXCEPTION 'money is not moved under repeatable read' USING ERRCODE = 'MK009';
    END IF;
    IF locks <> '{}' THEN
        busy := mkt_lock(locks, wait);
    END IF;
    FOR one IN SELECT value FROM jsonb_array_elements(sets) LOOP
        IF cardinality(busy) > 0 AND one->'locks' ?| busy THEN
            outcomes := outcomes || 'busy'::TEXT;
            CONTINUE;
        END IF;
        BEGIN
            INSERT INTO mkt_decisions (key, name, input_hash, subject, actor, decided_at, events)
                SELECT key, name, input_hash, subject, actor, decided_at, events
                FROM jsonb_populate_record(NULL::mkt_decisions, one->'decision')
                ON CONFLICT (key) DO NOTHING;
            IF FOUND THEN
                INSERT INTO mkt_untold (key) SELECT one->'decision'->>'key'
                    WHERE one->'decision'->>'events' IS NOT NULL;
                FOR change IN SELECT value FROM jsonb_array_elements(one->'changes') LOOP
                    PERFORM mkt_apply(change);
                END LOOP;
                outcome := 'applied';
            ELSIF EXISTS (SELECT FROM mkt_decisions WHERE key = one->'decision'->>'key'
                AND input_hash = (one->'decision'->>'input_hash')::BYTEA) THEN
                outcome := 'replayed';
            ELSE
                RAISE SQLSTATE 'MK005';
            END IF;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS failed = RETURNED_SQLSTATE, broke = CONSTRAINT_NAME, reason = MESSAGE_TEXT;
            -- A server that only reads will read only for every set: the whole call fails.
            IF failed = '25006' THEN RAISE; END IF;
            outcome := concat_ws(' ', failed, coalesce(nullif(broke, ''), '-'), reason);
        END;
        outcomes := outcomes || outcome;
    END LOOP;
    RETURN outcomes;
END $$;

-- Numbers the first `most` of what happened and has no number yet, in the order of its places, and answers how many they
-- were. One at a time: what the second one finds when its turn has come is what was committed since. The lock is nobody
-- else's, so that no work on the tables waits for it.
CREATE FUNCTION mkt_number_events(most BIGINT) RETURNS BIGINT LANGUAGE plpgsql
SET lock_timeout = '2s' SET search_path FROM CURRENT AS $$
DECLARE
    numbered BIGINT;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('mkt_events', 0));
    WITH told AS (
        DELETE FROM mkt_untold WHERE place = ANY (ARRAY(SELECT place FROM mkt_untold ORDER BY place LIMIT most))
        RETURNING place, key)
    INSERT INTO mkt_events (number, key)
        SELECT (SELECT coalesce(max(number), 0) FROM mkt_events) + row_number() OVER (ORDER BY place), key FROM told;
    GET DIAGNOSTICS numbered = ROW_COUNT;
    RETURN numbered;
END $$;

-- Asks to run a request under a key; see the port for what the words mean.
CREATE FUNCTION mkt_begin_answer(of_scope BYTEA, input BYTEA, new_serial UUID, present BIGINT, new_lease BIGINT,
    new_expiry BIGINT, OUT word TEXT, OUT of_serial UUID, OUT of_fence BIGINT, OUT until BIGINT, OUT of_status INTEGER,
    OUT of_body BYTEA) LANGUAGE plpgsql AS $$
DECLARE
    known mkt_answers;
BEGIN
    LOOP
        INSERT INTO mkt_answers (scope, input_hash, serial, state, fence, lease_until, expires_at)
            VALUES (of_scope, input, new_serial, 'running', nextval('mkt_answer_fence'), new_lease, new_expiry)
            ON CONFLICT (scope) DO NOTHING RETURNING fence INTO of_fence;
        IF FOUND THEN
            word := 'run';
            of_serial := new_serial;
            RETURN;
        END IF;
        SELECT * INTO known FROM mkt_answers WHERE scope = of_scope FOR UPDATE;
        -- It may have been forgotten between the two statements.
        EXIT WHEN FOUND;
    END LOOP;
    IF known.expires_at <= present THEN
        UPDATE mkt_answers SET input_hash = input, serial = new_serial, state = 'running',
                fence = nextval('mkt_answer_fence'), lease_until = new_lease, expires_at = new_expiry,
                status = NULL, body = NULL
            WHERE scope = of_scope RETURNING fence INTO of_fence;
        word := 'run';
        of_serial := new_serial;
    ELSIF known.input_hash <> input THEN
        word := 'reused';
    ELSIF known.state = 'kept' THEN
        word := 'answered';
        of_status := known.status;
        of_body := known.body;
    ELSIF known.state = 'running' AND known.lease_until > present THEN
        word := 'running';
        until := known.lease_until;
    ELSE
        -- The next run of the same use: its serial and its expiry stay.
        UPDATE mkt_answers SET state = 'running', fence = nextval('mkt_answer_fence'), lease_until = new_lease
            WHERE scope = of_scope RETURNING fence INTO of_fence;
        word := 'run';
        of_serial := known.serial;
    END IF;
END $$;

-- Appends links if they follow the stored ones. Of two sealers one finds the number taken.
CREATE FUNCTION mkt_append_seals(numbers BIGINT[], entries UUID[], hashes BYTEA[]) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
DECLARE
    last BIGINT;
BEGIN
    SELECT coalesce(max(number), 0) INTO last FROM mkt_seals;
    IF EXISTS (SELECT FROM unnest(numbers) WITH ORDINALITY AS given (number, place) WHERE number <> last + place) THEN
        RETURN FALSE;
    END IF;
    INSERT INTO mkt_seals (number, entry_id, hash) SELECT * FROM unnest(numbers, entries, hashes);
    DELETE FROM mkt_unsealed WHERE entry_id = ANY (entries);
    RETURN TRUE;
EXCEPTION WHEN unique_violation THEN
    RETURN FALSE;
END $$;

-- Ends the statement that applies plain sets together where something in it is not as expected: nothing of it stays,
-- and its sets go one by one.
CREATE FUNCTION mkt_put_off() RETURNS TEXT[] LANGUAGE plpgsql AS $$
BEGIN
    RAISE SQLSTATE 'MK001';
END $$;
