-- Rows of people, organisations, schools and alliances that come as a file: uploaded, compared, applied, taken back.
CREATE TABLE imports (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('members', 'organizations', 'schools', 'alliances')),
  state TEXT NOT NULL CHECK (state IN ('mapping', 'checking', 'checked', 'applying', 'applied', 'undoing', 'undone', 'dropped')),
  file_name TEXT NOT NULL,
  row_count INTEGER NOT NULL,
  -- what the columns of the file are, as JSON
  mapping TEXT NOT NULL,
  -- the file is the list of the whole scope, not only of the branches that are in it
  is_whole BOOLEAN NOT NULL,
  -- the sub-trees that the importer may touch, as JSON
  scope TEXT NOT NULL,
  -- the digest of what the dry run found: applying finds the same, or refuses
  compared TEXT NOT NULL,
  new_count INTEGER NOT NULL,
  changed_count INTEGER NOT NULL,
  same_count INTEGER NOT NULL,
  gone_count INTEGER NOT NULL,
  unsure_count INTEGER NOT NULL,
  wrong_count INTEGER NOT NULL,
  -- rows that are done of the work under way
  progress INTEGER NOT NULL,
  -- why the last step was not done: a message and its values, as JSON
  problem TEXT NOT NULL,
  -- NULL: by a command of the operator
  made_by BIGINT REFERENCES accounts,
  made_at TIMESTAMP NOT NULL,
  applied_by BIGINT REFERENCES accounts,
  applied_at TIMESTAMP,
  undone_by BIGINT REFERENCES accounts,
  undone_at TIMESTAMP,
  -- the file and what undoing needs have been deleted
  is_swept BOOLEAN NOT NULL,
  key TEXT NOT NULL UNIQUE
);
CREATE INDEX imports_made ON imports (made_by, id);
CREATE INDEX imports_swept ON imports (is_swept, made_at);
CREATE TABLE import_files (
  import_id BIGINT NOT NULL PRIMARY KEY REFERENCES imports ON DELETE CASCADE,
  bytes BLOB NOT NULL
);
-- what the dry run says of each row
CREATE TABLE import_rows (
  id INTEGER NOT NULL PRIMARY KEY,
  import_id BIGINT NOT NULL REFERENCES imports ON DELETE CASCADE,
  -- in the file, from 1; 0: not in it
  line INTEGER NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('new', 'changed', 'same', 'gone', 'unsure', 'wrong')),
  subject_id BIGINT,
  label TEXT NOT NULL,
  -- changes and problems, as JSON
  detail TEXT NOT NULL
);
CREATE INDEX import_rows_verdict ON import_rows (import_id, verdict, id);
-- what the reader decided of a row
CREATE TABLE import_choices (
  id INTEGER NOT NULL PRIMARY KEY,
  import_id BIGINT NOT NULL REFERENCES imports ON DELETE CASCADE,
  mark TEXT NOT NULL,
  choice TEXT NOT NULL
);
CREATE UNIQUE INDEX import_choices_mark ON import_choices (import_id, mark);
-- what was before and after, for each record that an import touched: undoing needs it
CREATE TABLE import_changes (
  id INTEGER NOT NULL PRIMARY KEY,
  import_id BIGINT NOT NULL REFERENCES imports ON DELETE CASCADE,
  subject_id BIGINT NOT NULL,
  label TEXT NOT NULL,
  -- its rows as JSON; empty: there was no such record
  was TEXT NOT NULL,
  became TEXT NOT NULL
);
CREATE UNIQUE INDEX import_changes_subject ON import_changes (import_id, subject_id);
-- who took lists away, and what for
CREATE TABLE import_exports (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('members', 'organizations', 'schools', 'alliances')),
  purpose TEXT NOT NULL CHECK (purpose IN ('check', 'correct', 'report', 'move')),
  row_count INTEGER NOT NULL,
  made_by BIGINT REFERENCES accounts,
  made_at TIMESTAMP NOT NULL
);
CREATE INDEX import_exports_made ON import_exports (made_by, id);
-- Undoing removes persons by the thousand: whatever refers to one is found without reading the whole table.
CREATE INDEX office_terms_undo ON office_terms (person_id);
CREATE INDEX host_stays_undo ON host_stays (person_id);
CREATE INDEX viewers_undo ON viewers (person_id);
CREATE INDEX enrolment_steps_undo ON enrolment_steps (for_id);
CREATE INDEX rating_keys_undo ON rating_keys (person_id);
CREATE TRIGGER import_exports_no_update BEFORE UPDATE ON import_exports BEGIN SELECT RAISE(ABORT, 'import_exports is append-only'); END;
CREATE TRIGGER import_exports_no_delete BEFORE DELETE ON import_exports BEGIN SELECT RAISE(ABORT, 'import_exports is append-only'); END;
