DROP TABLE gold_reasons;
DROP TABLE gold_steps;
DROP TABLE gold_names;
DROP TABLE gold_lecturers;
