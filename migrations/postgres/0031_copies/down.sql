DROP TABLE copy_holdings;
DROP TABLE copy_balances;
DROP TABLE copy_reasons;
DROP TABLE copy_moves;
DROP TABLE print_editions;
