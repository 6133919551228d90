DROP TABLE import_touches;
