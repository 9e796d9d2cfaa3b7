-- How far each way in has read, how it fares, what it owes its senders, and what it could not read.
-- See hub/migrations/README.md.
CREATE TABLE progress (
    way        TEXT   NOT NULL,
    place      TEXT   NOT NULL,
    position   TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (way, place)
);

CREATE TABLE ways (
    way             TEXT   NOT NULL,
    place           TEXT   NOT NULL,
    source          TEXT   NOT NULL,
    last_success_at BIGINT,
    last_error_at   BIGINT,
    last_error      TEXT,
    PRIMARY KEY (way, place)
);

CREATE TABLE replies (
    place          TEXT   NOT NULL,
    message_offset BIGINT NOT NULL,
    topic          TEXT   NOT NULL,
    message_key    BYTEA,
    submission_id  BIGINT,
    problem        TEXT,
    PRIMARY KEY (place, message_offset)
);

CREATE TABLE refused_messages (
    place          TEXT   NOT NULL,
    message_offset BIGINT NOT NULL,
    source         TEXT   NOT NULL,
    received_at    BIGINT NOT NULL,
    message_key    BYTEA,
    raw_sha256     BYTEA NOT NULL,
    raw_bytes      BIGINT NOT NULL,
    raw            BYTEA,
    problem        TEXT   NOT NULL,
    PRIMARY KEY (place, message_offset)
);
