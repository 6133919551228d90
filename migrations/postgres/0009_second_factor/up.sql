-- The second factor of roles with city scope (RFC 6238), and its printed recovery codes.
CREATE TABLE second_factors (
  account_id BIGINT NOT NULL PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
  -- base32; whoever reads this table can make codes
  secret TEXT NOT NULL,
  set_at TIMESTAMP NOT NULL,
  -- the 30-second step of the code used last: a code works once
  last_step BIGINT NOT NULL
);
CREATE TABLE recovery_codes (
  account_id BIGINT NOT NULL REFERENCES second_factors ON DELETE CASCADE,
  code_hash TEXT NOT NULL,
  used_at TIMESTAMP,
  PRIMARY KEY (account_id, code_hash)
);
-- How full the disk is, once a day: what the forecast is made of.
CREATE TABLE disk_samples (
  day DATE NOT NULL PRIMARY KEY,
  database_bytes BIGINT NOT NULL,
  media_bytes BIGINT NOT NULL,
  free_bytes BIGINT NOT NULL
);
