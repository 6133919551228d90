DROP TABLE audit_entries;
DROP TABLE throttles;
DROP TABLE sessions;
DROP TABLE one_time_codes;
DROP TABLE grants;
DROP TABLE accounts;
DROP TABLE secrets;
DROP TABLE settings;
