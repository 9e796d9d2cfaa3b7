DROP TABLE refused_messages;
DROP TABLE replies;
DROP TABLE ways;
DROP TABLE progress;
