"""What runs around models: pictures in, what outputs mean."""
