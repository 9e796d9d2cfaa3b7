-- The waiting room, what became of what waited, and what is no longer current. See hub/migrations/README.md.
CREATE TABLE parked (
    record_id     BIGINT  NOT NULL PRIMARY KEY,
    submission_id BIGINT  NOT NULL,
    edition      TEXT    NOT NULL,
    own_hash     BIGINT  NOT NULL,
    message_hash BIGINT,
    since        BIGINT  NOT NULL,
    warned       INTEGER NOT NULL,
    awaits       TEXT    NOT NULL
);
-- The table holds what waits now: neither index costs anything while nothing does.
CREATE INDEX parked_by_key ON parked (own_hash);
CREATE INDEX parked_by_message ON parked (message_hash) WHERE message_hash IS NOT NULL;
CREATE INDEX parked_by_submission ON parked (submission_id);
CREATE INDEX parked_by_age ON parked (edition, since);

CREATE TABLE changes (
    submission_id BIGINT  NOT NULL,
    record_index  INTEGER NOT NULL,
    record_id     BIGINT  NOT NULL,
    kind          INTEGER NOT NULL,
    verdict       INTEGER NOT NULL,
    at            BIGINT  NOT NULL,
    leaf_index    BIGINT  NOT NULL,
    issues        TEXT    NOT NULL,
    replaced_by   BIGINT,
    PRIMARY KEY (submission_id, record_index)
);

CREATE TABLE reasons (
    record_id BIGINT NOT NULL PRIMARY KEY,
    reason    TEXT   NOT NULL
);

CREATE TABLE past_links (
    hash      BIGINT NOT NULL,
    record_id BIGINT NOT NULL,
    until     BIGINT NOT NULL,
    PRIMARY KEY (hash, record_id)
);
