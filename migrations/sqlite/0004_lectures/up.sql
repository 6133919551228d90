-- Recorded lectures: what is taught, by whom, from which recording. domain.md 4.2.
CREATE TABLE topics (
  id INTEGER NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  intro TEXT NOT NULL,
  position INTEGER NOT NULL UNIQUE
);
CREATE TABLE instructors (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL UNIQUE REFERENCES persons,
  name TEXT NOT NULL,
  unit TEXT NOT NULL,
  intro TEXT NOT NULL,
  -- public pages name a person only after they agreed
  agreed_at TIMESTAMP NOT NULL,
  -- kept by publishing and withdrawing
  lecture_count INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX instructors_count ON instructors (lecture_count DESC, id);
CREATE TABLE media (
  id INTEGER NOT NULL PRIMARY KEY,
  video_file TEXT NOT NULL UNIQUE,
  audio_file TEXT NOT NULL,
  duration_ms INTEGER NOT NULL CHECK (duration_ms > 0),
  width INTEGER NOT NULL,
  height INTEGER NOT NULL
);
-- captions and transcript are the same rows
CREATE TABLE cues (
  media_id BIGINT NOT NULL REFERENCES media ON DELETE CASCADE,
  position INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (media_id, position),
  CHECK (0 <= start_ms AND start_ms < end_ms)
);
CREATE TABLE media_chapters (
  media_id BIGINT NOT NULL REFERENCES media ON DELETE CASCADE,
  position INTEGER NOT NULL,
  start_ms INTEGER NOT NULL CHECK (start_ms >= 0),
  title TEXT NOT NULL,
  PRIMARY KEY (media_id, position)
);
CREATE TABLE lectures (
  id INTEGER NOT NULL PRIMARY KEY,
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  topic_id BIGINT NOT NULL REFERENCES topics,
  school_id BIGINT REFERENCES schools,
  -- the school's primary alliance on the day of publication
  alliance_id BIGINT REFERENCES alliances,
  media_id BIGINT REFERENCES media,
  cover TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('contest', 'recorded', 'live')),
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
  stage TEXT NOT NULL CHECK (stage IN ('draft', 'in_review', 'published', 'withdrawn')),
  rights_ok BOOLEAN NOT NULL,
  -- a returned lecture is reviewed anew under its next version
  version INTEGER NOT NULL DEFAULT 1,
  -- of the recording, so that lists sort and filter without a join
  duration_ms INTEGER NOT NULL DEFAULT 0,
  uploaded_by BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  published_at TIMESTAMP,
  CHECK (stage <> 'published' OR (published_at IS NOT NULL AND media_id IS NOT NULL AND rights_ok))
);
CREATE INDEX lectures_newest ON lectures (stage, published_at DESC, id DESC);
CREATE INDEX lectures_length ON lectures (stage, duration_ms, id);
CREATE INDEX lectures_topic ON lectures (topic_id, stage, published_at DESC, id DESC);
CREATE INDEX lectures_school ON lectures (school_id, stage, published_at DESC, id DESC);
CREATE INDEX lectures_alliance ON lectures (alliance_id, stage, published_at DESC, id DESC);
CREATE TABLE lecture_instructors (
  lecture_id BIGINT NOT NULL REFERENCES lectures ON DELETE CASCADE,
  instructor_id BIGINT NOT NULL REFERENCES instructors,
  position INTEGER NOT NULL,
  PRIMARY KEY (lecture_id, instructor_id)
);
CREATE INDEX lecture_instructors_instructor ON lecture_instructors (instructor_id, lecture_id);
-- INV-L1: two people besides the uploader; append-only
CREATE TABLE lecture_reviews (
  id INTEGER NOT NULL PRIMARY KEY,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  version INTEGER NOT NULL,
  reviewer_id BIGINT NOT NULL REFERENCES accounts,
  verdict TEXT NOT NULL CHECK (verdict IN ('passed', 'returned')),
  reviewed_at TIMESTAMP NOT NULL,
  UNIQUE (lecture_id, version, reviewer_id)
);
CREATE TRIGGER lecture_reviews_no_update BEFORE UPDATE ON lecture_reviews BEGIN SELECT RAISE(ABORT, 'lecture_reviews is append-only'); END;
CREATE TRIGGER lecture_reviews_no_delete BEFORE DELETE ON lecture_reviews BEGIN SELECT RAISE(ABORT, 'lecture_reviews is append-only'); END;
CREATE TABLE handouts (
  id INTEGER NOT NULL PRIMARY KEY,
  lecture_id BIGINT NOT NULL REFERENCES lectures ON DELETE CASCADE,
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  file TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  UNIQUE (lecture_id, position)
);
CREATE TABLE questions (
  id INTEGER NOT NULL PRIMARY KEY,
  lecture_id BIGINT NOT NULL REFERENCES lectures ON DELETE CASCADE,
  person_id BIGINT NOT NULL REFERENCES persons,
  -- the clerk who wrote it down for the person
  acted_by BIGINT REFERENCES accounts,
  text TEXT NOT NULL,
  asked_at TIMESTAMP NOT NULL,
  idem_key TEXT NOT NULL UNIQUE,
  answer TEXT,
  answered_by BIGINT REFERENCES accounts,
  answered_at TIMESTAMP,
  CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX questions_lecture ON questions (lecture_id, id);
CREATE INDEX questions_person ON questions (person_id, id);
