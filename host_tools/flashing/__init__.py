"""Puts a firmware with a model onto a board: the simulated ones into their flash file."""
