"""How much around a face box a network may be shown: bounds of the crop side over the box's longer side."""

from __future__ import annotations

LEAST_MARGIN, MOST_MARGIN = 0.5, 4.0
"""Below, a crop shows the middle of a face alone; above, a face fills a sixteenth of it at most."""
