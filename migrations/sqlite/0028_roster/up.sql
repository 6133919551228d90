-- The roster as it is kept: who changed what, transfers between branches, former names of organisations, changes of schools.
-- domain.md 4.1. What is valid when is in the tables of 0001 and 0002; these rows say who recorded it.
CREATE TABLE roster_changes (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT REFERENCES persons,
  org_id BIGINT REFERENCES orgs,
  kind TEXT NOT NULL,
  -- keys: a stage, a category, an office, the number of a branch; never what somebody wrote
  old_key TEXT,
  new_key TEXT,
  -- the day in the city from which on it holds
  day DATE NOT NULL,
  -- the row that ended and the row that began, in the table that the kind is about
  ended_id BIGINT,
  begun_id BIGINT,
  by_id BIGINT NOT NULL REFERENCES accounts,
  acted_by BIGINT REFERENCES accounts,
  at TIMESTAMP NOT NULL,
  idem_key TEXT NOT NULL UNIQUE
);
CREATE INDEX roster_changes_person ON roster_changes (person_id, id);
CREATE INDEX roster_changes_org ON roster_changes (org_id, id);
-- a name, telephone or year of birth that was corrected, as it was before
CREATE TABLE person_corrections (
  change_id BIGINT NOT NULL PRIMARY KEY REFERENCES roster_changes,
  old_value TEXT NOT NULL
);
-- what somebody wrote beside a change; apart, so that retention may erase it
CREATE TABLE roster_notes (
  change_id BIGINT NOT NULL PRIMARY KEY REFERENCES roster_changes,
  text TEXT NOT NULL
);
-- a member's relation on its way from one branch to another; NULL is a place outside the city
CREATE TABLE transfers (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons,
  from_branch_id BIGINT REFERENCES orgs,
  to_branch_id BIGINT REFERENCES orgs,
  place TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('proposed', 'accepted', 'refused', 'withdrawn', 'arrived')),
  proposed_by BIGINT NOT NULL REFERENCES accounts,
  proposed_at TIMESTAMP NOT NULL,
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP,
  idem_key TEXT NOT NULL UNIQUE,
  CHECK (from_branch_id IS NOT NULL OR to_branch_id IS NOT NULL),
  CHECK (from_branch_id IS NULL OR to_branch_id IS NULL OR from_branch_id <> to_branch_id),
  CHECK ((from_branch_id IS NULL OR to_branch_id IS NULL) = (place <> '')),
  CHECK ((state = 'arrived') = (from_branch_id IS NULL)),
  CHECK ((state IN ('proposed', 'arrived')) = (decided_by IS NULL)),
  CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  -- who sends does not receive
  CHECK (decided_by IS NULL OR (state = 'withdrawn') = (decided_by = proposed_by))
);
CREATE UNIQUE INDEX transfers_open ON transfers (person_id) WHERE state = 'proposed';
CREATE INDEX transfers_person ON transfers (person_id, id);
CREATE INDEX transfers_from ON transfers (from_branch_id, id);
CREATE INDEX transfers_to ON transfers (to_branch_id, id);
-- why a transfer was refused; apart, so that retention may erase it
CREATE TABLE transfer_reasons (
  transfer_id BIGINT NOT NULL PRIMARY KEY REFERENCES transfers,
  text TEXT NOT NULL
);
-- names that organisations had; the present one is in orgs
CREATE TABLE org_names (
  id INTEGER NOT NULL PRIMARY KEY,
  org_id BIGINT NOT NULL REFERENCES orgs,
  name TEXT NOT NULL CHECK (name <> ''),
  valid_from DATE NOT NULL,
  valid_to DATE NOT NULL CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX org_names_from ON org_names (org_id, valid_from);
-- what was changed of schools and alliances, as they show it to everybody
CREATE TABLE school_changes (
  id INTEGER NOT NULL PRIMARY KEY,
  school_id BIGINT REFERENCES schools,
  alliance_id BIGINT REFERENCES alliances,
  field TEXT NOT NULL,
  old_value TEXT NOT NULL,
  new_value TEXT NOT NULL,
  by_id BIGINT NOT NULL REFERENCES accounts,
  acted_by BIGINT REFERENCES accounts,
  at TIMESTAMP NOT NULL,
  idem_key TEXT NOT NULL UNIQUE,
  CHECK ((school_id IS NULL) <> (alliance_id IS NULL))
);
CREATE INDEX school_changes_school ON school_changes (school_id, id);
CREATE INDEX school_changes_alliance ON school_changes (alliance_id, id);
-- a branch has one school that is its own among those that it uses
ALTER TABLE school_branches ADD COLUMN is_primary BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE school_branches SET is_primary = TRUE WHERE valid_to IS NULL AND school_id = (SELECT MIN(b.school_id) FROM school_branches b WHERE b.branch_id = school_branches.branch_id AND b.valid_to IS NULL);
CREATE UNIQUE INDEX school_branches_primary ON school_branches (branch_id) WHERE valid_to IS NULL AND is_primary;
CREATE TRIGGER roster_changes_no_update BEFORE UPDATE ON roster_changes BEGIN SELECT RAISE(ABORT, 'roster_changes is append-only'); END;
CREATE TRIGGER roster_changes_no_delete BEFORE DELETE ON roster_changes BEGIN SELECT RAISE(ABORT, 'roster_changes is append-only'); END;
CREATE TRIGGER person_corrections_no_update BEFORE UPDATE ON person_corrections BEGIN SELECT RAISE(ABORT, 'person_corrections is append-only'); END;
CREATE TRIGGER person_corrections_no_delete BEFORE DELETE ON person_corrections BEGIN SELECT RAISE(ABORT, 'person_corrections is append-only'); END;
CREATE TRIGGER org_names_no_update BEFORE UPDATE ON org_names BEGIN SELECT RAISE(ABORT, 'org_names is append-only'); END;
CREATE TRIGGER org_names_no_delete BEFORE DELETE ON org_names BEGIN SELECT RAISE(ABORT, 'org_names is append-only'); END;
CREATE TRIGGER school_changes_no_update BEFORE UPDATE ON school_changes BEGIN SELECT RAISE(ABORT, 'school_changes is append-only'); END;
CREATE TRIGGER school_changes_no_delete BEFORE DELETE ON school_changes BEGIN SELECT RAISE(ABORT, 'school_changes is append-only'); END;
