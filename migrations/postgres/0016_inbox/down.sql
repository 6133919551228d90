DROP TABLE mail_sendings;
DROP TABLE mail_addresses;
DROP TABLE notices;
