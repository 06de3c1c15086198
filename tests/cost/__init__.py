"""How the cost tables are fitted: models to count, the command that counts and fits, and the counts."""
