DROP TABLE alliance_schools;
DROP TABLE school_branches;
DROP TABLE schools;
DROP TABLE alliances;
