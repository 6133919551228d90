DROP TABLE disk_samples;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
