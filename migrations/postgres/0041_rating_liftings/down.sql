DROP TABLE rating_liftings;
