-- Outcomes of submissions that are too large for one value. See hub/migrations/README.md.
CREATE TABLE outcome_parts (
    submission_id BIGINT  NOT NULL,
    part          INTEGER NOT NULL,
    root          BLOB    NOT NULL,
    outcomes      BLOB    NOT NULL,
    PRIMARY KEY (submission_id, part)
);
