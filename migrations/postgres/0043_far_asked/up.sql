-- the version of the sheet at which its judge was asked to look again, its total being far from the others'; 0 is never. Asked once a
-- version, nobody finds out by trying totals what the others gave (INV-C7)
ALTER TABLE contest_assignments ADD COLUMN asked_far_in INTEGER NOT NULL DEFAULT 0;
