-- Who signs in, with what rights, on which devices; and the record of what was done.
CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
-- keys that the servers of one installation share; never shown
CREATE TABLE secrets (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE accounts (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL UNIQUE REFERENCES persons,
  -- lower case
  username TEXT NOT NULL UNIQUE,
  -- NULL until the first one-time code is used
  password_hash TEXT,
  password_set_at TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  closed_at TIMESTAMP
);
-- roles, as grants with a scope; ended, never deleted
CREATE TABLE grants (
  id INTEGER NOT NULL PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES accounts,
  role TEXT NOT NULL,
  scope_kind TEXT NOT NULL CHECK (scope_kind IN ('city', 'committee', 'branch', 'alliance', 'school', 'contest')),
  scope_id BIGINT,
  granted_by BIGINT REFERENCES accounts,
  granted_at TIMESTAMP NOT NULL,
  ended_by BIGINT REFERENCES accounts,
  ended_at TIMESTAMP CHECK (ended_at >= granted_at),
  CHECK ((scope_kind = 'city') = (scope_id IS NULL))
);
CREATE UNIQUE INDEX grants_open ON grants (account_id, role, scope_kind, COALESCE(scope_id, 0)) WHERE ended_at IS NULL;
-- printed by a secretary or an administrator; the code itself is not kept
CREATE TABLE one_time_codes (
  id INTEGER NOT NULL PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES accounts ON DELETE CASCADE,
  code_hash TEXT NOT NULL UNIQUE,
  issued_by BIGINT REFERENCES accounts,
  issued_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  used_at TIMESTAMP
);
CREATE UNIQUE INDEX one_time_codes_open ON one_time_codes (account_id) WHERE used_at IS NULL;
CREATE TABLE sessions (
  -- SHA-256 of the key in the cookie: whoever reads this table cannot use it to sign in
  id TEXT NOT NULL PRIMARY KEY,
  account_id BIGINT REFERENCES accounts ON DELETE CASCADE,
  state TEXT NOT NULL,
  -- names this sign-in to its owner, who may end it
  device TEXT NOT NULL,
  agent TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  seen_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id, seen_at);
CREATE INDEX sessions_seen ON sessions (seen_at);
-- failed sign-ins; a row is forgotten an hour after the last one
CREATE TABLE throttles (
  key TEXT NOT NULL PRIMARY KEY,
  failures INTEGER NOT NULL,
  last_at TIMESTAMP NOT NULL
);
CREATE INDEX throttles_last ON throttles (last_at);
-- domain.md 4.11: who, for whom, what, when, in which request. Keys only; append-only.
CREATE TABLE audit_entries (
  id INTEGER NOT NULL PRIMARY KEY,
  at TIMESTAMP NOT NULL,
  request_id TEXT NOT NULL,
  actor_id BIGINT REFERENCES accounts,
  for_person_id BIGINT REFERENCES persons,
  action TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id BIGINT
);
CREATE INDEX audit_entries_actor ON audit_entries (actor_id, id);
CREATE INDEX audit_entries_person ON audit_entries (for_person_id, id);
CREATE INDEX audit_entries_action ON audit_entries (action, id);
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END;
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END;
