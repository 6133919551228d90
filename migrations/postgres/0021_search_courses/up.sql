-- Courses can be found. A change of their steps always touches the course.
ALTER TABLE search_documents DROP CONSTRAINT search_documents_kind_check;
ALTER TABLE search_documents ADD CONSTRAINT search_documents_kind_check CHECK (kind IN ('lecture', 'course', 'chapter', 'instructor', 'school', 'base', 'story'));
CREATE TRIGGER courses_search AFTER INSERT OR UPDATE OR DELETE ON courses FOR EACH ROW EXECUTE FUNCTION search_later('course', 'id');
