ALTER TABLE destinations DROP COLUMN address;
