-- Personal values at rest are encrypted, and can be erased with their proofs kept. See hub/migrations/README.md.
CREATE TABLE master_keys (
    key_id     TEXT   NOT NULL PRIMARY KEY,
    proof      BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);

CREATE TABLE erasures (
    record_id  BIGINT NOT NULL PRIMARY KEY,
    submission_id BIGINT NOT NULL,
    leaf_index BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    ordered_by TEXT   NOT NULL,
    reason     TEXT   NOT NULL
);

-- What is left of the raw bytes of a submission, after records in them were erased.
CREATE TABLE raw_erasures (
    submission_id BIGINT NOT NULL PRIMARY KEY,
    leaf_index    BIGINT NOT NULL,
    left_sha256   BYTEA
);

-- The wrapped key of raw bytes that hold personal values; none: they are kept as they are.
ALTER TABLE submissions ADD COLUMN raw_key BYTEA;
ALTER TABLE refused_messages ADD COLUMN raw_key BYTEA;
