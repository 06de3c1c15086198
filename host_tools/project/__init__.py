"""A firmware project on disk: written, completed, built, refused where a person's work would be lost."""
