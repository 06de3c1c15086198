"""The wire: what the firmware and the host say to each other, generated from firmware/protocol.toml."""
