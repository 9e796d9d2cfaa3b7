ALTER TABLE refused_messages DROP COLUMN raw_key;
ALTER TABLE submissions DROP COLUMN raw_key;
DROP TABLE raw_erasures;
DROP TABLE erasures;
DROP TABLE master_keys;
