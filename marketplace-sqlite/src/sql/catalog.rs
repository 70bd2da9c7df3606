//! Products, files, uploads.

macro_rules! product_columns {
    () => {
        "id, creator_id, slug, title, description, price_minor, price_currency, state, created_at, published_at, \
         version"
    };
}

/// A file joined with one of its versions; the conditions follow.
macro_rules! stored_file {
    () => {
        "SELECT f.id, f.product_id, f.name, f.created_at, f.removed_at, v.id AS version_id, v.object, v.size, \
         v.content_type, v.digest, v.created_at AS version_created_at \
         FROM mkt_files f JOIN mkt_file_versions v ON v.file_id = f.id "
    };
}

macro_rules! newest_version {
    () => {
        " AND v.id = (SELECT n.id FROM mkt_file_versions n WHERE n.file_id = f.id \
         ORDER BY n.created_at DESC, n.id DESC LIMIT 1) "
    };
}

/// Of an upload.
macro_rules! upload_columns {
    () => {
        "id, product_id, creator_id, object, state, refusal, name, size, content_type, digest, part_size, tag, nonce, \
         token, created_at, expires_at"
    };
}

statements! {
    INSERT_PRODUCT = concat!("INSERT INTO mkt_products (", product_columns!(), ")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING");
    /// The only unique column here is the slug.
    UPDATE_PRODUCT = "UPDATE mkt_products SET slug = ?3, title = ?4, description = ?5, price_minor = ?6,
        price_currency = ?7, state = ?8, published_at = ?9, version = ?2 + 1 WHERE id = ?1 AND version = ?2";
    PRODUCT = concat!("SELECT ", product_columns!(), " FROM mkt_products WHERE id = ?1");
    PRODUCT_BY_SLUG = concat!("SELECT ", product_columns!(), " FROM mkt_products WHERE slug = ?1");
    /// `instr` takes its text as it is, where LIKE would read `%` and `_`; `lower` folds ASCII only.
    PUBLISHED_PRODUCTS = concat!("SELECT ", product_columns!(), " FROM mkt_products
        WHERE state = 'published' AND (?1 IS NULL OR instr(lower(title), ?1) > 0)
        AND (?2 IS NULL OR creator_id = ?2) AND (?3 IS NULL OR id < ?3) ORDER BY id DESC LIMIT ?4");
    PRODUCTS_OF = concat!("SELECT ", product_columns!(), " FROM mkt_products
        WHERE creator_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3");

    INSERT_FILE = "INSERT INTO mkt_files (id, product_id, name, created_at, removed_at)
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    INSERT_FILE_VERSION = "INSERT INTO mkt_file_versions
        (id, file_id, object, size, content_type, digest, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
    REMOVE_FILE = "UPDATE mkt_files SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL";
    FILE = concat!(stored_file!(), "WHERE f.id = ?1", newest_version!());
    FILES_OF = concat!(stored_file!(), "WHERE f.product_id = ?1 AND (f.removed_at IS NULL OR f.removed_at > ?2)",
        newest_version!(), "ORDER BY f.created_at, f.id");
    FILE_VERSION = concat!(stored_file!(), "WHERE v.id = ?1");

    OPEN_UPLOAD = concat!("INSERT INTO mkt_uploads (", upload_columns!(), ")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT (id) DO NOTHING");
    UPLOAD = concat!("SELECT ", upload_columns!(), " FROM mkt_uploads WHERE id = ?1");
    UPLOAD_BY_TOKEN = concat!("SELECT ", upload_columns!(), " FROM mkt_uploads WHERE token = ?1");
    TAG_UPLOAD = "UPDATE mkt_uploads SET tag = ?2
        WHERE id = ?1 AND state = 'open' AND name IS NOT NULL AND tag IS NULL";
    OPEN_UPLOADS_OF = "SELECT count(*) AS number FROM mkt_uploads
        WHERE creator_id = ?1 AND state IN ('open', 'checking') AND name IS NOT NULL AND expires_at >= ?2";
    IS_CHECKING = "SELECT EXISTS (SELECT 1 FROM mkt_uploads WHERE product_id = ?1 AND state = 'checking') AS number";
    STALE_UPLOADS = concat!("SELECT ", upload_columns!(), " FROM mkt_uploads
        WHERE swept = 0 AND state <> 'ready' AND expires_at < ?1 ORDER BY created_at, id LIMIT ?2");
    CLOSE_UPLOAD = "UPDATE mkt_uploads SET state = 'dropped' WHERE id = ?1 AND state = 'open'";
    NOTE_SWEPT = "UPDATE mkt_uploads SET swept = 1 WHERE id = ?1 AND state IN ('refused', 'dropped')";
    FILE_UPLOAD = "UPDATE mkt_uploads SET state = 'ready' WHERE id = ?1 AND state IN ('open', 'checking')";
    ADVANCE_UPLOAD = "UPDATE mkt_uploads SET state = ?3, refusal = ?4, expires_at = ?5 WHERE id = ?1 AND state = ?2";
}
