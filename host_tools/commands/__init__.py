"""One verb a file. Module level imports nothing heavy: `tinyface VERB --help` loads no numpy."""
