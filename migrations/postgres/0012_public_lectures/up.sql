-- What visitors see, in the order of the first page: counted and paged without reading the lectures themselves.
CREATE INDEX lectures_public ON lectures (stage, visibility, published_at DESC, id DESC);
