-- Where in the raw bytes of a submission records were blanked (JSON); left_sha256 is that of what is left.
ALTER TABLE raw_erasures ADD COLUMN spans TEXT NOT NULL DEFAULT '[]';
