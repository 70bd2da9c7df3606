-- The tables of the marketplace. All names begin with mkt_, so they live beside a host's own tables.
--
-- Conventions: ids are UUIDs and sort by time; money is a BIGINT of minor units beside a TEXT currency; times are
-- BIGINT microseconds since 1970 in UTC; hashes and nonces are BYTEA; enums are TEXT words. Words that this schema
-- itself decides on (states, in indexes and functions) carry a CHECK. Text that is compared or sorted by code is of
-- collation "C", so that every database sorts it alike.

-- Decisions: every commit writes one. The key makes sending a set again harmless.
CREATE TABLE mkt_decisions (
    key        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    input_hash BYTEA  NOT NULL CHECK (octet_length(input_hash) = 32),
    subject    TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    decided_at BIGINT NOT NULL,
    events     TEXT
);

-- The feed of decisions that hosts want to hear of, and those that have no number in it yet. A later decision of one
-- subject is made when the earlier one is committed, so its place in the tail is behind it.
CREATE TABLE mkt_events (
    number BIGINT NOT NULL PRIMARY KEY CHECK (number >= 1),
    key    TEXT COLLATE "C" NOT NULL
);
CREATE TABLE mkt_untold (
    place BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE mkt_users (
    id             UUID    NOT NULL PRIMARY KEY,
    email          TEXT COLLATE "C" NOT NULL UNIQUE,
    password       TEXT,
    display_name   TEXT    NOT NULL,
    role           TEXT    NOT NULL,
    email_verified BOOLEAN NOT NULL,
    suspended_at   BIGINT,
    created_at     BIGINT  NOT NULL,
    version        BIGINT  NOT NULL CHECK (version >= 1)
);

CREATE TABLE mkt_sessions (
    id         UUID   NOT NULL PRIMARY KEY,
    user_id    UUID   NOT NULL REFERENCES mkt_users (id),
    token      BYTEA  NOT NULL UNIQUE CHECK (octet_length(token) = 32),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT
);
CREATE INDEX mkt_sessions_by_user ON mkt_sessions (user_id) WHERE ended_at IS NULL;

CREATE TABLE mkt_products (
    id             UUID   NOT NULL PRIMARY KEY,
    creator_id     UUID   NOT NULL REFERENCES mkt_users (id),
    slug           TEXT COLLATE "C" NOT NULL UNIQUE,
    title          TEXT   NOT NULL,
    description    TEXT   NOT NULL,
    price_minor    BIGINT NOT NULL CHECK (price_minor >= 0),
    price_currency TEXT   NOT NULL,
    state          TEXT   NOT NULL CHECK (state IN ('draft', 'published', 'archived')),
    created_at     BIGINT NOT NULL,
    published_at   BIGINT,
    version        BIGINT NOT NULL CHECK (version >= 1)
);
CREATE INDEX mkt_products_by_creator ON mkt_products (creator_id, id);
CREATE INDEX mkt_products_published ON mkt_products (id) WHERE state = 'published';

CREATE TABLE mkt_files (
    id         UUID   NOT NULL PRIMARY KEY,
    product_id UUID   NOT NULL REFERENCES mkt_products (id),
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE INDEX mkt_files_by_product ON mkt_files (product_id, id);

CREATE TABLE mkt_file_versions (
    id           UUID   NOT NULL PRIMARY KEY,
    file_id      UUID   NOT NULL REFERENCES mkt_files (id),
    object       TEXT   NOT NULL,
    size         BIGINT NOT NULL CHECK (size >= 0),
    content_type TEXT   NOT NULL,
    digest       BYTEA  NOT NULL CHECK (octet_length(digest) = 32),
    created_at   BIGINT NOT NULL
);
CREATE INDEX mkt_file_versions_by_file ON mkt_file_versions (file_id, id);

-- The row of an upload that is over stays, so that opening it once more cannot bring it back to life.
CREATE TABLE mkt_uploads (
    id           UUID    NOT NULL PRIMARY KEY,
    product_id   UUID    NOT NULL REFERENCES mkt_products (id),
    creator_id   UUID    NOT NULL REFERENCES mkt_users (id),
    object       TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    refusal      TEXT,
    -- What was announced of one whose bytes go to the file store directly; of others nothing.
    name         TEXT,
    size         BIGINT  CHECK (size >= 0),
    content_type TEXT,
    digest       BYTEA   CHECK (octet_length(digest) = 32),
    part_size    BIGINT  CHECK (part_size >= 0),
    tag          TEXT,
    nonce        BYTEA   CHECK (octet_length(nonce) = 16),
    token        BYTEA   UNIQUE CHECK (octet_length(token) = 32),
    created_at   BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL,
    -- Nothing of it is left in the file store.
    swept        BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX mkt_uploads_stale ON mkt_uploads (expires_at) WHERE NOT swept AND state <> 'ready';
CREATE INDEX mkt_uploads_open ON mkt_uploads (creator_id) WHERE state IN ('open', 'checking') AND name IS NOT NULL;
CREATE INDEX mkt_uploads_checking ON mkt_uploads (product_id) WHERE state = 'checking';

CREATE TABLE mkt_orders (
    id             UUID   NOT NULL PRIMARY KEY,
    user_id        UUID   REFERENCES mkt_users (id),
    email          TEXT   NOT NULL,
    phone          TEXT,
    state          TEXT   NOT NULL CHECK (state IN ('pending', 'paid', 'expired', 'cancelled',
                       'partially_refunded', 'refunded', 'disputed')),
    total_minor    BIGINT NOT NULL CHECK (total_minor >= 0),
    total_currency TEXT   NOT NULL,
    locale         TEXT   NOT NULL,
    token_nonce    BYTEA  NOT NULL CHECK (octet_length(token_nonce) = 16),
    token          BYTEA  NOT NULL UNIQUE CHECK (octet_length(token) = 32),
    created_at     BIGINT NOT NULL,
    paid_at        BIGINT,
    version        BIGINT NOT NULL CHECK (version >= 1)
) WITH (fillfactor = 85);
CREATE INDEX mkt_orders_by_user ON mkt_orders (user_id, id) WHERE user_id IS NOT NULL;

-- A fee is of its price's currency, so a line has one currency.
CREATE TABLE mkt_order_lines (
    id          UUID   NOT NULL PRIMARY KEY,
    order_id    UUID   NOT NULL REFERENCES mkt_orders (id),
    position    BIGINT NOT NULL CHECK (position >= 0),
    product_id  UUID   NOT NULL REFERENCES mkt_products (id),
    creator_id  UUID   NOT NULL REFERENCES mkt_users (id),
    title       TEXT   NOT NULL,
    price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
    fee_minor   BIGINT NOT NULL CHECK (fee_minor BETWEEN 0 AND price_minor),
    currency    TEXT   NOT NULL,
    fee_rate    TEXT   NOT NULL,
    UNIQUE (order_id, position)
);

CREATE TABLE mkt_attempts (
    reference         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    order_id          UUID   NOT NULL REFERENCES mkt_orders (id),
    amount_minor      BIGINT NOT NULL CHECK (amount_minor >= 0),
    amount_currency   TEXT   NOT NULL,
    state             TEXT   NOT NULL CHECK (state IN ('initiated', 'pending', 'succeeded', 'failed', 'abandoned',
                          'needs_review', 'dismissed')),
    gateway           TEXT   NOT NULL,
    mode              TEXT   NOT NULL,
    authorization_url TEXT,
    gateway_id        TEXT,
    fee_minor         BIGINT,
    fee_currency      TEXT,
    created_at        BIGINT NOT NULL,
    paid_at           BIGINT,
    version           BIGINT NOT NULL CHECK (version >= 1),
    CHECK ((fee_minor IS NULL) = (fee_currency IS NULL))
) WITH (fillfactor = 85);
CREATE INDEX mkt_attempts_by_order ON mkt_attempts (order_id);
-- A payer can be paying on one attempt of an order only.
CREATE UNIQUE INDEX mkt_attempts_open ON mkt_attempts (order_id) WHERE state IN ('initiated', 'pending');

CREATE TABLE mkt_notices (
    key             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    gateway         TEXT   NOT NULL,
    body            BYTEA  NOT NULL,
    claim_kind      TEXT,
    claim_reference TEXT,
    claim_mode      TEXT,
    claim_minor     BIGINT,
    claim_currency  TEXT,
    received_at     BIGINT NOT NULL,
    outcome         TEXT,
    closed_at       BIGINT,
    CHECK ((claim_minor IS NULL) = (claim_currency IS NULL)),
    CHECK ((claim_kind IS NULL) = (claim_reference IS NULL)),
    CHECK (claim_reference IS NOT NULL OR (claim_mode IS NULL AND claim_minor IS NULL)),
    CHECK ((outcome IS NULL) = (closed_at IS NULL))
);

CREATE TABLE mkt_reviews (
    id                UUID   NOT NULL PRIMARY KEY,
    reason            TEXT   NOT NULL,
    reference         TEXT COLLATE "C" NOT NULL,
    order_id          UUID   REFERENCES mkt_orders (id),
    expected_minor    BIGINT,
    expected_currency TEXT,
    found_minor       BIGINT,
    found_currency    TEXT,
    opened_at         BIGINT NOT NULL,
    decision          TEXT,
    closed_by         TEXT,
    closed_why        TEXT,
    closed_at         BIGINT,
    CHECK ((expected_minor IS NULL) = (expected_currency IS NULL)),
    CHECK ((found_minor IS NULL) = (found_currency IS NULL)),
    CHECK ((decision IS NULL) = (closed_at IS NULL) AND (closed_by IS NULL) = (closed_at IS NULL)
        AND (closed_why IS NULL) = (closed_at IS NULL))
);
CREATE UNIQUE INDEX mkt_reviews_open ON mkt_reviews (reference, reason) WHERE closed_at IS NULL;
CREATE INDEX mkt_reviews_reference ON mkt_reviews (reference, id);

CREATE TABLE mkt_refunds (
    id              UUID   NOT NULL PRIMARY KEY,
    reference       TEXT COLLATE "C" NOT NULL REFERENCES mkt_attempts (reference),
    order_id        UUID   NOT NULL REFERENCES mkt_orders (id),
    amount_minor    BIGINT NOT NULL CHECK (amount_minor > 0),
    amount_currency TEXT   NOT NULL,
    status          TEXT   NOT NULL CHECK (status IN ('requested', 'processing', 'needs_details', 'done', 'failed')),
    gateway_id      TEXT,
    asked_at        BIGINT,
    reason          TEXT   NOT NULL,
    requested_by    TEXT   NOT NULL,
    requested_at    BIGINT NOT NULL,
    ended_at        BIGINT,
    version         BIGINT NOT NULL CHECK (version >= 1)
);
CREATE INDEX mkt_refunds_reference ON mkt_refunds (reference, id);
-- Of one payment one refund is under way at most.
CREATE UNIQUE INDEX mkt_refunds_open ON mkt_refunds (reference)
    WHERE status IN ('requested', 'processing', 'needs_details');

-- The journal. Entries and lines are only ever added. An account is (owner, kind); the marketplace's own accounts
-- have no owner.
CREATE TABLE mkt_entries (
    id        UUID   NOT NULL PRIMARY KEY,
    kind      TEXT   NOT NULL,
    cause     TEXT COLLATE "C" NOT NULL UNIQUE,
    order_id  UUID,
    posted_at BIGINT NOT NULL
);

-- Only ever written together with their entry, which nothing deletes: a foreign key would look for each what is known,
-- and that was a fifth of a settlement.
CREATE TABLE mkt_lines (
    entry_id UUID   NOT NULL,
    owner    UUID,
    kind     TEXT   COLLATE "C" NOT NULL,
    currency TEXT   COLLATE "C" NOT NULL,
    minor    BIGINT NOT NULL CHECK (minor <> 0)
);
CREATE INDEX mkt_lines_by_entry ON mkt_lines (entry_id);
CREATE INDEX mkt_lines_by_owner ON mkt_lines (owner, entry_id, kind, currency) INCLUDE (minor)
    WHERE owner IS NOT NULL;

-- The balance of an account that a creator owns is its row here plus the sum of its unfolded rows. Only accounts
-- with a floor are ever folded, so no row here may be negative.
CREATE TABLE mkt_balances (
    owner    UUID   NOT NULL,
    kind     TEXT   COLLATE "C" NOT NULL,
    currency TEXT   COLLATE "C" NOT NULL,
    minor    BIGINT NOT NULL CHECK (minor >= 0),
    PRIMARY KEY (owner, kind, currency)
) WITH (fillfactor = 70);

CREATE TABLE mkt_unfolded (
    owner    UUID   NOT NULL,
    kind     TEXT   COLLATE "C" NOT NULL,
    currency TEXT   COLLATE "C" NOT NULL,
    entry_id UUID   NOT NULL,
    minor    BIGINT NOT NULL,
    PRIMARY KEY (owner, kind, currency, entry_id)
);

CREATE TABLE mkt_holds (
    id              UUID   NOT NULL PRIMARY KEY,
    creator_id      UUID   NOT NULL,
    order_id        UUID   NOT NULL,
    amount_minor    BIGINT NOT NULL CHECK (amount_minor > 0),
    amount_currency TEXT   COLLATE "C" NOT NULL,
    reason          TEXT   NOT NULL,
    releases_at     BIGINT NOT NULL,
    released_at     BIGINT
);
CREATE INDEX mkt_holds_by_order ON mkt_holds (order_id, creator_id);
CREATE INDEX mkt_holds_open ON mkt_holds (creator_id, amount_currency) INCLUDE (amount_minor)
    WHERE released_at IS NULL;

-- The hash chain, and the entries that are not in it yet. No foreign key: a chain that outlives its entry is what
-- an audit must be able to find.
CREATE TABLE mkt_seals (
    number   BIGINT NOT NULL PRIMARY KEY CHECK (number >= 1),
    entry_id UUID   NOT NULL UNIQUE,
    hash     BYTEA  NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE TABLE mkt_unsealed (
    entry_id UUID NOT NULL PRIMARY KEY
);

-- By trigger, so that an entry which came in past the store stands in the tail all the same.
CREATE FUNCTION mkt_queue_entry() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO mkt_unsealed (entry_id) SELECT id FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER mkt_entries_queue AFTER INSERT ON mkt_entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION mkt_queue_entry();

-- What is written stays as it is: the database itself refuses to change it.
CREATE FUNCTION mkt_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'MK010';
END $$;
CREATE TRIGGER mkt_entries_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON mkt_entries
    FOR EACH STATEMENT EXECUTE FUNCTION mkt_append_only();
CREATE TRIGGER mkt_lines_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON mkt_lines
    FOR EACH STATEMENT EXECUTE FUNCTION mkt_append_only();
CREATE TRIGGER mkt_seals_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON mkt_seals
    FOR EACH STATEMENT EXECUTE FUNCTION mkt_append_only();
CREATE TRIGGER mkt_decisions_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON mkt_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION mkt_append_only();
CREATE TRIGGER mkt_events_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON mkt_events
    FOR EACH STATEMENT EXECUTE FUNCTION mkt_append_only();

-- The line, and that order and product are those of the line, are looked up when a right is granted. Foreign keys would
-- do less, and lock the one product that everybody buys.
CREATE TABLE mkt_entitlements (
    id            UUID   NOT NULL PRIMARY KEY,
    order_id      UUID   NOT NULL,
    line_id       UUID   NOT NULL,
    product_id    UUID   NOT NULL,
    user_id       UUID,
    email         TEXT   NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('active', 'revoked')),
    granted_at    BIGINT NOT NULL,
    revoked_at    BIGINT,
    revoke_reason TEXT,
    version       BIGINT NOT NULL CHECK (version >= 1),
    -- One per line, because a line is of one order.
    UNIQUE (order_id, line_id)
);
CREATE INDEX mkt_entitlements_by_user ON mkt_entitlements (user_id, id) WHERE user_id IS NOT NULL;

CREATE TABLE mkt_links (
    id             UUID   NOT NULL PRIMARY KEY,
    entitlement_id UUID   NOT NULL REFERENCES mkt_entitlements (id),
    file_id        UUID   NOT NULL REFERENCES mkt_files (id),
    nonce          BYTEA  NOT NULL CHECK (octet_length(nonce) = 16),
    token          BYTEA  NOT NULL UNIQUE CHECK (octet_length(token) = 32),
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    claimed_at     BIGINT
);
CREATE INDEX mkt_links_by_entitlement ON mkt_links (entitlement_id, id);

CREATE TABLE mkt_download_sessions (
    id             UUID   NOT NULL PRIMARY KEY,
    link_id        UUID   NOT NULL UNIQUE REFERENCES mkt_links (id),
    entitlement_id UUID   NOT NULL REFERENCES mkt_entitlements (id),
    version_id     UUID   NOT NULL REFERENCES mkt_file_versions (id),
    file_id        UUID   NOT NULL REFERENCES mkt_files (id),
    nonce          BYTEA  NOT NULL CHECK (octet_length(nonce) = 16),
    token          BYTEA  NOT NULL UNIQUE CHECK (octet_length(token) = 32),
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL
);

-- What came to links and to their downloads, counted: so many rows for a link as there are words, whatever comes. A row
-- is counted up in place while there is room on its page.
CREATE TABLE mkt_visits (
    link_id  UUID   NOT NULL REFERENCES mkt_links (id),
    kind     TEXT   COLLATE "C" NOT NULL,
    agent    TEXT   COLLATE "C" NOT NULL,
    result   TEXT   COLLATE "C" NOT NULL,
    count    BIGINT NOT NULL CHECK (count >= 1),
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (link_id, kind, agent, result)
) WITH (fillfactor = 70);

CREATE TABLE mkt_limits (
    key  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    used BIGINT NOT NULL CHECK (used >= 0)
) WITH (fillfactor = 70);

-- The payload is JSON, not JSONB: it comes back as it was written.
CREATE TABLE mkt_jobs (
    id           UUID    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    payload      JSON    NOT NULL,
    subject      TEXT    NOT NULL,
    unique_name  TEXT COLLATE "C",
    run_at       BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('ready', 'running', 'done', 'dead')),
    attempts     INTEGER NOT NULL CHECK (attempts >= 0),
    fence        BIGINT  NOT NULL CHECK (fence >= 0),
    leased_until BIGINT,
    last_error   TEXT,
    ended_at     BIGINT,
    CHECK ((state = 'running') = (leased_until IS NOT NULL)),
    -- A time that no reader can show must not stop the queue.
    CHECK (run_at BETWEEN -62167219200000000 AND 253402300799999999),
    CHECK (created_at BETWEEN -62167219200000000 AND 253402300799999999)
);
CREATE INDEX mkt_jobs_ready ON mkt_jobs (run_at, id) WHERE state = 'ready';
CREATE INDEX mkt_jobs_running ON mkt_jobs (leased_until) WHERE state = 'running';
CREATE INDEX mkt_jobs_dead ON mkt_jobs (id) WHERE state = 'dead';
-- For the timelines of orders; of mails alone, so that other jobs do not pay for it.
CREATE INDEX mkt_jobs_mails ON mkt_jobs (subject, id) WHERE kind LIKE 'mail.%';
CREATE UNIQUE INDEX mkt_jobs_live_name ON mkt_jobs (unique_name) WHERE state IN ('ready', 'running')
    AND unique_name IS NOT NULL;

CREATE TABLE mkt_answers (
    scope       BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(scope) = 32),
    input_hash  BYTEA  NOT NULL CHECK (octet_length(input_hash) = 32),
    serial      UUID   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('running', 'open', 'kept')),
    fence       BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    status      INTEGER,
    body        BYTEA,
    CHECK ((state = 'kept') = (status IS NOT NULL AND body IS NOT NULL))
);
CREATE INDEX mkt_answers_by_expiry ON mkt_answers (expires_at);

-- One counter for all scopes: a scope that is forgotten and used anew must not give a fence that an earlier run
-- still holds.
CREATE SEQUENCE mkt_answer_fence;
