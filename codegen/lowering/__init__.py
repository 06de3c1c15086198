"""A layer in C: which kernel with what, in which order it touches memory, and that it is made once."""
