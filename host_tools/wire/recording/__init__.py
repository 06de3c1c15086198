"""Recordings: what a board saw and said, kept in a file; docs/recordings.md describes its bytes."""
