-- What each packet brought a platform, contradicted answers by record, and how much was ever owed to whom: what the
-- daily close and the list of destinations need. See hub/migrations/README.md.
CREATE TABLE packet_entries (
    batch_id BIGINT NOT NULL PRIMARY KEY,
    entries  BYTEA NOT NULL
);

CREATE TABLE contradictions (
    record_id  BIGINT NOT NULL,
    batch_id   BIGINT NOT NULL,
    stands     TEXT NOT NULL,
    other      TEXT NOT NULL,
    leaf_index BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (record_id, batch_id)
);

CREATE TABLE owed_totals (
    destination TEXT NOT NULL PRIMARY KEY,
    delivery    BIGINT NOT NULL,
    owed        BIGINT NOT NULL
);
