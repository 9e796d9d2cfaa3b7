-- What judging again needs beside the versions: how a submission was to be read, and who waited then.
-- See hub/migrations/README.md.
CREATE TABLE hints (
    submission_id BIGINT NOT NULL PRIMARY KEY,
    hint          TEXT   NOT NULL
);

CREATE TABLE past_parked (
    hash      BIGINT NOT NULL,
    record_id BIGINT NOT NULL,
    PRIMARY KEY (hash, record_id)
);

-- The leaf at which the version was superseded: the log is the order of what happened, instants may cross.
ALTER TABLE past_links ADD COLUMN until_leaf BIGINT;

-- What was held at an instant: the leaf that commits to it, and the archived lists.
CREATE TABLE commitments (
    leaf_index       BIGINT NOT NULL PRIMARY KEY,
    until            BIGINT NOT NULL,
    salt             BYTEA NOT NULL,
    records_list     BYTEA NOT NULL,
    submissions_list BYTEA NOT NULL
);
