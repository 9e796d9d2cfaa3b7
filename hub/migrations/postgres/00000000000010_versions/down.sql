DROP TABLE past_links;
DROP TABLE reasons;
DROP TABLE changes;
DROP TABLE parked;
