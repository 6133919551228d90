DROP TRIGGER courses_search ON courses;
DELETE FROM search_pending WHERE kind = 'course';
DELETE FROM search_documents WHERE kind = 'course';
ALTER TABLE search_documents DROP CONSTRAINT search_documents_kind_check;
ALTER TABLE search_documents ADD CONSTRAINT search_documents_kind_check CHECK (kind IN ('lecture', 'chapter', 'instructor', 'school', 'base', 'story'));
