-- The tables of the marketplace. All names begin with mkt_, so they live beside a host's own tables.
--
-- Conventions: ids are UUIDs as 16-byte BLOBs and sort by time; money is an INTEGER of minor units beside a
-- TEXT currency; times are INTEGER microseconds since 1970 in UTC; enums are TEXT words. Words carry no CHECK:
-- SQLite cannot alter one, and the code that reads a row refuses words that it does not know.

-- Decisions: every commit writes one. The key makes sending a set again harmless.
CREATE TABLE mkt_decisions (
    key        TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    input_hash BLOB    NOT NULL CHECK (length(input_hash) = 32),
    subject    TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    decided_at INTEGER NOT NULL,
    events     TEXT
) STRICT, WITHOUT ROWID;

-- The feed of decisions that hosts want to hear of. One writes at a time and rows stay, so the next number is always above
-- those that somebody has read.
CREATE TABLE mkt_events (
    number INTEGER NOT NULL PRIMARY KEY,
    key    TEXT    NOT NULL REFERENCES mkt_decisions (key)
) STRICT;

CREATE TABLE mkt_users (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email          TEXT    NOT NULL UNIQUE,
    password       TEXT,
    display_name   TEXT    NOT NULL,
    role           TEXT    NOT NULL,
    email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    suspended_at   INTEGER,
    created_at     INTEGER NOT NULL,
    version        INTEGER NOT NULL CHECK (version >= 1)
) STRICT;

