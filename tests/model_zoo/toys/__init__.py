"""Tasks that are tests only, each from new files: a task, a data set, networks, recipes."""
