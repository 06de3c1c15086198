"""What people type: the command `tinyface`, the wire to a board, flashing and validation."""
