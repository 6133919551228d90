-- whom an entrant asks not to be judged by; a judge of that name has a conflict with the entry (domain.md §4.3)
CREATE TABLE recusal_requests (
  id INTEGER NOT NULL PRIMARY KEY,
  entry_id BIGINT NOT NULL REFERENCES contest_entries,
  name TEXT NOT NULL CHECK (name <> ''),
  unit TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('same_branch', 'same_unit', 'kin', 'mentor', 'coached', 'other')),
  reason TEXT NOT NULL,
  said_by BIGINT NOT NULL REFERENCES accounts,
  at TIMESTAMP NOT NULL,
  UNIQUE (entry_id, name, kind)
);
CREATE TRIGGER recusal_requests_no_update BEFORE UPDATE ON recusal_requests BEGIN SELECT RAISE(ABORT, 'recusal_requests is append-only'); END;
CREATE TRIGGER recusal_requests_no_delete BEFORE DELETE ON recusal_requests BEGIN SELECT RAISE(ABORT, 'recusal_requests is append-only'); END;
