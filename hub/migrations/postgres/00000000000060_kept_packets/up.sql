-- The bytes of every packet as it was sent, encrypted under a key of its own, and where its parts end; what an erasure
-- told destinations. See hub/migrations/README.md.
ALTER TABLE packets ADD COLUMN ends TEXT;
ALTER TABLE packets ADD COLUMN bytes BYTEA;
ALTER TABLE packets ADD COLUMN wrapped BYTEA;
ALTER TABLE packets ADD COLUMN erased_leaf BIGINT;

CREATE TABLE erasure_notices (
    delivery_id BIGINT NOT NULL PRIMARY KEY,
    leaf_index  BIGINT NOT NULL,
    class       TEXT   NOT NULL
);
CREATE INDEX erasure_notices_of_leaf ON erasure_notices (leaf_index);
