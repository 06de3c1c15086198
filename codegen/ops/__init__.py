"""One file an op; importing this package fills the registry."""
