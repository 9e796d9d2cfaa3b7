-- Where the serving hub reaches a destination, so that commands beside it can tell, and ask the platform.
ALTER TABLE destinations ADD COLUMN address TEXT;
