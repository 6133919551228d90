ALTER TABLE lecture_ratings DROP COLUMN tags;
