DROP TABLE refusals;
DROP TABLE replays;
DROP INDEX changes_released;
DROP INDEX deliveries_told;
DROP INDEX deliveries_urgent;
DROP TABLE destinations;
