-- Booklets to read, chapter by chapter, and where each reader is.
CREATE TABLE booklets (
  id INTEGER NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  intro TEXT NOT NULL,
  -- the lines on the drawn cover, one a line
  cover TEXT NOT NULL,
  style INTEGER NOT NULL CHECK (style BETWEEN 1 AND 3),
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
  stage TEXT NOT NULL CHECK (stage IN ('draft', 'in_review', 'published', 'withdrawn')),
  version INTEGER NOT NULL DEFAULT 1,
  author_id BIGINT NOT NULL REFERENCES accounts,
  position INTEGER NOT NULL UNIQUE,
  -- kept by adding chapters
  chapter_count INTEGER NOT NULL DEFAULT 0,
  published_at TIMESTAMP,
  CHECK (stage <> 'published' OR published_at IS NOT NULL)
);
CREATE TABLE booklet_chapters (
  id INTEGER NOT NULL PRIMARY KEY,
  booklet_id BIGINT NOT NULL REFERENCES booklets ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position >= 1),
  title TEXT NOT NULL,
  -- Markdown
  body TEXT NOT NULL,
  UNIQUE (booklet_id, position)
);
-- the author and one other; append-only
CREATE TABLE booklet_reviews (
  id INTEGER NOT NULL PRIMARY KEY,
  booklet_id BIGINT NOT NULL REFERENCES booklets,
  version INTEGER NOT NULL,
  reviewer_id BIGINT NOT NULL REFERENCES accounts,
  verdict TEXT NOT NULL CHECK (verdict IN ('passed', 'returned')),
  reviewed_at TIMESTAMP NOT NULL,
  UNIQUE (booklet_id, version, reviewer_id)
);
CREATE TRIGGER booklet_reviews_no_update BEFORE UPDATE ON booklet_reviews BEGIN SELECT RAISE(ABORT, 'booklet_reviews is append-only'); END;
CREATE TRIGGER booklet_reviews_no_delete BEFORE DELETE ON booklet_reviews BEGIN SELECT RAISE(ABORT, 'booklet_reviews is append-only'); END;
CREATE TABLE reading_positions (
  person_id BIGINT NOT NULL REFERENCES persons ON DELETE CASCADE,
  booklet_id BIGINT NOT NULL REFERENCES booklets ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kept_at TIMESTAMP NOT NULL,
  PRIMARY KEY (person_id, booklet_id)
);