CREATE TABLE mkt_sessions (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id    BLOB    NOT NULL REFERENCES mkt_users (id),
    token      BLOB    NOT NULL UNIQUE CHECK (length(token) = 32),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;
CREATE INDEX mkt_sessions_by_user ON mkt_sessions (user_id) WHERE ended_at IS NULL;

CREATE TABLE mkt_products (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    creator_id     BLOB    NOT NULL REFERENCES mkt_users (id),
    slug           TEXT    NOT NULL UNIQUE,
    title          TEXT    NOT NULL,
    description    TEXT    NOT NULL,
    price_minor    INTEGER NOT NULL CHECK (price_minor >= 0),
    price_currency TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    published_at   INTEGER,
    version        INTEGER NOT NULL CHECK (version >= 1)
) STRICT;
CREATE INDEX mkt_products_by_creator ON mkt_products (creator_id, id);
CREATE INDEX mkt_products_published ON mkt_products (id) WHERE state = 'published';

CREATE TABLE mkt_files (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    product_id BLOB    NOT NULL REFERENCES mkt_products (id),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    removed_at INTEGER
) STRICT;
CREATE INDEX mkt_files_by_product ON mkt_files (product_id, id);

CREATE TABLE mkt_file_versions (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    file_id      BLOB    NOT NULL REFERENCES mkt_files (id),
    object       TEXT    NOT NULL,
    size         INTEGER NOT NULL CHECK (size >= 0),
    content_type TEXT    NOT NULL,
    digest       BLOB    NOT NULL CHECK (length(digest) = 32),
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX mkt_file_versions_by_file ON mkt_file_versions (file_id, created_at, id);

CREATE TABLE mkt_uploads (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    product_id   BLOB    NOT NULL REFERENCES mkt_products (id),
    creator_id   BLOB    NOT NULL REFERENCES mkt_users (id),
    object       TEXT    NOT NULL,
    -- The row of an upload that is over stays, so that opening it again does not revive it.
    state        TEXT    NOT NULL,
    refusal      TEXT,
    -- What was announced of one whose bytes go to the file store directly; of others nothing.
    name         TEXT,
    size         INTEGER CHECK (size >= 0),
    content_type TEXT,
    digest       BLOB    CHECK (length(digest) = 32),
    part_size    INTEGER CHECK (part_size >= 0),
    tag          TEXT,
    nonce        BLOB    CHECK (length(nonce) = 16),
    token        BLOB    UNIQUE CHECK (length(token) = 32),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    -- Nothing of it is left in the file store.
    swept        INTEGER NOT NULL DEFAULT 0 CHECK (swept IN (0, 1))
) STRICT;
CREATE INDEX mkt_uploads_stale ON mkt_uploads (expires_at) WHERE swept = 0 AND state <> 'ready';
CREATE INDEX mkt_uploads_open ON mkt_uploads (creator_id) WHERE state IN ('open', 'checking') AND name IS NOT NULL;
CREATE INDEX mkt_uploads_checking ON mkt_uploads (product_id) WHERE state = 'checking';

CREATE TABLE mkt_orders (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id        BLOB    REFERENCES mkt_users (id),
    email          TEXT    NOT NULL,
    phone          TEXT,
    state          TEXT    NOT NULL,
    total_minor    INTEGER NOT NULL CHECK (total_minor >= 0),
    total_currency TEXT    NOT NULL,
    locale         TEXT    NOT NULL,
    token_nonce    BLOB    NOT NULL CHECK (length(token_nonce) = 16),
    token          BLOB    NOT NULL UNIQUE CHECK (length(token) = 32),
    created_at     INTEGER NOT NULL,
    paid_at        INTEGER,
    version        INTEGER NOT NULL CHECK (version >= 1)
) STRICT;
CREATE INDEX mkt_orders_by_user ON mkt_orders (user_id, id) WHERE user_id IS NOT NULL;

-- A fee is of its price's currency, so a line has one currency.
CREATE TABLE mkt_order_lines (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    order_id    BLOB    NOT NULL REFERENCES mkt_orders (id),
    position    INTEGER NOT NULL CHECK (position >= 0),
    product_id  BLOB    NOT NULL REFERENCES mkt_products (id),
    creator_id  BLOB    NOT NULL REFERENCES mkt_users (id),
    title       TEXT    NOT NULL,
    price_minor INTEGER NOT NULL CHECK (price_minor >= 0),
    fee_minor   INTEGER NOT NULL CHECK (fee_minor BETWEEN 0 AND price_minor),
    currency    TEXT    NOT NULL,
    fee_rate    TEXT    NOT NULL,
    UNIQUE (order_id, position),
    UNIQUE (id, order_id)
) STRICT;

CREATE TABLE mkt_attempts (
    reference         TEXT    NOT NULL PRIMARY KEY,
    order_id          BLOB    NOT NULL REFERENCES mkt_orders (id),
    amount_minor      INTEGER NOT NULL CHECK (amount_minor >= 0),
    amount_currency   TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    gateway           TEXT    NOT NULL,
    mode              TEXT    NOT NULL,
    authorization_url TEXT,
    gateway_id        TEXT,
    fee_minor         INTEGER,
    fee_currency      TEXT,
    created_at        INTEGER NOT NULL,
    paid_at           INTEGER,
    version           INTEGER NOT NULL CHECK (version >= 1),
    CHECK ((fee_minor IS NULL) = (fee_currency IS NULL))
) STRICT;
CREATE INDEX mkt_attempts_by_order ON mkt_attempts (order_id, created_at, reference);
-- A payer can be paying on one attempt of an order only.
CREATE UNIQUE INDEX mkt_attempts_open ON mkt_attempts (order_id) WHERE state IN ('initiated', 'pending');

CREATE TABLE mkt_notices (
    key             TEXT    NOT NULL PRIMARY KEY,
    gateway         TEXT    NOT NULL,
    body            BLOB    NOT NULL,
    claim_kind      TEXT,
    claim_reference TEXT,
    claim_mode      TEXT,
    claim_minor     INTEGER,
    claim_currency  TEXT,
    received_at     INTEGER NOT NULL,
    outcome         TEXT,
    closed_at       INTEGER,
    CHECK ((claim_minor IS NULL) = (claim_currency IS NULL)),
    CHECK ((claim_kind IS NULL) = (claim_reference IS NULL)),
    CHECK (claim_reference IS NOT NULL OR (claim_mode IS NULL AND claim_minor IS NULL)),
    CHECK ((outcome IS NULL) = (closed_at IS NULL))
) STRICT;

CREATE TABLE mkt_reviews (
    id                BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    reason            TEXT    NOT NULL,
    reference         TEXT    NOT NULL,
    order_id          BLOB    REFERENCES mkt_orders (id),
    expected_minor    INTEGER,
    expected_currency TEXT,
    found_minor       INTEGER,
    found_currency    TEXT,
    opened_at         INTEGER NOT NULL,
    decision          TEXT,
    closed_by         TEXT,
    closed_why        TEXT,
    closed_at         INTEGER,
    CHECK ((expected_minor IS NULL) = (expected_currency IS NULL)),
    CHECK ((found_minor IS NULL) = (found_currency IS NULL)),
    CHECK ((decision IS NULL) = (closed_at IS NULL) AND (closed_by IS NULL) = (closed_at IS NULL)
        AND (closed_why IS NULL) = (closed_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX mkt_reviews_open ON mkt_reviews (reference, reason) WHERE closed_at IS NULL;
CREATE INDEX mkt_reviews_reference ON mkt_reviews (reference, id);

CREATE TABLE mkt_refunds (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    reference       TEXT    NOT NULL REFERENCES mkt_attempts (reference),
    order_id        BLOB    NOT NULL REFERENCES mkt_orders (id),
    amount_minor    INTEGER NOT NULL CHECK (amount_minor > 0),
    amount_currency TEXT    NOT NULL,
    status          TEXT    NOT NULL,
    gateway_id      TEXT,
    asked_at        INTEGER,
    reason          TEXT    NOT NULL,
    requested_by    TEXT    NOT NULL,
    requested_at    INTEGER NOT NULL,
    ended_at        INTEGER,
    version         INTEGER NOT NULL CHECK (version >= 1)
) STRICT;
CREATE INDEX mkt_refunds_reference ON mkt_refunds (reference, id);
-- Of one payment one refund is under way at most.
CREATE UNIQUE INDEX mkt_refunds_open ON mkt_refunds (reference)
    WHERE status IN ('requested', 'processing', 'needs_details');

-- The journal. Entries and lines are only ever added. An account is (owner, kind); the owner of the
-- marketplace's own accounts is the empty BLOB, because NULLs would slip through unique keys.
CREATE TABLE mkt_entries (
    id        BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind      TEXT    NOT NULL,
    cause     TEXT    NOT NULL UNIQUE,
    order_id  BLOB    REFERENCES mkt_orders (id),
    posted_at INTEGER NOT NULL
) STRICT;

CREATE TABLE mkt_lines (
    entry_id BLOB    NOT NULL REFERENCES mkt_entries (id),
    owner    BLOB    NOT NULL CHECK (length(owner) IN (0, 16)),
    kind     TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    minor    INTEGER NOT NULL CHECK (minor <> 0),
    PRIMARY KEY (entry_id, owner, kind, currency)
) STRICT, WITHOUT ROWID;
CREATE INDEX mkt_lines_by_owner ON mkt_lines (owner, entry_id, kind, currency, minor);

-- The balance of an account that a creator owns is its row here plus the sum of its unfolded rows. Only
-- accounts with a floor are ever folded, so no row here may be negative.
CREATE TABLE mkt_balances (
    owner    BLOB    NOT NULL CHECK (length(owner) = 16),
    kind     TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    minor    INTEGER NOT NULL CHECK (minor >= 0),
    PRIMARY KEY (owner, kind, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE mkt_unfolded (
    owner    BLOB    NOT NULL CHECK (length(owner) = 16),
    kind     TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    entry_id BLOB    NOT NULL REFERENCES mkt_entries (id),
    minor    INTEGER NOT NULL,
    PRIMARY KEY (owner, kind, currency, entry_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE mkt_holds (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    creator_id      BLOB    NOT NULL REFERENCES mkt_users (id),
    order_id        BLOB    NOT NULL REFERENCES mkt_orders (id),
    amount_minor    INTEGER NOT NULL CHECK (amount_minor > 0),
    amount_currency TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    releases_at     INTEGER NOT NULL,
    released_at     INTEGER
) STRICT;
CREATE INDEX mkt_holds_by_order ON mkt_holds (order_id, creator_id);
CREATE INDEX mkt_holds_open ON mkt_holds (creator_id, amount_currency, amount_minor) WHERE released_at IS NULL;

-- The hash chain, and the entries that are not in it yet. No foreign key: a chain that outlives its entry is
-- what an audit must be able to find.
CREATE TABLE mkt_seals (
    number   INTEGER NOT NULL PRIMARY KEY CHECK (number >= 1),
    entry_id BLOB    NOT NULL UNIQUE CHECK (length(entry_id) = 16),
    hash     BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE mkt_unsealed (
    entry_id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- What creators sold: sums over the entries in the chain. A row is all that a creator sold in a currency up to the end
-- of a quarter of an hour, since ever, so what was sold between two times is the difference of two rows. An entry is
-- added in the transaction that takes it from mkt_unsealed. Sums go round at 64 bits, and so do differences: a
-- difference is right whenever it fits, however much was sold before.
CREATE TABLE mkt_earnings (
    creator_id BLOB    NOT NULL CHECK (length(creator_id) = 16),
    currency   TEXT    NOT NULL,
    quarter    INTEGER NOT NULL CHECK (quarter % 900000000 = 0),
    gross      INTEGER NOT NULL,
    fees       INTEGER NOT NULL,
    refunds    INTEGER NOT NULL,
    orders     INTEGER NOT NULL,
    PRIMARY KEY (creator_id, currency, quarter)
) STRICT, WITHOUT ROWID;

-- In which quarters of an hour a product was sold, by the ids of the entries: so that a list of the sales of one
-- product does not walk through those of all others.
CREATE TABLE mkt_sold_in (
    product_id BLOB NOT NULL CHECK (length(product_id) = 16),
    low        BLOB NOT NULL CHECK (length(low) = 16),
    high       BLOB NOT NULL CHECK (length(high) = 16),
    PRIMARY KEY (product_id, low)
) STRICT, WITHOUT ROWID;

-- By trigger, so that an entry which came in past the store stands in the tail all the same.
CREATE TRIGGER mkt_entries_queue AFTER INSERT ON mkt_entries
BEGIN INSERT INTO mkt_unsealed (entry_id) VALUES (NEW.id); END;

-- What is written stays as it is: the database itself refuses to change it.
CREATE TRIGGER mkt_entries_update BEFORE UPDATE ON mkt_entries
BEGIN SELECT RAISE(ABORT, 'mkt_entries is append-only'); END;
CREATE TRIGGER mkt_entries_delete BEFORE DELETE ON mkt_entries
BEGIN SELECT RAISE(ABORT, 'mkt_entries is append-only'); END;
CREATE TRIGGER mkt_lines_update BEFORE UPDATE ON mkt_lines
BEGIN SELECT RAISE(ABORT, 'mkt_lines is append-only'); END;
CREATE TRIGGER mkt_lines_delete BEFORE DELETE ON mkt_lines
BEGIN SELECT RAISE(ABORT, 'mkt_lines is append-only'); END;
CREATE TRIGGER mkt_seals_update BEFORE UPDATE ON mkt_seals
BEGIN SELECT RAISE(ABORT, 'mkt_seals is append-only'); END;
CREATE TRIGGER mkt_seals_delete BEFORE DELETE ON mkt_seals
BEGIN SELECT RAISE(ABORT, 'mkt_seals is append-only'); END;
CREATE TRIGGER mkt_decisions_update BEFORE UPDATE ON mkt_decisions
BEGIN SELECT RAISE(ABORT, 'mkt_decisions is append-only'); END;
CREATE TRIGGER mkt_decisions_delete BEFORE DELETE ON mkt_decisions
BEGIN SELECT RAISE(ABORT, 'mkt_decisions is append-only'); END;
CREATE TRIGGER mkt_events_update BEFORE UPDATE ON mkt_events
BEGIN SELECT RAISE(ABORT, 'mkt_events is append-only'); END;
CREATE TRIGGER mkt_events_delete BEFORE DELETE ON mkt_events
BEGIN SELECT RAISE(ABORT, 'mkt_events is append-only'); END;

-- INSERT OR REPLACE deletes without firing the triggers above. Here it does nothing, as ON CONFLICT DO NOTHING
-- does, which is the only form of insert that the store uses on these tables.
CREATE TRIGGER mkt_entries_replace BEFORE INSERT ON mkt_entries
WHEN EXISTS (SELECT 1 FROM mkt_entries WHERE id = NEW.id OR cause = NEW.cause)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER mkt_lines_replace BEFORE INSERT ON mkt_lines
WHEN EXISTS (SELECT 1 FROM mkt_lines
    WHERE entry_id = NEW.entry_id AND owner = NEW.owner AND kind = NEW.kind AND currency = NEW.currency)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER mkt_seals_replace BEFORE INSERT ON mkt_seals
WHEN EXISTS (SELECT 1 FROM mkt_seals WHERE number = NEW.number OR entry_id = NEW.entry_id)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER mkt_events_replace BEFORE INSERT ON mkt_events
WHEN EXISTS (SELECT 1 FROM mkt_events WHERE number = NEW.number)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER mkt_decisions_replace BEFORE INSERT ON mkt_decisions
WHEN EXISTS (SELECT 1 FROM mkt_decisions WHERE key = NEW.key)
BEGIN SELECT RAISE(IGNORE); END;

CREATE TABLE mkt_entitlements (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    order_id      BLOB    NOT NULL,
    line_id       BLOB    NOT NULL UNIQUE,
    product_id    BLOB    NOT NULL REFERENCES mkt_products (id),
    user_id       BLOB    REFERENCES mkt_users (id),
    email         TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    granted_at    INTEGER NOT NULL,
    revoked_at    INTEGER,
    revoke_reason TEXT,
    version       INTEGER NOT NULL CHECK (version >= 1),
    FOREIGN KEY (line_id, order_id) REFERENCES mkt_order_lines (id, order_id)
) STRICT;
CREATE INDEX mkt_entitlements_by_order ON mkt_entitlements (order_id, id);
CREATE INDEX mkt_entitlements_by_user ON mkt_entitlements (user_id, id) WHERE user_id IS NOT NULL;

CREATE TABLE mkt_links (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    entitlement_id BLOB    NOT NULL REFERENCES mkt_entitlements (id),
    file_id        BLOB    NOT NULL REFERENCES mkt_files (id),
    nonce          BLOB    NOT NULL CHECK (length(nonce) = 16),
    token          BLOB    NOT NULL UNIQUE CHECK (length(token) = 32),
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    claimed_at     INTEGER
) STRICT;
CREATE INDEX mkt_links_by_entitlement ON mkt_links (entitlement_id, id);

CREATE TABLE mkt_download_sessions (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    link_id        BLOB    NOT NULL UNIQUE REFERENCES mkt_links (id),
    entitlement_id BLOB    NOT NULL REFERENCES mkt_entitlements (id),
    version_id     BLOB    NOT NULL REFERENCES mkt_file_versions (id),
    file_id        BLOB    NOT NULL REFERENCES mkt_files (id),
    nonce          BLOB    NOT NULL CHECK (length(nonce) = 16),
    token          BLOB    NOT NULL UNIQUE CHECK (length(token) = 32),
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;

-- What came to links and to their downloads, counted: so many rows for a link as there are words, whatever comes.
CREATE TABLE mkt_visits (
    link_id  BLOB    NOT NULL REFERENCES mkt_links (id),
    kind     TEXT    NOT NULL,
    agent    TEXT    NOT NULL,
    result   TEXT    NOT NULL,
    count    INTEGER NOT NULL CHECK (count >= 1),
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    PRIMARY KEY (link_id, kind, agent, result)
) STRICT, WITHOUT ROWID;

CREATE TABLE mkt_limits (
    key  TEXT    NOT NULL PRIMARY KEY,
    used INTEGER NOT NULL CHECK (used >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE mkt_jobs (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind         TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    unique_name  TEXT,
    run_at       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    attempts     INTEGER NOT NULL CHECK (attempts >= 0),
    fence        INTEGER NOT NULL CHECK (fence >= 0),
    leased_until INTEGER,
    last_error   TEXT,
    ended_at     INTEGER,
    CHECK ((state = 'running') = (leased_until IS NOT NULL))
) STRICT;
CREATE INDEX mkt_jobs_ready ON mkt_jobs (run_at, id) WHERE state = 'ready';
CREATE INDEX mkt_jobs_running ON mkt_jobs (leased_until) WHERE state = 'running';
CREATE INDEX mkt_jobs_by_state ON mkt_jobs (state, id);
-- For the timelines of orders. '/' is the byte after '.'.
CREATE INDEX mkt_jobs_mails ON mkt_jobs (subject, id) WHERE kind >= 'mail.' AND kind < 'mail/';
CREATE UNIQUE INDEX mkt_jobs_live_name ON mkt_jobs (unique_name) WHERE state IN ('ready', 'running');

CREATE TABLE mkt_answers (
    scope       BLOB    NOT NULL PRIMARY KEY CHECK (length(scope) = 32),
    input_hash  BLOB    NOT NULL CHECK (length(input_hash) = 32),
    serial      BLOB    NOT NULL CHECK (length(serial) = 16),
    state       TEXT    NOT NULL,
    fence       INTEGER NOT NULL UNIQUE,
    lease_until INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    status      INTEGER,
    body        BLOB,
    CHECK ((state = 'kept') = (status IS NOT NULL AND body IS NOT NULL))
) STRICT;
CREATE INDEX mkt_answers_by_expiry ON mkt_answers (expires_at);

-- The last fence given to a run of an answer. One counter for all scopes: a scope that is forgotten and used
-- anew must not give a fence that an earlier run still holds.
CREATE TABLE mkt_answer_fence (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT INTO mkt_answer_fence (one, last) VALUES (1, 0);
