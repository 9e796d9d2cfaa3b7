-- What each packet carried, and where the log speaks of packets and deliveries: what an evidence bundle shows.
-- See hub/migrations/README.md.
CREATE TABLE packets (
    batch_id BIGINT NOT NULL PRIMARY KEY,
    members  BYTEA NOT NULL
);

CREATE TABLE packet_leaves (
    batch_id   BIGINT NOT NULL,
    leaf_index BIGINT NOT NULL,
    PRIMARY KEY (batch_id, leaf_index)
);

CREATE TABLE earlier_packets (
    delivery_id BIGINT NOT NULL,
    batch_id    BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, batch_id)
);

CREATE TABLE unfit_leaves (
    delivery_id BIGINT NOT NULL,
    leaf_index  BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, leaf_index)
);

-- What judges and who sends, as the log said it last: so that a change is logged once, by whichever hub sees it first.
CREATE TABLE standing (
    subject    TEXT NOT NULL PRIMARY KEY,
    digest     TEXT NOT NULL,
    leaf_index BIGINT NOT NULL
);
