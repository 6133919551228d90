DROP TABLE completion_reversals;
DROP INDEX completions_lecture;
ALTER TABLE completions RENAME TO new_completions;
CREATE TABLE completions (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  media_id BIGINT NOT NULL REFERENCES media,
  kind TEXT NOT NULL CHECK (kind IN ('online')),
  acted_by BIGINT REFERENCES accounts,
  completed_at TIMESTAMP NOT NULL,
  seconds INTEGER NOT NULL,
  length_s INTEGER NOT NULL,
  threshold INTEGER NOT NULL,
  rule TEXT NOT NULL,
  UNIQUE (person_id, lecture_id, media_id)
);
INSERT INTO completions (id, person_id, lecture_id, media_id, kind, acted_by, completed_at, seconds, length_s, threshold, rule)
  SELECT id, person_id, lecture_id, media_id, kind, acted_by, completed_at, seconds, length_s, threshold, rule FROM new_completions WHERE kind = 'online' AND number = 1;
DROP TABLE new_completions;
CREATE INDEX completions_lecture ON completions (lecture_id, person_id);
CREATE TRIGGER completions_no_update BEFORE UPDATE ON completions BEGIN SELECT RAISE(ABORT, 'completions is append-only'); END;
CREATE TRIGGER completions_no_delete BEFORE DELETE ON completions BEGIN SELECT RAISE(ABORT, 'completions is append-only'); END;
DROP TABLE viewers;
DROP TABLE viewings;
DROP TABLE calendar_feeds;
DROP TABLE code_tries;
DROP TABLE attendance_heads;
DROP TABLE attendances;
DROP TABLE events;
