ALTER TABLE contest_assignments DROP COLUMN asked_far_in;
