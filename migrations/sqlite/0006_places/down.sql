DROP TABLE stories;
DROP TABLE bases;
