-- What can be found: one row a lecture, chapter, instructor, school, base, portrait. Made from the content by `search`,
-- never written by hand; `search_pending` names what has changed since.
CREATE TABLE search_documents (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('lecture', 'chapter', 'instructor', 'school', 'base', 'story')),
  ref_id BIGINT NOT NULL,
  topic_id BIGINT REFERENCES topics,
  duration_ms INTEGER,
  is_public BOOLEAN NOT NULL,
  title TEXT NOT NULL,
  -- plain text, for the lines shown with a find
  body TEXT NOT NULL,
  UNIQUE (kind, ref_id)
);
CREATE TABLE search_pending (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  ref_id BIGINT NOT NULL
);
-- The words of each row by its number; `ascii` leaves every other character as the word that `search` made of it.
CREATE VIRTUAL TABLE search_index USING fts5(title, body, said, content='', contentless_delete=1, tokenize='ascii');
-- Triggers, because nobody can then forget: whatever changes a text, the next search knows.
CREATE TRIGGER lectures_search_insert AFTER INSERT ON lectures BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('lecture', NEW.id); END;
CREATE TRIGGER lectures_search_update AFTER UPDATE ON lectures BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('lecture', NEW.id); END;
CREATE TRIGGER lectures_search_delete AFTER DELETE ON lectures BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('lecture', OLD.id); END;
CREATE TRIGGER lecture_instructors_search_insert AFTER INSERT ON lecture_instructors BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('lecture', NEW.lecture_id); END;
CREATE TRIGGER lecture_instructors_search_update AFTER UPDATE ON lecture_instructors BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('lecture', NEW.lecture_id); END;
CREATE TRIGGER lecture_instructors_search_delete AFTER DELETE ON lecture_instructors BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('lecture', OLD.lecture_id); END;
CREATE TRIGGER instructors_search_insert AFTER INSERT ON instructors BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('instructor', NEW.id); END;
CREATE TRIGGER instructors_search_update AFTER UPDATE ON instructors BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('instructor', NEW.id); END;
CREATE TRIGGER instructors_search_delete AFTER DELETE ON instructors BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('instructor', OLD.id); END;
CREATE TRIGGER cues_search_insert AFTER INSERT ON cues BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('media', NEW.media_id); END;
CREATE TRIGGER cues_search_update AFTER UPDATE ON cues BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('media', NEW.media_id); END;
CREATE TRIGGER cues_search_delete AFTER DELETE ON cues BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('media', OLD.media_id); END;
CREATE TRIGGER booklets_search_insert AFTER INSERT ON booklets BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('booklet', NEW.id); END;
CREATE TRIGGER booklets_search_update AFTER UPDATE ON booklets BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('booklet', NEW.id); END;
CREATE TRIGGER booklets_search_delete AFTER DELETE ON booklets BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('booklet', OLD.id); END;
CREATE TRIGGER booklet_chapters_search_insert AFTER INSERT ON booklet_chapters BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('chapter', NEW.id); END;
CREATE TRIGGER booklet_chapters_search_update AFTER UPDATE ON booklet_chapters BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('chapter', NEW.id); END;
CREATE TRIGGER booklet_chapters_search_delete AFTER DELETE ON booklet_chapters BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('chapter', OLD.id); END;
CREATE TRIGGER schools_search_insert AFTER INSERT ON schools BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('school', NEW.id); END;
CREATE TRIGGER schools_search_update AFTER UPDATE ON schools BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('school', NEW.id); END;
CREATE TRIGGER schools_search_delete AFTER DELETE ON schools BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('school', OLD.id); END;
CREATE TRIGGER bases_search_insert AFTER INSERT ON bases BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('base', NEW.id); END;
CREATE TRIGGER bases_search_update AFTER UPDATE ON bases BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('base', NEW.id); END;
CREATE TRIGGER bases_search_delete AFTER DELETE ON bases BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('base', OLD.id); END;
CREATE TRIGGER stories_search_insert AFTER INSERT ON stories BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('story', NEW.id); END;
CREATE TRIGGER stories_search_update AFTER UPDATE ON stories BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('story', NEW.id); END;
CREATE TRIGGER stories_search_delete AFTER DELETE ON stories BEGIN INSERT INTO search_pending (kind, ref_id) VALUES ('story', OLD.id); END;
INSERT INTO search_pending (kind, ref_id) SELECT 'lecture', id FROM lectures ORDER BY id;
INSERT INTO search_pending (kind, ref_id) SELECT 'instructor', id FROM instructors ORDER BY id;
INSERT INTO search_pending (kind, ref_id) SELECT 'chapter', id FROM booklet_chapters ORDER BY id;
INSERT INTO search_pending (kind, ref_id) SELECT 'school', id FROM schools ORDER BY id;
INSERT INTO search_pending (kind, ref_id) SELECT 'base', id FROM bases ORDER BY id;
INSERT INTO search_pending (kind, ref_id) SELECT 'story', id FROM stories ORDER BY id;
