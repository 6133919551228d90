DROP TABLE publications;
DROP TABLE ranking_redactions;
DROP TABLE ranking_names;
DROP TABLE ranking_rows;
DROP TABLE ranking_snapshots;
DROP TABLE rankings;
