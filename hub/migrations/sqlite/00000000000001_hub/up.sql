-- One database of one hub. See hub/migrations/README.md for what each table is for.
CREATE TABLE api_keys (
    id          INTEGER  NOT NULL PRIMARY KEY,
    principal   TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    key_sha256  TEXT    NOT NULL UNIQUE,
    created_at  BIGINT  NOT NULL,
    retired_at  BIGINT
);

CREATE TABLE submissions (
    id          INTEGER  NOT NULL PRIMARY KEY,
    source      TEXT    NOT NULL,
    submission  TEXT    NOT NULL,
    edition     TEXT    NOT NULL,
    sequence    BIGINT,
    received_at BIGINT  NOT NULL,
    raw_sha256  BLOB    NOT NULL,
    raw_bytes   BIGINT  NOT NULL,
    media_type  TEXT    NOT NULL,
    raw         BLOB,
    accepted    INTEGER NOT NULL,
    warned      INTEGER NOT NULL,
    parked      INTEGER NOT NULL,
    duplicate   INTEGER NOT NULL,
    rejected    INTEGER NOT NULL,
    leaf_index  BIGINT  NOT NULL,
    outcomes    BLOB    NOT NULL
);
CREATE UNIQUE INDEX submissions_by_source ON submissions (source, submission);

CREATE TABLE volumes (
    submission_id BIGINT  NOT NULL,
    dataset       INTEGER NOT NULL,
    accepted      INTEGER NOT NULL,
    warned        INTEGER NOT NULL,
    parked        INTEGER NOT NULL,
    duplicate     INTEGER NOT NULL,
    rejected      INTEGER NOT NULL,
    PRIMARY KEY (submission_id, dataset)
) WITHOUT ROWID;

CREATE TABLE issues (
    submission_id BIGINT  NOT NULL,
    seq           INTEGER NOT NULL,
    record_index  INTEGER NOT NULL,
    dataset       INTEGER NOT NULL,
    severity      INTEGER NOT NULL,
    code          TEXT    NOT NULL,
    rule          TEXT,
    path          TEXT    NOT NULL,
    PRIMARY KEY (submission_id, seq)
) WITHOUT ROWID;

CREATE TABLE records (
    id            INTEGER  NOT NULL PRIMARY KEY,
    submission_id BIGINT  NOT NULL,
    record_index  INTEGER NOT NULL,
    dataset       INTEGER NOT NULL,
    action        INTEGER NOT NULL,
    verdict       INTEGER NOT NULL,
    lane          BIGINT  NOT NULL,
    previous      BIGINT,
    body          BLOB    NOT NULL
);

CREATE TABLE links (
    hash      BIGINT NOT NULL,
    record_id BIGINT NOT NULL,
    PRIMARY KEY (hash, record_id)
) WITHOUT ROWID;

CREATE TABLE waiting (
    hash      BIGINT NOT NULL,
    record_id BIGINT NOT NULL,
    PRIMARY KEY (hash, record_id)
) WITHOUT ROWID;

CREATE TABLE leaves (
    leaf_index INTEGER NOT NULL PRIMARY KEY,
    body       BLOB   NOT NULL
);

CREATE TABLE deliveries (
    id          INTEGER  NOT NULL PRIMARY KEY,
    destination TEXT    NOT NULL,
    record_id   BIGINT  NOT NULL,
    lane        BIGINT  NOT NULL,
    state       INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    due_at      BIGINT  NOT NULL,
    batch_id    BIGINT,
    reason      TEXT,
    updated_at  BIGINT  NOT NULL
);
CREATE INDEX deliveries_open ON deliveries (destination, id) WHERE state < 2;
-- Neither costs anything while records come in: both are empty until a batch is made, or refused.
CREATE INDEX deliveries_in_batch ON deliveries (batch_id) WHERE batch_id IS NOT NULL AND state < 2;
CREATE INDEX deliveries_refused ON deliveries (record_id) WHERE state > 2;

CREATE TABLE batches (
    id           INTEGER  NOT NULL PRIMARY KEY,
    destination  TEXT    NOT NULL,
    packet_sha256 BLOB   NOT NULL,
    records      INTEGER NOT NULL,
    state        INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    created_at   BIGINT  NOT NULL,
    answered_at  BIGINT,
    answer       TEXT
);
CREATE INDEX batches_open ON batches (destination, id) WHERE state < 2;
