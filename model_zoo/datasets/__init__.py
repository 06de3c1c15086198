"""One file a data set format; each returns the same in-memory set of pictures, points and identities."""
