DROP TABLE completions;
DROP TABLE watches;
DROP TABLE watch_clocks;
