DROP TABLE reading_positions;
DROP TABLE booklet_reviews;
DROP TABLE booklet_chapters;
DROP TABLE booklets;
