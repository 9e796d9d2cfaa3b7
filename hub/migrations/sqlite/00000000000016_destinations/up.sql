-- Who is owed what, and who may serve whom. See hub/migrations/README.md.
CREATE TABLE destinations (
    name          TEXT   NOT NULL PRIMARY KEY,
    ordinal       BIGINT NOT NULL UNIQUE,
    kind          TEXT   NOT NULL,
    owes          TEXT   NOT NULL,
    filled        BIGINT,
    epoch         BIGINT NOT NULL,
    rewinds       BIGINT NOT NULL DEFAULT 0,
    registered_at BIGINT NOT NULL,
    retired_at    BIGINT,
    stopped_at    BIGINT,
    stopped_by    TEXT,
    stop_reason   TEXT
) WITHOUT ROWID;
-- The one that every hub has: everything that its edition knows, from the first day on.
INSERT INTO destinations (name, ordinal, kind, owes, epoch, registered_at)
VALUES ('national', 0, 'national', '{"projected":true}', 0, 0);
-- What may not wait behind a backlog has a lane below zero: found at once, however long the backlog is.
CREATE INDEX deliveries_urgent ON deliveries (destination, id) WHERE state < 2 AND lane < 0;
-- Subscribers fetch again what they missed, by number. The national platform does not, and is spared the index.
CREATE INDEX deliveries_told ON deliveries (destination, id) WHERE destination <> 'national';
-- A destination that begins in the past follows the log: what waited became current at the leaf of its release.
CREATE INDEX changes_released ON changes (leaf_index) WHERE kind = 0;

-- What is being sent again at an operator's word, how far it is, and whether it goes on.
CREATE TABLE replays (
    id          INTEGER NOT NULL PRIMARY KEY,
    destination TEXT    NOT NULL,
    filter      TEXT    NOT NULL,
    per_second  INTEGER NOT NULL,
    operator    TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    state       INTEGER NOT NULL,
    cursor      BIGINT  NOT NULL,
    upto        BIGINT  NOT NULL,
    expected    BIGINT  NOT NULL,
    revived     BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL,
    stepped_at  BIGINT  NOT NULL,
    ended_at    BIGINT
);
CREATE INDEX replays_running ON replays (id) WHERE state = 0;

-- What a destination refused, as the source that sent it sees it; gone when it is sent again.
CREATE TABLE refusals (
    submission_id BIGINT  NOT NULL,
    record_index  INTEGER NOT NULL,
    destination   TEXT    NOT NULL,
    record_id     BIGINT  NOT NULL,
    reason        TEXT    NOT NULL,
    at            BIGINT  NOT NULL,
    PRIMARY KEY (submission_id, record_index, destination)
) WITHOUT ROWID;
INSERT INTO refusals
SELECT records.submission_id, records.record_index, deliveries.destination, records.id,
       COALESCE(deliveries.reason, ''), deliveries.updated_at
FROM deliveries JOIN records ON records.id = deliveries.record_id WHERE deliveries.state = 3;
