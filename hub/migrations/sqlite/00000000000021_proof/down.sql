DROP TABLE unfit_leaves;
DROP TABLE earlier_packets;
DROP TABLE packet_leaves;
DROP TABLE packets;
DROP TABLE standing;
