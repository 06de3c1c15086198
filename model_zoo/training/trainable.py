"""Which networks can be trained; imports neither TensorFlow nor NumPy, so that a page of help may ask."""

from __future__ import annotations

from model_zoo.architectures import NETWORKS


def trainable() -> list[tuple[str, str]]:
    """Name and summary of each network, by name."""
    return [(spec.name, spec.summary) for spec in NETWORKS.entries()]
