-- The checkpoints that were published, at most one a minute but always the last: hubs that share a database agree here
-- on each before one publishes it, and the log of any day can be shown to be the beginning of today's.
CREATE TABLE checkpoints (
    size BIGINT NOT NULL PRIMARY KEY,
    root BYTEA   NOT NULL,
    at   BIGINT  NOT NULL,
    note TEXT    NOT NULL
);
CREATE INDEX checkpoints_by_time ON checkpoints (at);
