-- That a packet was received stands with the packet alone: its deliveries need not be written once more for it. The view
-- says where each stands.
UPDATE deliveries SET state = 0 WHERE state = 1;

CREATE VIEW delivery_states AS
SELECT deliveries.id, deliveries.destination, deliveries.record_id,
       CASE WHEN received.id IS NULL THEN deliveries.state ELSE 1 END AS state,
       deliveries.attempts, deliveries.due_at, deliveries.batch_id,
       CASE WHEN received.id IS NULL THEN deliveries.reason END AS reason,
       deliveries.updated_at
FROM deliveries
LEFT JOIN batches AS received
    ON received.id = deliveries.batch_id AND deliveries.state = 0 AND received.state = 1;
