DROP TABLE org_kinds;
