ALTER TABLE raw_erasures DROP COLUMN spans;
