"""The schemes that are known by their number of points."""

from __future__ import annotations

from model_zoo.datasets import points5, points68, points98
from model_zoo.datasets.landmark_scheme import LandmarkScheme

KNOWN: dict[int, LandmarkScheme] = {
    scheme.count: scheme for scheme in (points5.SCHEME, points68.SCHEME, points98.SCHEME)
}
