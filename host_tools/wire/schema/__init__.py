"""The schema of the wire: read from firmware/protocol.toml, written as C header and Python classes."""
