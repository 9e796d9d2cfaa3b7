-- What records are found by is keyed: see hub/src/keys/lookup.rs. What was found by bare digests is moved to the tables
-- of the same shape by the first program that opens the database with its master key, page by page.
CREATE TABLE lookup_keys (
    purpose    TEXT   NOT NULL PRIMARY KEY,
    wrapped    BLOB NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

ALTER TABLE links RENAME TO bare_links;
CREATE TABLE links (
    hash      BIGINT NOT NULL,
    record_id BIGINT NOT NULL,
    PRIMARY KEY (hash, record_id)
) WITHOUT ROWID;

ALTER TABLE waiting RENAME TO bare_waiting;
CREATE TABLE waiting (
    hash      BIGINT NOT NULL,
    record_id BIGINT NOT NULL,
    PRIMARY KEY (hash, record_id)
) WITHOUT ROWID;

ALTER TABLE past_parked RENAME TO bare_past_parked;
CREATE TABLE past_parked (
    hash      BIGINT NOT NULL,
    record_id BIGINT NOT NULL,
    PRIMARY KEY (hash, record_id)
) WITHOUT ROWID;

ALTER TABLE past_links RENAME TO bare_past_links;
CREATE TABLE past_links (
    hash       BIGINT NOT NULL,
    record_id  BIGINT NOT NULL,
    until      BIGINT NOT NULL,
    until_leaf BIGINT,
    PRIMARY KEY (hash, record_id)
) WITHOUT ROWID;

ALTER TABLE parked RENAME TO bare_parked;
DROP INDEX parked_by_key;
DROP INDEX parked_by_message;
DROP INDEX parked_by_submission;
DROP INDEX parked_by_age;
CREATE TABLE parked (
    record_id     BIGINT  NOT NULL PRIMARY KEY,
    submission_id BIGINT  NOT NULL,
    edition      TEXT    NOT NULL,
    own_hash     BIGINT  NOT NULL,
    message_hash BIGINT,
    since        BIGINT  NOT NULL,
    warned       INTEGER NOT NULL,
    awaits       TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX parked_by_key ON parked (own_hash);
CREATE INDEX parked_by_message ON parked (message_hash) WHERE message_hash IS NOT NULL;
CREATE INDEX parked_by_submission ON parked (submission_id);
CREATE INDEX parked_by_age ON parked (edition, since);
