DROP INDEX attendance_heads_makeup;
