-- Rankings: what is ranked, immutable snapshots of it, the names in them, and the log of publications. domain.md 4.5, 5.7.
CREATE TABLE rankings (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('contest', 'lecturer_rating', 'lecture_rating')),
  title TEXT NOT NULL,
  -- what it ranks: a kind of record and its key
  subject_kind TEXT NOT NULL,
  subject_id BIGINT NOT NULL,
  -- ranks of rating rankings that are published: there are no bottom lists
  top_k INTEGER CHECK (top_k BETWEEN 1 AND 500),
  visibility TEXT NOT NULL CHECK (visibility IN ('public')),
  -- the page where somebody objects; NULL: nowhere
  object_path TEXT,
  created_by BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  -- who asked for the computation that is under way, or was last
  asked_by BIGINT REFERENCES accounts,
  asked_reason TEXT NOT NULL,
  -- kept by publishing: the newest published revision, 0 before the first, and when that was
  published_revision INTEGER NOT NULL,
  published_at TIMESTAMP,
  UNIQUE (subject_kind, subject_id),
  CHECK ((kind = 'contest') = (top_k IS NULL)),
  CHECK ((published_revision = 0) = (published_at IS NULL))
);
CREATE INDEX rankings_published ON rankings (published_at DESC, id DESC);
-- One computed order. What it says never changes; what is done with it is the state and the columns behind that.
CREATE TABLE ranking_snapshots (
  id INTEGER NOT NULL PRIMARY KEY,
  ranking_id BIGINT NOT NULL REFERENCES rankings,
  revision INTEGER NOT NULL CHECK (revision >= 1),
  as_of TIMESTAMP NOT NULL,
  -- the canonical document without names and publication, and its digests
  document BLOB NOT NULL,
  digest TEXT NOT NULL,
  method_digest TEXT NOT NULL,
  input_root TEXT NOT NULL,
  rows_root TEXT NOT NULL,
  n_inputs INTEGER NOT NULL,
  n_rows INTEGER NOT NULL,
  -- for pages, as JSON: parts of the document, counts of its inputs, who moved since the revision before
  method TEXT NOT NULL,
  excluded TEXT NOT NULL,
  facts TEXT NOT NULL,
  moved TEXT NOT NULL,
  -- why there is this revision; empty for the first
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('computed', 'checked', 'provisional', 'final', 'superseded', 'withdrawn')),
  computed_by BIGINT NOT NULL REFERENCES accounts,
  computed_at TIMESTAMP NOT NULL,
  checked_by BIGINT REFERENCES accounts,
  checked_at TIMESTAMP,
  published_by BIGINT REFERENCES accounts,
  published_at TIMESTAMP,
  -- the notice period, days in the city, both included
  notice_from DATE,
  notice_until DATE,
  final_at TIMESTAMP,
  withdrawn_by BIGINT REFERENCES accounts,
  withdrawn_at TIMESTAMP,
  withdrawn_reason TEXT,
  UNIQUE (ranking_id, revision),
  CHECK ((checked_by IS NULL) = (checked_at IS NULL) AND (published_by IS NULL) = (published_at IS NULL)),
  CHECK (checked_by <> computed_by),
  CHECK (published_by IS NULL OR checked_by IS NOT NULL),
  CHECK (published_by <> checked_by),
  CHECK ((state = 'computed') = (checked_by IS NULL)),
  CHECK ((state IN ('computed', 'checked')) = (published_by IS NULL)),
  CHECK ((notice_from IS NULL) = (notice_until IS NULL)),
  CHECK (state <> 'provisional' OR notice_until IS NOT NULL),
  CHECK (state <> 'final' OR final_at IS NOT NULL),
  CHECK ((state = 'withdrawn') = (withdrawn_reason IS NOT NULL) AND (withdrawn_by IS NULL) = (withdrawn_reason IS NULL))
);
CREATE INDEX ranking_snapshots_state ON ranking_snapshots (state, id);
-- one that is being prepared, one that stands
CREATE UNIQUE INDEX ranking_snapshots_open ON ranking_snapshots (ranking_id) WHERE state IN ('computed', 'checked');
CREATE UNIQUE INDEX ranking_snapshots_standing ON ranking_snapshots (ranking_id) WHERE state IN ('provisional', 'final');
-- The rows of a document one by one, for pages.
CREATE TABLE ranking_rows (
  snapshot_id BIGINT NOT NULL REFERENCES ranking_snapshots ON DELETE CASCADE,
  position INTEGER NOT NULL,
  -- the name without a name: E07, L345, I12
  subject TEXT NOT NULL,
  rank INTEGER NOT NULL,
  score TEXT NOT NULL,
  is_promoted BOOLEAN NOT NULL,
  -- the canonical row
  body TEXT NOT NULL,
  PRIMARY KEY (snapshot_id, position),
  UNIQUE (snapshot_id, subject)
);
-- Whose rows they are: the rows hold a digest of salt and name. A name can be taken out, and nothing else moves.
CREATE TABLE ranking_names (
  snapshot_id BIGINT NOT NULL REFERENCES ranking_snapshots ON DELETE CASCADE,
  subject TEXT NOT NULL,
  salt TEXT,
  -- a canonical JSON object of texts
  name TEXT,
  -- the person agreed to be named in public
  is_agreed BOOLEAN NOT NULL,
  -- the page of the lecture or the person
  link TEXT,
  redacted_at TIMESTAMP,
  PRIMARY KEY (snapshot_id, subject),
  CHECK ((name IS NULL) = (salt IS NULL) AND (name IS NULL) = (redacted_at IS NOT NULL))
);
-- Names that were taken out. Append-only.
CREATE TABLE ranking_redactions (
  id INTEGER NOT NULL PRIMARY KEY,
  ranking_id BIGINT NOT NULL REFERENCES rankings,
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  by_id BIGINT NOT NULL REFERENCES accounts,
  at TIMESTAMP NOT NULL
);
CREATE INDEX ranking_redactions_ranking ON ranking_redactions (ranking_id, id);
-- The log of publications: each names the digest of the one before and is signed. Append-only; `prev` is unique, so that it
-- cannot fork in here.
CREATE TABLE publications (
  seq INTEGER NOT NULL PRIMARY KEY,
  at TIMESTAMP NOT NULL,
  event TEXT NOT NULL CHECK (event IN ('provisional', 'final', 'withdrawn', 'superseded', 'restored')),
  ranking_id BIGINT REFERENCES rankings,
  revision INTEGER,
  document TEXT,
  rows_root TEXT,
  prev TEXT NOT NULL UNIQUE,
  -- of an entry "restored": the head that the restored database did not have, and why that was
  lost_seq BIGINT,
  lost_hash TEXT,
  lost_reason TEXT,
  hash TEXT NOT NULL UNIQUE,
  signature TEXT NOT NULL,
  signed_with TEXT NOT NULL,
  CHECK ((event = 'restored') = (ranking_id IS NULL) AND (event = 'restored') = (lost_hash IS NOT NULL)),
  CHECK ((ranking_id IS NULL) = (document IS NULL) AND (lost_seq IS NULL) = (lost_hash IS NULL) AND (lost_reason IS NULL) = (lost_hash IS NULL))
);
CREATE INDEX publications_ranking ON publications (ranking_id, revision, seq);
-- What was computed stays as it was; what was published stays.
CREATE TRIGGER ranking_snapshots_no_change BEFORE UPDATE OF ranking_id, revision, as_of, document, digest, method_digest, input_root, rows_root, n_inputs, n_rows, method, excluded, facts, moved, reason, computed_by, computed_at ON ranking_snapshots BEGIN SELECT RAISE(ABORT, 'ranking_snapshots is append-only'); END;
CREATE TRIGGER ranking_snapshots_no_way_back BEFORE UPDATE OF state ON ranking_snapshots WHEN OLD.state NOT IN ('computed', 'checked') AND NEW.state IN ('computed', 'checked') BEGIN SELECT RAISE(ABORT, 'ranking_snapshots is append-only'); END;
CREATE TRIGGER ranking_snapshots_no_delete BEFORE DELETE ON ranking_snapshots WHEN OLD.state NOT IN ('computed', 'checked') BEGIN SELECT RAISE(ABORT, 'ranking_snapshots is append-only'); END;
CREATE TRIGGER ranking_rows_no_update BEFORE UPDATE ON ranking_rows BEGIN SELECT RAISE(ABORT, 'ranking_rows is append-only'); END;
CREATE TRIGGER ranking_rows_no_delete BEFORE DELETE ON ranking_rows WHEN EXISTS (SELECT 1 FROM ranking_snapshots s WHERE s.id = OLD.snapshot_id AND s.state NOT IN ('computed', 'checked')) BEGIN SELECT RAISE(ABORT, 'ranking_rows is append-only'); END;
CREATE TRIGGER ranking_names_no_other BEFORE UPDATE OF salt, name ON ranking_names WHEN NEW.name IS NOT NULL BEGIN SELECT RAISE(ABORT, 'ranking_names is append-only'); END;
CREATE TRIGGER ranking_names_no_delete BEFORE DELETE ON ranking_names WHEN EXISTS (SELECT 1 FROM ranking_snapshots s WHERE s.id = OLD.snapshot_id AND s.state NOT IN ('computed', 'checked')) BEGIN SELECT RAISE(ABORT, 'ranking_names is append-only'); END;
CREATE TRIGGER ranking_redactions_no_update BEFORE UPDATE ON ranking_redactions BEGIN SELECT RAISE(ABORT, 'ranking_redactions is append-only'); END;
CREATE TRIGGER ranking_redactions_no_delete BEFORE DELETE ON ranking_redactions BEGIN SELECT RAISE(ABORT, 'ranking_redactions is append-only'); END;
CREATE TRIGGER publications_no_update BEFORE UPDATE ON publications BEGIN SELECT RAISE(ABORT, 'publications is append-only'); END;
CREATE TRIGGER publications_no_delete BEFORE DELETE ON publications BEGIN SELECT RAISE(ABORT, 'publications is append-only'); END;
CREATE TRIGGER rankings_shown_insert AFTER INSERT ON rankings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rankings_shown_update AFTER UPDATE ON rankings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rankings_shown_delete AFTER DELETE ON rankings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER ranking_snapshots_shown_insert AFTER INSERT ON ranking_snapshots BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER ranking_snapshots_shown_update AFTER UPDATE ON ranking_snapshots BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER ranking_snapshots_shown_delete AFTER DELETE ON ranking_snapshots BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER ranking_names_shown_insert AFTER INSERT ON ranking_names BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER ranking_names_shown_update AFTER UPDATE ON ranking_names BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER ranking_names_shown_delete AFTER DELETE ON ranking_names BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER publications_shown_insert AFTER INSERT ON publications BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
