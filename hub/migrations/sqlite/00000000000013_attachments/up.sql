-- Files beside records, faults in the counters of sources, and the sandboxes of sources. See hub/migrations/README.md.
CREATE TABLE attachments (
    id          INTEGER NOT NULL PRIMARY KEY,
    source      TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    slot        TEXT    NOT NULL,
    sha256      BLOB    NOT NULL,
    bytes       BIGINT  NOT NULL,
    media_type  TEXT    NOT NULL,
    file_name   TEXT    NOT NULL,
    salt        TEXT    NOT NULL,
    received_at BIGINT  NOT NULL,
    leaf_index  BIGINT  NOT NULL
);
CREATE UNIQUE INDEX attachments_by_code ON attachments (source, code, slot, sha256);

CREATE TABLE counters (
    source        TEXT   NOT NULL PRIMARY KEY,
    highest       BIGINT NOT NULL,
    submission_id BIGINT NOT NULL
) WITHOUT ROWID;

-- Numbers that a source left out, and may send yet.
CREATE TABLE sequence_gaps (
    source     TEXT   NOT NULL,
    first      BIGINT NOT NULL,
    last       BIGINT NOT NULL,
    alert_id   BIGINT NOT NULL,
    PRIMARY KEY (source, first)
) WITHOUT ROWID;

CREATE TABLE sequence_alerts (
    id            INTEGER NOT NULL PRIMARY KEY,
    source        TEXT    NOT NULL,
    kind          INTEGER NOT NULL,
    expected      BIGINT  NOT NULL,
    found         BIGINT  NOT NULL,
    submission_id BIGINT  NOT NULL,
    first_id      BIGINT,
    at            BIGINT  NOT NULL,
    closed_at     BIGINT,
    leaf_index    BIGINT  NOT NULL
);
-- Empty until a counter goes wrong.
CREATE INDEX sequence_alerts_open ON sequence_alerts (source, id) WHERE closed_at IS NULL;

CREATE INDEX submissions_by_sequence ON submissions (source, sequence) WHERE sequence IS NOT NULL;

CREATE TABLE onboarding (
    source      TEXT   NOT NULL PRIMARY KEY,
    sandbox_at  BIGINT NOT NULL,
    promoted_at BIGINT,
    promoted_by TEXT,
    certificate_sha256 TEXT,
    leaf_index  BIGINT
) WITHOUT ROWID;

CREATE TABLE last_errors (
    source TEXT   NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    way    TEXT   NOT NULL,
    code   TEXT   NOT NULL,
    zh     TEXT   NOT NULL,
    en     TEXT   NOT NULL
);
