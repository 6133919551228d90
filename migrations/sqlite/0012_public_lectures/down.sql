DROP INDEX lectures_public;
