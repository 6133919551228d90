-- how many chapters a booklet had, and since when: what was read whole on a day stays so when there are more later
CREATE TABLE booklet_lengths (
  id INTEGER NOT NULL PRIMARY KEY,
  booklet_id BIGINT NOT NULL REFERENCES booklets ON DELETE CASCADE,
  chapters INTEGER NOT NULL CHECK (chapters >= 0),
  since TIMESTAMP NOT NULL
);
CREATE INDEX booklet_lengths_booklet ON booklet_lengths (booklet_id, since, id);
INSERT INTO booklet_lengths (booklet_id, chapters, since)
  SELECT id, chapter_count, published_at FROM booklets WHERE published_at IS NOT NULL AND chapter_count > 0;
-- a plan asks for the chapters that a booklet had when it was put in; 0 for what is no booklet
ALTER TABLE plan_items ADD COLUMN chapters INTEGER NOT NULL DEFAULT 0;
UPDATE plan_items SET chapters = (SELECT chapter_count FROM booklets WHERE booklets.id = plan_items.booklet_id)
  WHERE booklet_id IS NOT NULL;
