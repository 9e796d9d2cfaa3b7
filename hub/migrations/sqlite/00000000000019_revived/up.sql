-- Which deliveries are pending again behind the back of whoever serves a destination: the span of their numbers, so that
-- only this is read again. See hub/migrations/README.md.
ALTER TABLE destinations ADD COLUMN revived_from BIGINT;
ALTER TABLE destinations ADD COLUMN revived_to BIGINT;
