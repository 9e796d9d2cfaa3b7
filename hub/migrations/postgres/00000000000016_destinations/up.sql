-- Who is owed what, and who may serve whom. See hub/migrations/README.md.
CREATE TABLE destinations (
    name          TEXT   NOT NULL PRIMARY KEY,
    ordinal       BIGINT NOT NULL UNIQUE,
    kind          TEXT   NOT NULL,
    owes          TEXT   NOT NULL,
    filled        BIGINT,
    epoch         BIGINT NOT NULL,
    registered_at BIGINT NOT NULL,
    retired_at    BIGINT,
    stopped_at    BIGINT,
    stopped_by    TEXT,
    stop_reason   TEXT
);
-- The one that every hub has: everything that its edition knows, from the first day on.
INSERT INTO destinations (name, ordinal, kind, owes, epoch, registered_at)
VALUES ('national', 0, 'national', '{"projected":true}', 0, 0);
-- What may not wait behind a backlog has a lane below zero: found at once, however long the backlog is.
CREATE INDEX deliveries_urgent ON deliveries (destination, id) WHERE state < 2 AND lane < 0;
-- Subscribers fetch again what they missed, by number. The national platform does not, and is spared the index.
CREATE INDEX deliveries_told ON deliveries (destination, id) WHERE destination <> 'national';
-- A destination that begins in the past follows the log: what waited became current at the leaf of its release.
CREATE INDEX changes_released ON changes (leaf_index) WHERE kind = 0;
