ALTER TABLE plan_items DROP COLUMN chapters;
DROP TABLE booklet_lengths;
