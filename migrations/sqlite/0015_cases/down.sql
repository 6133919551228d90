DROP TABLE case_texts;
DROP TABLE case_steps;
DROP TABLE cases;
DROP TABLE calendar_days;
DROP TABLE calendar_years;
