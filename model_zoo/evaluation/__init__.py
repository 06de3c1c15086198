"""How good a network is, measured on the bytes that a board would compute."""
