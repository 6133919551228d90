-- how many counted ratings of a lecture carry each tag, beside its distribution: words and numbers with blanks between, as
-- 'clear 31 useful 12'. Rows that are there are counted anew in the next night, or sooner with the next rating
ALTER TABLE lecture_ratings ADD COLUMN tags TEXT NOT NULL DEFAULT '';
