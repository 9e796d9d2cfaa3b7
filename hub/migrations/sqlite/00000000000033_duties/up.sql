-- A destination that holds what was erased here, until an operator confirms that it erased it too.
CREATE TABLE erasure_duties (
    leaf_index  BIGINT NOT NULL,
    destination TEXT   NOT NULL,
    done_at     BIGINT,
    done_by     TEXT,
    done_leaf   BIGINT,
    PRIMARY KEY (leaf_index, destination)
) WITHOUT ROWID;
