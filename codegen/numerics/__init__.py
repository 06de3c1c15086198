"""The numbers behind the bytes: requantization, tables of functions, fixed point, all in integers."""
