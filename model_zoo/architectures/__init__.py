"""One file a network family; each builder returns an untrained Keras model."""
