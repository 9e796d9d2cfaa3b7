DROP TABLE file_erasures;
ALTER TABLE attachments DROP COLUMN wrapped;
