-- Which leaves were committed together, and are vouched for by one signature. Ingest pays one row a commit.
CREATE TABLE spans (
    first_leaf BIGINT NOT NULL PRIMARY KEY,
    leaves     BIGINT  NOT NULL
);
