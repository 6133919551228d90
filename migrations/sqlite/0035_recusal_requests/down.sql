DROP TABLE recusal_requests;
