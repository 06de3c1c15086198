"""Which part of a training is worth what: rows of changed recipes, trained alike, compared on validation."""
