-- What creators sold: kept sums over the entries in the chain, for series over time. And sealing, which keeps them, and
-- folds credits into balances.
--
-- A row is all that a creator sold in a currency up to the end of a quarter of an hour, since ever. So what was sold
-- between two times is the difference of two rows, each found by one step in the index, however much was sold between
-- them and in whatever zone the times are midnights. There is a row for each quarter in which something was sold.
--
-- Rows are written only by mkt_append_seals: an entry is added in the transaction that takes it from mkt_unsealed, so
-- it is always either there or here, also if it was committed long after later ones. Nothing of this is on the way of
-- a settlement. NUMERIC, because all sales together may be more than fits one amount.
CREATE TABLE mkt_earnings (
    creator_id UUID    NOT NULL,
    currency   TEXT    COLLATE "C" NOT NULL,
    quarter    BIGINT  NOT NULL CHECK (quarter % 900000000 = 0),
    gross      NUMERIC NOT NULL,
    fees       NUMERIC NOT NULL,
    refunds    NUMERIC NOT NULL,
    orders     BIGINT  NOT NULL,
    PRIMARY KEY (creator_id, currency, quarter)
) WITH (fillfactor = 70);

-- In which quarters of an hour a product was sold, by the ids of the entries: so that a list of the sales of one
-- product does not walk through those of all others.
CREATE TABLE mkt_sold_in (
    product_id UUID NOT NULL,
    low        UUID NOT NULL,
    high       UUID NOT NULL,
    PRIMARY KEY (product_id, low)
);

