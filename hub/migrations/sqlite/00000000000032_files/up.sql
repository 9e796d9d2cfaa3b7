-- The wrapped key of a file beside records; none: its bytes lie as they are, from before there were keys.
ALTER TABLE attachments ADD COLUMN wrapped BLOB;

-- A file beside records whose bytes were destroyed with the record: the leaf that says so.
CREATE TABLE file_erasures (
    attachment_id BIGINT NOT NULL PRIMARY KEY,
    leaf_index    BIGINT NOT NULL
) WITHOUT ROWID;
