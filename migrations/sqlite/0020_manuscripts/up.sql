-- The desk of booklets: what is written, beside what is read.
ALTER TABLE booklets ADD COLUMN archived_at TIMESTAMP;
ALTER TABLE booklets ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE TABLE booklet_drafts (
  booklet_id BIGINT NOT NULL PRIMARY KEY REFERENCES booklets ON DELETE CASCADE,
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  intro TEXT NOT NULL,
  cover TEXT NOT NULL,
  style INTEGER NOT NULL CHECK (style BETWEEN 1 AND 3),
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
  is_submitted BOOLEAN NOT NULL,
  -- differs from what is read
  is_changed BOOLEAN NOT NULL,
  round INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  changed_by BIGINT NOT NULL REFERENCES accounts,
  changed_at TIMESTAMP NOT NULL
);
CREATE TABLE chapter_drafts (
  id INTEGER NOT NULL PRIMARY KEY,
  booklet_id BIGINT NOT NULL REFERENCES booklets ON DELETE CASCADE,
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  -- Markdown
  body TEXT NOT NULL,
  -- counted up by each save: who saves an older state is told
  revision INTEGER NOT NULL,
  is_deleted BOOLEAN NOT NULL,
  changed_by BIGINT NOT NULL REFERENCES accounts,
  changed_at TIMESTAMP NOT NULL
);
CREATE INDEX chapter_drafts_booklet ON chapter_drafts (booklet_id, position, id);
-- every text that was saved, to look at and to go back to
CREATE TABLE chapter_saves (
  id INTEGER NOT NULL PRIMARY KEY,
  chapter_id BIGINT NOT NULL REFERENCES chapter_drafts,
  revision INTEGER NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  is_auto BOOLEAN NOT NULL,
  saved_by BIGINT NOT NULL REFERENCES accounts,
  saved_at TIMESTAMP NOT NULL,
  UNIQUE (chapter_id, revision)
);
CREATE TRIGGER chapter_saves_no_update BEFORE UPDATE ON chapter_saves BEGIN SELECT RAISE(ABORT, 'chapter_saves is append-only'); END;
CREATE TRIGGER chapter_saves_no_delete BEFORE DELETE ON chapter_saves BEGIN SELECT RAISE(ABORT, 'chapter_saves is append-only'); END;
CREATE TABLE booklet_verdicts (
  id INTEGER NOT NULL PRIMARY KEY,
  booklet_id BIGINT NOT NULL REFERENCES booklets,
  round INTEGER NOT NULL,
  reviewer_id BIGINT NOT NULL REFERENCES accounts,
  verdict TEXT NOT NULL CHECK (verdict IN ('passed', 'returned')),
  remark TEXT NOT NULL,
  reviewed_at TIMESTAMP NOT NULL,
  UNIQUE (booklet_id, round, reviewer_id)
);
CREATE TRIGGER booklet_verdicts_no_update BEFORE UPDATE ON booklet_verdicts BEGIN SELECT RAISE(ABORT, 'booklet_verdicts is append-only'); END;
CREATE TRIGGER booklet_verdicts_no_delete BEFORE DELETE ON booklet_verdicts BEGIN SELECT RAISE(ABORT, 'booklet_verdicts is append-only'); END;
-- pictures and PDF files of booklets and courses
CREATE TABLE attachments (
  id INTEGER NOT NULL PRIMARY KEY,
  booklet_id BIGINT REFERENCES booklets,
  course_id BIGINT REFERENCES courses,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('png', 'jpeg', 'webp', 'pdf')),
  size BIGINT NOT NULL,
  -- SHA-256 of its bytes, and the folder of the media store that has it
  digest TEXT NOT NULL,
  folder TEXT NOT NULL,
  added_by BIGINT NOT NULL REFERENCES accounts,
  added_at TIMESTAMP NOT NULL,
  removed_at TIMESTAMP
);
CREATE INDEX attachments_booklet ON attachments (booklet_id, id);
CREATE INDEX attachments_course ON attachments (course_id, id);
CREATE TRIGGER attachments_shown_insert AFTER INSERT ON attachments BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER attachments_shown_update AFTER UPDATE ON attachments BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER attachments_shown_delete AFTER DELETE ON attachments BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
