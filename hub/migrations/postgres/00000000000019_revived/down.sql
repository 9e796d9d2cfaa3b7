ALTER TABLE destinations DROP COLUMN revived_to;
ALTER TABLE destinations DROP COLUMN revived_from;
