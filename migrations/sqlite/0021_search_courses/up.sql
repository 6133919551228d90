-- Courses can be found. A change of their steps always touches the course.
ALTER TABLE search_documents RENAME TO old_search_documents;
CREATE TABLE search_documents (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('lecture', 'course', 'chapter', 'instructor', 'school', 'base', 'story')),
  ref_id BIGINT NOT NULL,
  topic_id BIGINT REFERENCES topics,
  duration_ms INTEGER,
  is_public BOOLEAN NOT NULL,
  title TEXT NOT NULL,
  -- plain text, for the lines shown with a find
  body TEXT NOT NULL,
  UNIQUE (kind, ref_id)
);
INSERT INTO search_documents (id, kind, ref_id, topic_id, duration_ms, is_public, title, body)
  SELECT id, kind, ref_id, topic_id, duration_ms, is_public, title, body FROM old_search_documents;
DROP TABLE old_search_documents;
CREATE TRIGGER courses_search_insert AFTER INSERT ON courses BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('course', NEW.id); END;
CREATE TRIGGER courses_search_update AFTER UPDATE ON courses BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('course', NEW.id); END;
CREATE TRIGGER courses_search_delete AFTER DELETE ON courses BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('course', OLD.id); END;
