DROP TABLE wrong_answers;
DROP TABLE attempt_answers;
DROP TABLE attempts;
DROP TABLE tests;
DROP TABLE bank_choices;
DROP TABLE bank_questions;
DROP TABLE banks;
