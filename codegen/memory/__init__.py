"""Offline arena planning."""
