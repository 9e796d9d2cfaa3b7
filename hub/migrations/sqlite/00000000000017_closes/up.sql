-- The daily close: where each day begins, what was closed, who signs for a source, what sources said.
-- See hub/migrations/README.md.
CREATE TABLE days (
    date       TEXT   NOT NULL PRIMARY KEY,
    submission BIGINT NOT NULL,
    record     BIGINT NOT NULL,
    delivery   BIGINT NOT NULL,
    leaf       BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE closes (
    date       TEXT    NOT NULL,
    party      TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    document   TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    leaf_index BIGINT  NOT NULL,
    balanced   INTEGER NOT NULL,
    agreed     INTEGER,
    open       BIGINT  NOT NULL,
    at         BIGINT  NOT NULL,
    PRIMARY KEY (date, party, number)
);

CREATE TABLE signers (
    source     TEXT   NOT NULL,
    vkey       TEXT   NOT NULL,
    added_at   BIGINT NOT NULL,
    retired_at BIGINT,
    leaf_index BIGINT NOT NULL,
    PRIMARY KEY (source, vkey)
) WITHOUT ROWID;

CREATE TABLE manifests (
    date       TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    sha256     TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    note       TEXT    NOT NULL,
    agreed     INTEGER NOT NULL,
    leaf_index BIGINT  NOT NULL,
    at         BIGINT  NOT NULL,
    PRIMARY KEY (date, source, sha256)
);
