UPDATE deliveries SET state = 1 WHERE id IN (SELECT id FROM delivery_states WHERE state = 1);
DROP VIEW delivery_states;