-- The beginning of the quarter of an hour that a time is in, also before 1970.
CREATE FUNCTION mkt_quarter(at BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE
    RETURN at - ((at % 900000000) + 900000000) % 900000000;

-- The first id of a time: ids are UUIDv7, whose first six bytes are milliseconds.
CREATE FUNCTION mkt_first_id(at BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE
    RETURN (lpad(to_hex(greatest(at, 0) / 1000), 12, '0') || '00000000000000000000')::UUID;

-- What each entry says of each creator and currency that it moves: the prices of the creator's lines in the order, and
-- as fees what of them did not arrive. Without such lines, what arrived. A kind of entry that is not named here says
-- nothing; refunds will be one. The laterals make it a walk along indexes, from however few entries are asked for.
CREATE VIEW mkt_facts AS
    SELECT e.id AS entry_id, e.order_id, l.owner AS creator_id, l.currency, e.posted_at,
        coalesce(o.gross, l.net) AS gross, coalesce(o.gross, l.net) - l.net AS fees, 0::NUMERIC AS refunds,
        1::BIGINT AS orders
    FROM mkt_entries e
    CROSS JOIN LATERAL (SELECT owner, currency, sum(minor) AS net FROM mkt_lines
        WHERE entry_id = e.id AND owner IS NOT NULL GROUP BY owner, currency) l
    LEFT JOIN LATERAL (SELECT sum(price_minor) AS gross FROM mkt_order_lines o
        WHERE o.order_id = e.order_id AND o.creator_id = l.owner AND o.currency = l.currency) o ON TRUE
    WHERE e.kind = 'sale';

-- Adds entries to the sums. Sealers are one at a time (the number of a seal is unique), so nobody else writes here.
--
-- Statements of a function are planned once per connection, maybe while a table is still empty, and then a join may begin
-- with the table. So here each statement looks up one key, or is held to its order by OFFSET 0.
CREATE FUNCTION mkt_fold(entries UUID[]) RETURNS VOID LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    fact  RECORD;
    after BIGINT;
BEGIN
    FOR fact IN
        SELECT creator_id, currency, mkt_quarter(posted_at) AS quarter, sum(gross) AS gross, sum(fees) AS fees,
            sum(refunds) AS refunds, sum(orders)::BIGINT AS orders
        FROM mkt_facts WHERE entry_id = ANY (entries) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    LOOP
        -- A new quarter begins with what stands before it.
        INSERT INTO mkt_earnings (creator_id, currency, quarter, gross, fees, refunds, orders)
            SELECT fact.creator_id, fact.currency, fact.quarter, coalesce(b.gross, 0) + fact.gross,
                coalesce(b.fees, 0) + fact.fees, coalesce(b.refunds, 0) + fact.refunds,
                coalesce(b.orders, 0) + fact.orders
            FROM (VALUES (1)) one LEFT JOIN LATERAL (SELECT gross, fees, refunds, orders FROM mkt_earnings e
                WHERE e.creator_id = fact.creator_id AND e.currency = fact.currency COLLATE "C"
                    AND e.quarter < fact.quarter ORDER BY e.quarter DESC LIMIT 1) b ON TRUE
            ON CONFLICT DO NOTHING;
        after := CASE WHEN FOUND THEN fact.quarter + 1 ELSE fact.quarter END;
        -- And what is new counts in all after it: none, but for entries that come late.
        UPDATE mkt_earnings e SET gross = e.gross + fact.gross, fees = e.fees + fact.fees,
                refunds = e.refunds + fact.refunds, orders = e.orders + fact.orders
            WHERE e.creator_id = fact.creator_id AND e.currency = fact.currency COLLATE "C" AND e.quarter >= after;
    END LOOP;
    INSERT INTO mkt_sold_in (product_id, low, high)
        SELECT DISTINCT l.product_id, mkt_first_id(e.quarter), mkt_first_id(e.quarter + 900000000)
        FROM unnest(entries) AS g (id)
        CROSS JOIN LATERAL (SELECT order_id, mkt_quarter(('x' || left(replace(id::TEXT, '-', ''), 12))::BIT(48)::BIGINT
            * 1000) AS quarter FROM mkt_entries e WHERE e.id = g.id AND e.kind = 'sale' OFFSET 0) e
        CROSS JOIN LATERAL (SELECT product_id FROM mkt_order_lines l WHERE l.order_id = e.order_id OFFSET 0) l
        ON CONFLICT DO NOTHING;
END $$;

-- The accounts with a floor that these entries credit.
CREATE FUNCTION mkt_credited(entries UUID[]) RETURNS TABLE (owner UUID, kind TEXT, currency TEXT) LANGUAGE sql STABLE
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
    SELECT DISTINCT l.owner, l.kind, l.currency FROM unnest(entries) AS g (id)
        CROSS JOIN LATERAL (SELECT owner, kind, currency FROM mkt_lines WHERE entry_id = g.id AND owner IS NOT NULL
            AND minor > 0 AND kind IN ('creator_pending', 'creator_available', 'creator_reserved',
                'creator_in_payout') OFFSET 0) l
$$;

-- Makes the rows that mkt_fold_credits will add to, as mkt_lock makes them: in the same order. In a transaction of its
-- own, because making a row is a lock for which a group of sets would wait. Where somebody else is just making one, makes
-- none: it waits for nobody, so it is no link of a circle.
CREATE FUNCTION mkt_open_balances(entries UUID[]) RETURNS VOID LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET lock_timeout = '10ms' AS $$
BEGIN
    INSERT INTO mkt_balances (owner, kind, currency, minor)
        SELECT a.owner, a.kind, a.currency, 0 FROM mkt_credited(entries) a
        WHERE (SELECT TRUE FROM mkt_balances b WHERE b.owner = a.owner AND b.kind = a.kind
            AND b.currency = a.currency LIMIT 1) IS NULL
        ORDER BY a.owner, a.kind COLLATE "C", a.currency COLLATE "C"
        ON CONFLICT DO NOTHING;
EXCEPTION WHEN lock_not_available THEN
    NULL;
END $$;

-- Moves the credits of accounts that these entries credit into their balances, so that what a wallet's read adds up is
-- what is not chained yet, also for a creator who is never debited.
--
-- Locks an account's row, then looks, then moves with DELETE ... RETURNING, as mkt_debit does: whatever is there belongs
-- to the holder of the row, so a credit is moved once, by one of both, and there is no watermark that a late one could
-- miss. Waits for nobody: an account that somebody holds (a debit, which moves its credits itself), or that has no row
-- yet, is passed by, and its next sealing moves what was left. No settlement touches these rows.
CREATE FUNCTION mkt_fold_credits(entries UUID[]) RETURNS VOID LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    -- As many of an account as the entries can have added, or more: nothing piles up, and a large pile does not stop the
    -- chain.
    most       CONSTANT BIGINT := greatest(5000, cardinality(entries));
    largest    CONSTANT NUMERIC := 9223372036854775807;
    owners     UUID[];
    kinds      TEXT[];
    currencies TEXT[];
    balances   BIGINT[];
    account    RECORD;
BEGIN
    SELECT array_agg(owner), array_agg(kind), array_agg(currency), array_agg(minor)
        INTO owners, kinds, currencies, balances
        FROM mkt_credited(entries) a CROSS JOIN LATERAL (SELECT minor FROM mkt_balances b
            WHERE b.owner = a.owner AND b.kind = a.kind AND b.currency = a.currency
            FOR NO KEY UPDATE SKIP LOCKED) held;
    -- A statement of its own, which sees what was committed before the locks. What does not fit a balance stays where it
    -- is. By place in the table, which cannot change between two parts of a statement, because a join may begin with the
    -- table.
    FOR account IN
        WITH moved AS (
            DELETE FROM mkt_unfolded WHERE ctid = ANY (ARRAY(
                SELECT o.place FROM unnest(owners, kinds, currencies, balances) AS h (owner, kind, currency, minor)
                CROSS JOIN LATERAL (SELECT u.ctid AS place,
                        sum(u.minor) OVER (ORDER BY u.entry_id ROWS UNBOUNDED PRECEDING) AS upto
                    FROM mkt_unfolded u WHERE u.owner = h.owner AND u.kind = h.kind AND u.currency = h.currency
                    ORDER BY u.entry_id LIMIT most) o
                WHERE h.minor + o.upto <= largest))
            RETURNING owner, kind, currency, minor)
        SELECT owner, kind, currency, sum(minor)::BIGINT AS minor FROM moved GROUP BY owner, kind, currency
    LOOP
        UPDATE mkt_balances b SET minor = b.minor + account.minor WHERE b.owner = account.owner
            AND b.kind = account.kind AND b.currency = account.currency;
    END LOOP;
END $$;

-- Appends links if they follow the stored ones, adds their entries to the sums, and folds their credits. Of two sealers
-- one finds the number taken. Balances come last, because debits wait for them.
CREATE OR REPLACE FUNCTION mkt_append_seals(numbers BIGINT[], entries UUID[], hashes BYTEA[]) RETURNS BOOLEAN
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    last BIGINT;
BEGIN
    SELECT coalesce(max(number), 0) INTO last FROM mkt_seals;
    IF EXISTS (SELECT FROM unnest(numbers) WITH ORDINALITY AS given (number, place) WHERE number <> last + place) THEN
        RETURN FALSE;
    END IF;
    INSERT INTO mkt_seals (number, entry_id, hash) SELECT * FROM unnest(numbers, entries, hashes);
    DELETE FROM mkt_unsealed WHERE entry_id = ANY (entries);
    PERFORM mkt_fold(entries);
    PERFORM mkt_fold_credits(entries);
    RETURN TRUE;
EXCEPTION WHEN unique_violation THEN
    RETURN FALSE;
END $$;

-- The sales of a creator, newest first, `most` entries of them, one row per line of the creator in their orders; for
-- ids from `low` up to `below`, of one product or of all. Goes back along the creator's lines in portions, so a page
-- costs by what stands on it: a plan that is free to choose reads whole tables once they are large. For one product it
-- leaps over what is chained outside of the product's own quarters. STABLE: all statements see one moment.
CREATE FUNCTION mkt_sold(of_creator UUID, of_product UUID, low UUID, below UUID, since BIGINT, until BIGINT, most BIGINT)
RETURNS TABLE (id UUID, order_id UUID, state TEXT, email TEXT, posted_at BIGINT, earned_minor BIGINT,
    total_currency TEXT, "position" BIGINT, product_id UUID, title TEXT, price_minor BIGINT, fee_minor BIGINT,
    currency TEXT) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    portion CONSTANT INTEGER := 64;
    wanted  BIGINT := most;
    upto    UUID := below;
    bottom  UUID := low;
    tail    UUID := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
    window_low  UUID;
    window_high UUID;
    ids     UUID[];
    found_ids UUID[];
BEGIN
    IF of_product IS NOT NULL THEN
        tail := coalesce((SELECT entry_id FROM mkt_unsealed ORDER BY entry_id LIMIT 1), tail);
    END IF;
    WHILE wanted > 0 AND upto > low LOOP
        IF of_product IS NOT NULL THEN
            bottom := greatest(low, tail);
            IF upto <= tail THEN
                SELECT w.low, w.high INTO window_low, window_high FROM mkt_sold_in w
                    WHERE w.product_id = of_product AND w.low < upto ORDER BY w.low DESC LIMIT 1;
                EXIT WHEN window_low IS NULL OR window_high <= low;
                bottom := greatest(low, window_low);
                upto := least(upto, window_high);
            END IF;
        END IF;
        ids := ARRAY(SELECT DISTINCT l.entry_id FROM mkt_lines l
            WHERE l.owner = of_creator AND l.entry_id >= bottom AND l.entry_id < upto
            ORDER BY l.entry_id DESC LIMIT 64);
        found_ids := ARRAY(SELECT e.id FROM mkt_entries e
            WHERE e.id = ANY (ids) AND e.kind = 'sale' AND e.posted_at >= since AND e.posted_at < until
                AND (SELECT TRUE FROM mkt_order_lines o WHERE o.order_id = e.order_id AND o.creator_id = of_creator
                    AND (of_product IS NULL OR o.product_id = of_product) LIMIT 1)
            ORDER BY e.id DESC LIMIT wanted);
        RETURN QUERY SELECT g.id, e.order_id, o.state, o.email, e.posted_at,
                (SELECT sum(m.minor)::BIGINT FROM mkt_lines m WHERE m.entry_id = g.id AND m.owner = of_creator
                    AND m.currency = o.total_currency COLLATE "C"),
                o.total_currency, l.position, l.product_id, l.title, l.price_minor, l.fee_minor, l.currency
            FROM unnest(found_ids) WITH ORDINALITY AS g (id, place)
            CROSS JOIN LATERAL (SELECT * FROM mkt_entries e WHERE e.id = g.id OFFSET 0) e
            CROSS JOIN LATERAL (SELECT * FROM mkt_orders o WHERE o.id = e.order_id OFFSET 0) o
            CROSS JOIN LATERAL (SELECT * FROM mkt_order_lines l
                WHERE l.order_id = e.order_id AND l.creator_id = of_creator OFFSET 0) l
            ORDER BY g.place, l.position;
        wanted := wanted - cardinality(found_ids);
        upto := CASE WHEN cardinality(ids) < portion THEN bottom ELSE ids[portion] END;
    END LOOP;
END $$;
