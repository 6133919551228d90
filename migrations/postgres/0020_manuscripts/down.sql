DROP TABLE attachments;
DROP TABLE booklet_verdicts;
DROP TABLE chapter_saves;
DROP TABLE chapter_drafts;
DROP TABLE booklet_drafts;
ALTER TABLE booklets DROP COLUMN reason;
ALTER TABLE booklets DROP COLUMN archived_at;
